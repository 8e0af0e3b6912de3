import type { Constant, Operation } from './graph.ts'

/** What a batch normalisation has learnt, a value a channel. */
export interface BatchNorm {
  /** left out: 1 */
  readonly gamma?: Constant | undefined
  /** left out: 0 */
  readonly beta?: Constant | undefined
  readonly mean: Constant
  readonly variance: Constant
  readonly epsilon: number
}

/** gamma·(x − mean)/√(variance + epsilon) + beta, as one factor and one offset a channel. */
export function batchNormOperation(norm: BatchNorm): Operation {
  const [gamma, beta, mean, variance] = [norm.gamma, norm.beta, norm.mean, norm.variance].map((c) => c?.data)
  const { shape } = norm.mean
  const factor = new Float32Array(mean!.length)
  const offset = new Float32Array(mean!.length)
  for (let c = 0; c < mean!.length; c++) {
    const f = (gamma ? gamma[c]! : 1) / Math.sqrt(variance![c]! + norm.epsilon)
    factor[c] = f
    offset[c] = (beta ? beta[c]! : 0) - mean![c]! * f
  }
  return { op: 'scale', factor: { shape, data: factor }, offset: { shape, data: offset } }
}
