import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import {
  CardOptions,
  Fit,
  Preprocessing,
  Resizing,
  type ModelCard,
  type CardOptions as Options,
} from '#common/contract/procedures/models.ts'
import { describeIssues } from '#common/contract/rpc.ts'

/** What the model file itself says. */
export interface ModelFacts {
  /** [height, width, 3]; null where the model leaves it open */
  readonly inputShape: readonly (number | null)[]
  readonly nClasses: number
  /** names of all layers, nested ones included */
  readonly layerNames: readonly string[]
  /** last layer with a spatial extent */
  readonly lastSpatialLayer: string | null
}

/** What a known architecture is used with: Keras's `preprocess_input` and the layer the ObAlEx authors explained. */
const architectures: readonly { readonly name: string; readonly layer: string; readonly preprocess: Preprocessing }[] =
  [
    { name: 'VGG16', layer: 'block5_conv3', preprocess: 'caffe' },
    { name: 'ResNet50', layer: 'conv5_block3_out', preprocess: 'caffe' },
    { name: 'MobileNet', layer: 'conv_pw_13_relu', preprocess: 'tf' },
    { name: 'MobileNetV2', layer: 'out_relu', preprocess: 'tf' },
  ]

const defaultSide = 224

const cardFile = z.looseObject({
  name: z.string().optional(),
  preprocess: Preprocessing.optional(),
  labels: z.array(z.string()).optional(),
  size: z.number().int().optional(),
  layer: z.string().optional(),
  resize: Resizing.optional(),
  fit: Fit.optional(),
})
const metadataFile = z.looseObject({
  labels: z.array(z.string()).optional(),
  imageSize: z.number().int().positive().optional(),
  modelName: z.string().optional(),
  packageName: z.string().optional(),
  tmVersion: z.string().optional(),
})

/**
 * Completes a model card: what the user says, else `FILE.card.json`, else `metadata.json` beside a TF.js model, else
 * what the layer names tell of the architecture. Preprocessing is never guessed beyond that.
 * @throws AppError 'model.preprocessing-unknown', 'model.labels' (another number than classes), 'model.card'
 */
export async function completeCard(modelPath: string, options: Options, facts: ModelFacts): Promise<ModelCard> {
  const file = await readCardFile(modelPath)
  const metadata = await readMetadata(modelPath)
  const architecture = architectures.find(({ layer }) => facts.layerNames.includes(layer))
  const said: Options = { ...metadata, ...file, ...withoutUndefined(options) }

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
  const [height, width] = facts.inputShape
  return {
    name: said.name ?? defaultName(modelPath),
    width: width ?? said.size ?? defaultSide,
    height: height ?? said.size ?? defaultSide,
    preprocess,
    labels,
    layer: said.layer ?? architecture?.layer ?? facts.lastSpatialLayer,
    resize: said.resize ?? 'nearest',
    fit: said.fit ?? 'stretch',
  }
}

function preprocessingUnknown(modelPath: string): AppError {
  return new AppError('model.preprocessing-unknown', `how ${modelPath} wants its input is not known`, {
    hint: 'Say it with --preprocess caffe|tf|torch|unit|none, or in a file beside the model named like it plus .card.json.',
  })
}

/** A model.json is called by its folder: the file name says nothing. */
function defaultName(modelPath: string): string {
  const name = basename(modelPath, extname(modelPath))
  return name === 'model' ? basename(dirname(modelPath)) : name
}

async function readCardFile(modelPath: string): Promise<Options> {
  const path = `${modelPath}.card.json`
  const json = await readJson(path)
  if (json === undefined) return {}
  const parsed = cardFile.safeParse(json)
  if (!parsed.success)
    throw new AppError('model.card', `${path}: ${describeIssues(parsed.error)}`, { cause: parsed.error })
  const known = Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key in CardOptions.shape))
  return CardOptions.parse(known)
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
    text = await readFile(path, 'utf8')
  } catch {
    return undefined // these files are optional
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('model.card', `${path} is not JSON: ${(cause as Error).message}`, { cause })
  }
}

function withoutUndefined(options: { [K in keyof Options]?: Options[K] | undefined }): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
