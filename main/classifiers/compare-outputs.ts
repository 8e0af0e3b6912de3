import { scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'

/** Largest relative difference of two computations of one network that counts as rounding. */
export const checkTolerance = 1e-3

/** Deterministic, within what every preprocessing gives. */
export function checkInput(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011))
}

/** Largest difference as a share of the largest expected value; infinite where one is not a number. */
export function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0
  let scale = 1e-6
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!)
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
    scale = Math.max(scale, Math.abs(expected[i]!))
  }
  return largest / scale
}

/** What the model itself would put out for these logits. */
export function probabilitiesOf(graph: Graph, logits: ArrayLike<number>): Float64Array {
  const { activation } = scoreHead(graph)
  if (activation === 'softmax') return softmax(logits)
  const values = Float64Array.from(logits)
  return activation === 'sigmoid' ? values.map((z) => 1 / (1 + Math.exp(-z))) : values
}

export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits)
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i]! - top)
  return values.map((value) => value / sum)
}
