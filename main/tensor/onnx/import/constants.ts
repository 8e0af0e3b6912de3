import { sizeOf } from '../../graph.ts'
import { isTensor, type OnnxFile } from '../read-onnx-file.ts'
import type { OnnxTensor } from '../read-tensor.ts'
import { floats, foldings, integers, listOf, type Numbers } from './foldings.ts'
import type { OperatorInput } from './operator-input.ts'
import { rearrangements } from './rearrangements.ts'
import type { ConstantValue } from './values.ts'

/** Numbers that one network may compute before anything runs. */
const mostFolded = 1 << 24
/** Operations that may be carried out each time a weight is read. */
const mostDepth = 32

export function constantOfTensor(file: OnnxFile, tensor: OnnxTensor): ConstantValue {
  const { name, shape, isInteger } = tensor
  return { kind: 'constant', name, shape, isInteger, depth: 0, read: () => file.read(tensor) }
}

/**
 * Computes what no photo changes: shapes that exporters work out, weights that they transpose. What is computed counts,
 * so that a small file cannot ask for much.
 */
export class ConstantFolder {
  readonly #file: OnnxFile
  #nLeft = mostFolded

  constructor(file: OnnxFile) {
    this.#file = file
  }

  /** @returns null where the value depends on the photo. @throws NoPlace where it cannot be computed here */
  fold(input: OperatorInput): ConstantValue | null {
    const { node, values } = input
    const name = node.outputs[0] ?? ''
    if (node.type === 'Constant') return this.#constant(input, name)
    const [first] = values
    if (first?.kind === 'computed' && (node.type === 'Shape' || node.type === 'Size')) {
      return this.#kept(name, shapeNumbers(input, [input.batch, ...first.layout.shape]))
    }
    if (values.some((value) => value?.kind === 'computed')) return null
    if (node.type === 'Shape' || node.type === 'Size') {
      return this.#kept(name, shapeNumbers(input, input.weights(0).shape))
    }
    const rearranged = rearrangements[node.type]?.(input, input.weights(0))
    if (rearranged) {
      if (rearranged.depth > mostDepth) throw input.noPlace('rearranges weights too often')
      return { ...rearranged, name }
    }
    const rule = foldings[node.type]
    if (!rule) throw input.noPlace('has no input that depends on the photo')
    return this.#kept(
      name,
      rule(input, (index) => this.#read(input, index)),
    )
  }

  #kept(name: string, { values, ...facts }: Numbers): ConstantValue {
    return { kind: 'constant', name, ...facts, depth: 0, read: () => values }
  }

  #constant(input: OperatorInput, name: string): ConstantValue {
    for (const [key, value] of input.node.attributes) {
      if (key === 'value' && isTensor(value)) return { ...constantOfTensor(this.#file, value), name }
      if (key === 'value_int' && typeof value === 'number') return this.#kept(name, integers([], [value]))
      if (key === 'value_float' && typeof value === 'number') return this.#kept(name, floats([], [value]))
      if (key === 'value_ints') return this.#kept(name, listOf(input.integers(key) ?? []))
      if (key === 'value_floats' && Array.isArray(value)) {
        return this.#kept(name, floats([value.length], value as number[]))
      }
    }
    throw input.noPlace('has a value of another kind than numbers')
  }

  #read(input: OperatorInput, index: number): Numbers | null {
    const value = input.constant(index)
    if (!value) return null
    this.#nLeft -= sizeOf(value.shape)
    if (this.#nLeft < 0) throw input.noPlace('computes too much of what no photo changes')
    return { shape: value.shape, isInteger: value.isInteger, values: value.read() }
  }
}

function shapeNumbers(input: OperatorInput, shape: readonly number[]): Numbers {
  if (input.node.type === 'Size') return integers([], [sizeOf(shape)])
  const end = input.attribute('end', 'number')
  return listOf(shape.slice(input.number('start', 0), end ?? shape.length))
}
