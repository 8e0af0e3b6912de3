import { sizeOf } from '../../graph.ts'
import { isTensor } from '../read-onnx-file.ts'
import type { OperatorInput } from './operator-input.ts'

/** The values of a constant, row-major. */
export interface Numbers {
  readonly shape: readonly number[]
  readonly isInteger: boolean
  readonly values: ArrayLike<number>
}

/** @param read numbers of an input, null where it is left out */
type Folding = (input: OperatorInput, read: (index: number) => Numbers | null) => Numbers

export function integers(shape: readonly number[], values: ArrayLike<number>): Numbers {
  return { shape, isInteger: true, values }
}

export function floats(shape: readonly number[], values: ArrayLike<number>): Numbers {
  return { shape, isInteger: false, values }
}

export function listOf(values: readonly number[]): Numbers {
  return integers([values.length], values)
}

const mostFilled = 1 << 20

/** What exporters compute shapes with, for lists of numbers and single ones, by operator. */
export const foldings: Readonly<Record<string, Folding>> = {
  ConstantOfShape: (input, read) => {
    const shape = Array.from(given(input, read, 0).values)
    if (!(sizeOf(shape) <= mostFilled)) throw input.noPlace('fills a large constant')
    const tensor = input.node.attributes.get('value')
    if (tensor === undefined) return floats(shape, new Float32Array(sizeOf(shape)))
    if (!isTensor(tensor) || tensor.external || sizeOf(tensor.shape) !== 1) throw input.noPlace('has a strange “value”')
    return { shape, isInteger: tensor.isInteger, values: new Array<number>(sizeOf(shape)).fill(tensor.read()[0]!) }
  },
  Gather: (input, read) => {
    const [data, indices] = [list(input, read, 0), given(input, read, 1)]
    const values = Array.from(indices.values, (index) => {
      const value = data.values[index < 0 ? index + data.values.length : index]
      if (value === undefined) throw input.noPlace(`takes number ${index} of ${data.values.length}`)
      return value
    })
    return { shape: indices.shape, isInteger: data.isInteger, values }
  },
  Slice: (input, read) => {
    const data = list(input, read, 0)
    const [start, end] = (['starts', 'ends'] as const).map((name, i) => input.integersAt(name, i + 1))
    const steps = input.constant(4)?.read() ?? [1]
    if (start?.length !== 1 || end?.length !== 1 || steps[0] !== 1)
      throw input.noPlace('slices in another way than a list')
    const values = Array.from(data.values).slice(start[0], end[0])
    return { shape: [values.length], isInteger: data.isInteger, values }
  },
  Concat: (input, read) => {
    const parts = input.values.map((_, i) => list(input, read, i))
    const values = parts.flatMap((each) => Array.from(each.values))
    return { shape: [values.length], isInteger: parts.every((each) => each.isInteger), values }
  },
  Cast: (input, read) => {
    const { shape, isInteger, values } = given(input, read, 0)
    const toFloat = [1, 10, 11, 16].includes(input.number('to', 1))
    if (toFloat || isInteger) return { shape, isInteger: !toFloat, values }
    return integers(shape, Array.from(values, Math.trunc))
  },
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic((a, b, isInteger) => (isInteger ? Math.trunc(a / b) : a / b)),
  Equal: arithmetic((a, b) => (a === b ? 1 : 0)),
  Neg: (input, read) => mapped(given(input, read, 0), (x) => -x),
  Floor: (input, read) => mapped(given(input, read, 0), Math.floor),
  Ceil: (input, read) => mapped(given(input, read, 0), Math.ceil),
  Sqrt: (input, read) => mapped(given(input, read, 0), Math.sqrt),
  ReduceProd: (input, read) => {
    const { values, isInteger } = list(input, read, 0)
    const product = Array.from(values).reduce((a, b) => a * b, 1)
    return { shape: input.number('keepdims', 1) ? [1] : [], isInteger, values: [product] }
  },
  Where: (input, read) => {
    const [isFirst, a, b] = [0, 1, 2].map((i) => given(input, read, i))
    const { shape } = longest([isFirst!, a!, b!])
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => (at(isFirst!, i) ? at(a!, i) : at(b!, i)))
    requireFitting(input, [isFirst!, a!, b!], shape)
    return { shape, isInteger: a!.isInteger, values }
  },
}

function arithmetic(of: (a: number, b: number, isInteger: boolean) => number): Folding {
  return (input, read) => {
    const [a, b] = [given(input, read, 0), given(input, read, 1)]
    const { shape } = longest([a, b])
    requireFitting(input, [a, b], shape)
    const isInteger = a.isInteger && b.isInteger
    return {
      shape,
      isInteger,
      values: Array.from({ length: sizeOf(shape) }, (_, i) => of(at(a, i), at(b, i), isInteger)),
    }
  }
}

/** A single number stands for as many as are needed. */
function at({ values }: Numbers, index: number): number {
  return values[values.length === 1 ? 0 : index]!
}

function longest(all: readonly Numbers[]): Numbers {
  return all.reduce((a, b) => (b.values.length > a.values.length || b.shape.length > a.shape.length ? b : a))
}

function requireFitting(input: OperatorInput, all: readonly Numbers[], shape: readonly number[]): void {
  const fits = all.every((each) => each.values.length === 1 || each.shape.join() === shape.join())
  if (!fits) throw input.noPlace('computes with constants of several shapes')
}

function mapped({ shape, isInteger, values }: Numbers, of: (x: number) => number): Numbers {
  return { shape, isInteger, values: Array.from(values, of) }
}

function given(input: OperatorInput, read: (index: number) => Numbers | null, index: number): Numbers {
  const numbers = read(index)
  if (numbers) return numbers
  throw input.noPlace(`lacks its input ${index + 1}`)
}

function list(input: OperatorInput, read: (index: number) => Numbers | null, index: number): Numbers {
  const numbers = given(input, read, index)
  if (numbers.shape.length <= 1) return numbers
  throw input.noPlace('computes with tables of constants')
}
