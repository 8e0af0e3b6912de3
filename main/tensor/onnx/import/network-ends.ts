import { AppError } from '#common/contract/errors.ts'
import type { OnnxModel, OnnxValueInfo } from '../read-model.ts'

/** Where photos go into an ONNX network, and where the scores come out. */
export interface NetworkEnds {
  readonly input: {
    readonly name: string
    /** [batch, 3, height, width], or [batch, height, width, 3] */
    readonly isChannelsFirst: boolean
    /** photos a run; null: any number */
    readonly batch: number | null
    /** null: any */
    readonly height: number | null
    readonly width: number | null
  }
  /** name of its value */
  readonly output: string
}

/**
 * @throws AppError 'model.format' for a network that takes something else than colour images, or several things, or has
 *   several outputs of which none is called like class scores
 */
export function networkEnds(model: OnnxModel): NetworkEnds {
  const known = new Set(model.initializers.map(({ name }) => name))
  const inputs = model.inputs.filter(({ name }) => !known.has(name))
  if (inputs.length !== 1) {
    throw noClassifier(`it has ${inputs.length} inputs${named(inputs)}; an image classifier has one`)
  }
  return { input: imageInput(inputs[0]!), output: scoresOf(model.outputs) }
}

function imageInput({ name, shape, type }: OnnxValueInfo): NetworkEnds['input'] {
  const taken = `[${shape?.map((n) => n ?? '?').join(', ') ?? ''}]`
  if (shape?.length !== 4 || (shape[1] !== 3 && shape[3] !== 3)) {
    throw noClassifier(`it takes inputs of shape ${taken}, not colour images`)
  }
  if (type !== float32) {
    throw noClassifier(
      `its input is of another type than float32 (ONNX’s type ${type})`,
      'Export it with an input of float32; its weights may have half precision.',
    )
  }
  const isChannelsFirst = shape[1] === 3
  const [batch, ...axes] = shape as [number | null, number | null, number | null, number | null]
  const [height, width] = isChannelsFirst ? [axes[1], axes[2]] : [axes[0], axes[1]]
  return { name, isChannelsFirst, batch, height, width }
}

/** ONNX’s number for it. */
const float32 = 1

/** Names that exporters give to class scores, the surest first. */
const scoreNames = [/logits?\b/i, /prob|softmax/i, /score|pred|class/i]

function scoresOf(outputs: readonly OnnxValueInfo[]): string {
  // '' stands for a value that is left out
  if (outputs.some(({ name }) => name === '')) throw noClassifier('one of its outputs has no name')
  if (outputs.length === 1) return outputs[0]!.name
  for (const pattern of scoreNames) {
    const found = outputs.filter(({ name }) => pattern.test(name))
    if (found.length === 1) return found[0]!.name
  }
  throw noClassifier(
    `it has ${outputs.length} outputs${named(outputs)}, and it is not clear which are the class scores`,
    'Export it with the class scores as its only output, or call that output “logits”.',
  )
}

function named(values: readonly OnnxValueInfo[]): string {
  const names = values.slice(0, 4).map(({ name }) => name)
  return names.length === 0 ? '' : ` (${names.join(', ')}${values.length > 4 ? ', …' : ''})`
}

export function noClassifier(message: string, hint?: string): AppError {
  return new AppError('model.format', message, {
    hint: hint ?? 'Classifiers of RGB images, [batch, 3, height, width] or [batch, height, width, 3], can be audited.',
  })
}
