import { sizeOf, type Constant } from '../../graph.ts'
import { placesOf, type Layout } from './layout.ts'
import type { OperatorInput, OperatorRule } from './operator-input.ts'
import { finiteValues, weightOf, type ComputedValue, type ConstantValue } from './values.ts'

/** Products with a matrix of weights, by name. */
export const productRules: Readonly<Record<string, OperatorRule>> = {
  MatMul: (input) => dense(input, input.weights(1), { isTransposed: false, factor: 1 }, null),
  Gemm: (input) => {
    if (input.number('transA', 0) !== 0) throw input.noPlace('transposes the values of photos')
    const bias = input.constant(2)
    const isTransposed = input.number('transB', 0) !== 0
    const factor = input.number('alpha', 1)
    return dense(input, input.weights(1), { isTransposed, factor }, bias && { bias, factor: input.number('beta', 1) })
  },
}

interface Matrix {
  /** [out, in] instead of [in, out] */
  readonly isTransposed: boolean
  readonly factor: number
}

function dense(
  input: OperatorInput,
  matrix: ConstantValue,
  how: Matrix,
  added: { readonly bias: ConstantValue; readonly factor: number } | null,
): ComputedValue {
  const value = input.computed(0)
  const { layout } = value
  const [first, second] = matrix.shape as [number, number]
  const [nIn, nOut] = how.isTransposed ? [second, first] : [first, second]
  if (layout.shape.length !== 1 || matrix.shape.length !== 2 || nIn !== layout.shape[0]) {
    throw input.noPlace(`multiplies [${layout.shape.join(', ')}] with a matrix of [${matrix.shape.join(', ')}]`)
  }
  const bias = added && biasOf(input, added, nOut)
  return input.plain({ op: 'dense', kernel: kernelOf(matrix, how, layout, nOut), bias }, value, [nOut])
}

/** [in, out], its rows in the order of the value's numbers in the graph. */
function kernelOf(matrix: ConstantValue, { isTransposed, factor }: Matrix, layout: Layout, nOut: number): Constant {
  const nIn = layout.shape[0]!
  return weightOf(matrix, [nIn, nOut], (values) => {
    const result = new Float32Array(values.length)
    const rows = placesOf(layout)
    const [rowStride, columnStride] = isTransposed ? [1, nIn] : [nOut, 1]
    // in strips of columns: a transposition that jumps through all of a large matrix takes ten times as long
    for (let strip = 0; strip < nOut; strip += stripWidth) {
      const end = Math.min(strip + stripWidth, nOut)
      for (let i = 0; i < nIn; i++) {
        const from = rows[i]! * rowStride
        for (let o = strip; o < end; o++) result[i * nOut + o] = factor * values[from + o * columnStride]!
      }
    }
    return result
  })
}

const stripWidth = 64

function biasOf(
  input: OperatorInput,
  { bias, factor }: { readonly bias: ConstantValue; readonly factor: number },
  nOut: number,
): Constant {
  const values = finiteValues(bias)
  const isRow = bias.shape.at(-1) === nOut && sizeOf(bias.shape) === nOut
  if (!isRow && values.length !== 1) throw input.noPlace(`adds [${bias.shape.join(', ')}] to ${nOut} values`)
  return { shape: [nOut], data: Float32Array.from({ length: nOut }, (_, i) => factor * values[isRow ? i : 0]!) }
}
