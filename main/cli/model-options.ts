import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { parseLabelList } from '#common/classes/label-list.ts'
import { AppError } from '#common/contract/errors.ts'
import {
  alphas,
  architectureNames,
  CardOptions,
  Fit,
  fits,
  preprocessings,
  resizings,
  runtimePreferences,
  type ArchitectureName,
  type ModelRequest,
} from '#common/contract/procedures/models.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { requireNoCatalogueId } from './catalogue-id.ts'
import { choice, defined, numberOf } from './option-values.ts'

/** The options of the model card and the runtime, as commander gives them. */
export interface ModelOptions {
  readonly preprocess?: CardOptions['preprocess']
  readonly labels?: string
  readonly size?: number
  readonly layer?: string
  readonly resize?: CardOptions['resize']
  readonly fit?: CardOptions['fit']
  readonly runtime?: ModelRequest['runtime']
  readonly architecture?: ArchitectureName
  /** one of `alphas`, as text */
  readonly alpha?: string
  /** false: `--no-top` */
  readonly top?: boolean
}

export const modelKinds = 'a TensorFlow.js model.json, a Keras .h5 or .keras, or an .onnx'
const maxLabelsBytes = 1 << 24

/** Adds what can be said about a model; what is left out is read from the files beside it. */
export function addModelOptions(command: Command): Command {
  return command
    .optionsGroup('Model options (only where the files beside the model do not say it):')
    .addOption(choice('--preprocess <kind>', 'how the model wants its input', preprocessings))
    .option('--labels <file>', 'names of its classes: a JSON array, or one a line')
    .option('--size <pixels>', 'side of its input', numberOf(CardOptions.shape.size.unwrap()))
    .option('--layer <name>', 'layer that class activation maps look at')
    .addOption(choice('--resize <kind>', 'how images are brought to its size, else nearest', resizings))
    .option(
      '--fit <kind>',
      'stretch: the whole image, as by default; crop: its centre; 256: its centre at that short side',
      fitOf,
    )
    .addOption(choice('--runtime <name>', 'what computes it', runtimePreferences).default('auto'))
    .optionsGroup('Model options for a Keras .h5 that holds weights only:')
    .addOption(choice('--architecture <name>', 'the network they belong to', architectureNames))
    .addOption(choice('--alpha <share>', 'share of MobileNet’s channels, else 1', alphas.map(String)))
    .option('--no-top', 'they end in two dense layers of their own, not in ImageNet’s head')
    .optionsGroup('Options:')
}

/**
 * The request for a model out of the command's options; its path is made absolute.
 * @throws AppError 'file.missing', 'file.unreadable', 'model.labels' for the labels file; 'file.missing' for a model that
 *   is no file but the name of weights in the catalogue; 'request.usage'
 */
export async function modelRequest(path: string, options: ModelOptions): Promise<ModelRequest> {
  const { preprocess, labels, size, layer, resize, fit, runtime = 'auto' } = options
  const names = labels === undefined ? undefined : await readLabels(labels)
  requireNoCatalogueId(path)
  return {
    path: resolve(path),
    ...defined({ architecture: architectureOf(options) }),
    card: defined({ preprocess, labels: names, size, layer, resize, fit }),
    runtime,
  }
}

/** @throws InvalidArgumentError for what is neither a word nor a short side in pixels */
export function fitOf(text: string): CardOptions['fit'] {
  const parsed = Fit.safeParse(/^\d+$/.test(text) ? { shortSide: Number(text) } : text)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`Allowed choices are ${fits.join(', ')}, or the short side in pixels, 8 to 4096.`)
}

/** @throws AppError 'request.usage' for what is said of no network, or of one that it is not for */
function architectureOf({ architecture: name, alpha, top = true }: ModelOptions): ModelRequest['architecture'] {
  if (alpha !== undefined && name !== 'mobilenet') {
    throw new AppError('request.usage', '--alpha is for --architecture mobilenet')
  }
  if (name === undefined) {
    if (top) return undefined
    throw new AppError('request.usage', '--no-top is for --architecture')
  }
  return { name, top, ...defined({ alpha: alphas.find((share) => String(share) === alpha) }) }
}

/** Class names in the order of the classes: a JSON array of texts, else one a line (the last line may be empty). */
async function readLabels(path: string): Promise<string[]> {
  const bytes = await readBytes(path, { maxBytes: maxLabelsBytes, code: 'model.labels' })
  const labels = parseLabels(decode(bytes, path), path)
  const parsed = CardOptions.shape.labels.unwrap().safeParse(labels)
  if (parsed.success) return parsed.data
  throw labelsError(path, 'has no list of class names')
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw labelsError(path, 'is no text', cause)
  }
}

function parseLabels(text: string, path: string): unknown {
  try {
    return parseLabelList(text)
  } catch (cause) {
    throw labelsError(path, `is not JSON: ${(cause as Error).message}`, cause)
  }
}

function labelsError(path: string, problem: string, cause?: unknown): AppError {
  return new AppError('model.labels', `the labels file ${path} ${problem}`, {
    hint: 'It is a JSON array of names, or a text file with one name a line, in the order of the classes.',
    ...(cause === undefined ? {} : { cause }),
  })
}
