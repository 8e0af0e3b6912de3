import { resolve } from 'node:path'
import type { Command } from 'commander'
import { AppError } from '#common/contract/errors.ts'
import {
  CardOptions,
  fits,
  preprocessings,
  resizings,
  runtimePreferences,
  type ModelRequest,
} from '#common/contract/procedures/models.ts'
import { readBytes } from '#main/files/read-bytes.ts'
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
    .addOption(choice('--fit <kind>', 'whole image or centred part of it, else stretch', fits))
    .addOption(choice('--runtime <name>', 'what computes it', runtimePreferences).default('auto'))
    .optionsGroup('Options:')
}

/**
 * The request for a model out of the command's options; its path is made absolute.
 * @throws AppError 'file.missing', 'file.unreadable', 'model.labels' for the labels file
 */
export async function modelRequest(path: string, options: ModelOptions): Promise<ModelRequest> {
  const { preprocess, labels, size, layer, resize, fit, runtime = 'auto' } = options
  const names = labels === undefined ? undefined : await readLabels(labels)
  return {
    path: resolve(path),
    card: defined({ preprocess, labels: names, size, layer, resize, fit }),
    runtime,
  }
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
  if (!/^\s*[[{]/.test(text)) return text.replace(/(\r?\n)+$/, '').split(/\r?\n/)
  try {
    return JSON.parse(text)
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
