import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { CardOptions, type CardOptions as Options, type ModelCard } from '#common/contract/procedures/models.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { knownArchitecture } from './architectures/known-architectures.ts'

/** What the model file itself says. */
export interface ModelFacts {
  /** [height, width, 3]; null where the model leaves it open */
  readonly inputShape: readonly (number | null)[]
  readonly nClasses: number
  /** names of all layers, nested ones included */
  readonly layerNames: readonly string[]
  /** last layer with a spatial extent */
  readonly lastSpatialLayer: string | null
  /** what the file says of its card */
  readonly card?: Options
}

const defaultSide = 224

/** Cards may hold more, for people and other programs. */
const cardFile = z.looseObject(CardOptions.shape)
const metadataFile = z.looseObject({
  labels: CardOptions.shape.labels,
  imageSize: CardOptions.shape.size,
  modelName: CardOptions.shape.name.catch(undefined),
  packageName: z.string().optional(),
  tmVersion: z.string().optional(),
})

/**
 * Completes a model card: what the user says, else `FILE.card.json`, else `metadata.json` beside a TF.js model, else
 * what the file itself says, else what the layer names tell of the architecture. Preprocessing is never guessed beyond that.
 * @throws AppError 'model.preprocessing-unknown', 'model.labels' (another number than classes), 'model.card' (a broken
 *   file, or a size that the model cannot take, a short side below it), 'model.format' (photos of a size that nothing here is made for)
 */
export async function completeCard(modelPath: string, options: Options, facts: ModelFacts): Promise<ModelCard> {
  const file = await readCardFile(modelPath)
  const metadata = await readMetadata(modelPath)
  const architecture = knownArchitecture(facts.layerNames)
  const said: Options = { ...facts.card, ...metadata, ...file, ...withoutUndefined(options) }

  const preprocess = said.preprocess ?? architecture?.preprocess
  if (preprocess === undefined) throw preprocessingUnknown(modelPath)
  const labels = said.labels ?? null
  if (labels && labels.length !== facts.nClasses) {
    throw new AppError(
      'model.labels',
      `${modelPath} has ${facts.nClasses} classes, but ${labels.length} labels were given`,
      {
        hint: 'The labels must be those of this model, one a class, in its order.',
        data: { nClasses: facts.nClasses, nLabels: labels.length },
      },
    )
  }
  const fit = said.fit ?? 'stretch'
  const { width, height } = inputSize(modelPath, facts, { asked: options.size ?? file.size, otherwise: metadata.size })
  if (typeof fit === 'object' && fit.shortSide < Math.max(width, height)) {
    throw new AppError(
      'model.card',
      `a short side of ${fit.shortSide} pixels does not hold the ${width}×${height} that ${modelPath} takes`,
      {
        hint: 'Give the side that photos are brought to before their centre is cut out, such as 256 for 224.',
      },
    )
  }
  return {
    name: said.name ?? defaultName(modelPath),
    width,
    height,
    preprocess,
    labels,
    layer: said.layer ?? architecture?.layer ?? facts.lastSpatialLayer,
    resize: said.resize ?? 'nearest',
    fit,
  }
}

/** The model's own size, else the one that is asked for; one that is asked for must be the model's. */
function inputSize(
  modelPath: string,
  { inputShape: [ownHeight, ownWidth] }: ModelFacts,
  { asked, otherwise = defaultSide }: { readonly asked: number | undefined; readonly otherwise: number | undefined },
): { width: number; height: number } {
  const height = ownHeight ?? asked ?? otherwise
  const width = ownWidth ?? asked ?? otherwise
  if (asked !== undefined && (height !== asked || width !== asked)) {
    throw new AppError('model.card', `${modelPath} takes photos of ${width}×${height} pixels, not ${asked}×${asked}`, {
      hint: 'Leave the size out: it is for models that leave it open.',
    })
  }
  const side = CardOptions.shape.size.unwrap()
  if (side.safeParse(width).success && side.safeParse(height).success) return { width, height }
  throw new AppError('model.format', `${modelPath} takes photos of ${width}×${height} pixels`, {
    hint: `Sides from ${side.minValue ?? ''} to ${side.maxValue ?? ''} pixels can be audited.`,
  })
}

function preprocessingUnknown(modelPath: string): AppError {
  return new AppError('model.preprocessing-unknown', `how ${modelPath} wants its input is not known`, {
    hint: 'Say it with --preprocess caffe|tf|torch|unit|none, or in a file beside the model named like it plus .card.json.',
  })
}

/** A model.json is called by its folder: the file name says nothing. */
function defaultName(modelPath: string): string {
  const name = basename(modelPath, extname(modelPath))
  return name === 'model' ? basename(dirname(resolve(modelPath))) || name : name
}

async function readCardFile(modelPath: string): Promise<Options> {
  const path = `${modelPath}.card.json`
  const json = await readJson(path)
  if (json === undefined) return {}
  const parsed = cardFile.safeParse(json)
  if (!parsed.success)
    throw new AppError('model.card', `${path}: ${describeIssues(parsed.error)}`, { cause: parsed.error })
  return Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key in CardOptions.shape))
}

async function readMetadata(modelPath: string): Promise<Options> {
  if (extname(modelPath) !== '.json') return {}
  const json = await readJson(join(dirname(modelPath), 'metadata.json'))
  const parsed = metadataFile.safeParse(json)
  if (!parsed.success) return {} // other programs keep other things under this name
  const { labels, imageSize, modelName, packageName, tmVersion } = parsed.data
  const isTeachableMachine = tmVersion !== undefined || packageName?.startsWith('@teachablemachine/') === true
  return withoutUndefined({
    labels,
    size: imageSize,
    name: isTeachableMachine && modelName !== 'tm-my-image-model' ? modelName : undefined,
    preprocess: isTeachableMachine ? 'tf' : undefined,
  })
}

async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = new TextDecoder().decode(await readFile(path)) // without a byte order mark
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined // it is optional
    throw new AppError('model.card', `${path} cannot be read: ${inOneLine(cause)}`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('model.card', `${path} is not JSON: ${inOneLine(cause)}`, {
      hint: 'Correct the file, or move it away: what it says can be given as options.',
      cause,
    })
  }
}

function inOneLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ')
}

function withoutUndefined(options: { [K in keyof Options]?: Options[K] | undefined }): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
