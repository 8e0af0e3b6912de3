import { AppError } from '#common/contract/errors.ts'
import { lazyConstant, sizeOf, type Constant } from '../../graph.ts'
import type { OnnxNode } from '../read-model.ts'
import type { Layout } from './layout.ts'

/** A value that no photo changes. */
export interface ConstantValue {
  readonly kind: 'constant'
  readonly name: string
  /** its whole shape in the ONNX network */
  readonly shape: readonly number[]
  readonly isInteger: boolean
  /** how many operations are carried out when it is read */
  readonly depth: number
  /** row-major; large ones are read each time anew */
  read(): ArrayLike<number>
}

/** A value that a node of the graph computes. */
export interface ComputedValue {
  readonly kind: 'computed'
  /** index in the graph */
  readonly node: number
  readonly layout: Layout
}

export type Value = ConstantValue | ComputedValue

/** An operator of the ONNX network has no place in the graph. */
export class NoPlace extends Error {
  readonly node: OnnxNode
  /** the operator, with its domain and the node's name: part of a sentence */
  readonly operator: string

  /** @param why completes “the operator …”, e.g. “has two outputs” */
  constructor(node: OnnxNode, why: string) {
    const { type, domain, name, outputs } = node
    const label = domain === '' ? type : `${domain}.${type}`
    const place = name || outputs[0] || ''
    super(why)
    this.name = 'NoPlace'
    this.node = node
    this.operator = place === '' ? label : `${label} (“${place}”)`
  }
}

/** @throws AppError 'model.weights-not-finite' */
export function finiteValues(value: ConstantValue): Float32Array {
  const values = toFloats(value.read())
  if (allFinite(values)) return values
  throw new AppError('model.weights-not-finite', `the weights ${value.name} hold NaN or infinity`, {
    hint: 'The training that made this file diverged, or the file is damaged.',
    data: { tensor: value.name },
  })
}

/** A weight of the graph. @param arrange brings the values into the graph's order; read with the weight, each time */
export function weightOf(
  value: ConstantValue,
  shape: readonly number[],
  arrange: (values: Float32Array) => Float32Array = (values) => values,
): Constant {
  return lazyConstant(shape, () => arrange(finiteValues(value)))
}

/** The only number of a constant that has just one. */
export function singleValue(value: ConstantValue): number | null {
  return sizeOf(value.shape) === 1 ? value.read()[0]! : null
}

/** A loop: `every` takes five times as long, and networks have a hundred million weights. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false
  return true
}

function toFloats(values: ArrayLike<number>): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values)
}
