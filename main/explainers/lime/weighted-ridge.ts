/** Samples of which some of n features are on, each with a weight and a value. */
export interface RidgeProblem {
  /** 0 or 1, row-major [samples, nFeatures] */
  readonly rows: Uint8Array
  readonly nFeatures: number
  /** > 0, one a sample */
  readonly weights: Float64Array
  /** one a sample */
  readonly values: Float64Array
}

export interface RidgeFit {
  /** one a feature */
  readonly coefficients: Float64Array
  readonly intercept: number
  /** R², weighted: 1 is a perfect fit; 1 also where all values are the same and met */
  readonly score: number
}

/** strength of the penalty, as lime has it */
const alpha = 1

/**
 * Linear model that minimises Σ w (value − model)² + Σ coefficient², the intercept free of the penalty; as
 * scikit-learn’s `Ridge(alpha=1).fit(rows, values, sample_weight=weights)`, by Cholesky in float64.
 */
export function fitWeightedRidge(problem: RidgeProblem): RidgeFit {
  const { rows, nFeatures, weights, values } = problem
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const meanValue = values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total
  const { gram, moments, sums } = weightedSums(problem, meanValue)
  for (let i = 0; i < nFeatures; i++) {
    for (let j = 0; j <= i; j++) gram[i * nFeatures + j]! -= (sums[i]! * sums[j]!) / total
    gram[i * nFeatures + i]! += alpha
  }
  const coefficients = solveCholesky(gram, moments)
  const intercept = meanValue - coefficients.reduce((sum, value, i) => sum + value * sums[i]!, 0) / total
  let residual = 0
  let spread = 0
  for (let s = 0; s < values.length; s++) {
    let predicted = intercept
    for (let i = 0; i < nFeatures; i++) if (rows[s * nFeatures + i] === 1) predicted += coefficients[i]!
    residual += weights[s]! * (values[s]! - predicted) ** 2
    spread += weights[s]! * (values[s]! - meanValue) ** 2
  }
  const score = spread > 0 ? 1 - residual / spread : residual > 0 ? 0 : 1
  return { coefficients, intercept, score }
}

interface WeightedSums {
  /** Σ w xᵢ xⱼ, lower triangle of [nFeatures, nFeatures] */
  readonly gram: Float64Array
  /** Σ w xᵢ (value − mean) */
  readonly moments: Float64Array
  /** Σ w xᵢ */
  readonly sums: Float64Array
}

function weightedSums({ rows, nFeatures, weights, values }: RidgeProblem, meanValue: number): WeightedSums {
  const gram = new Float64Array(nFeatures * nFeatures)
  const moments = new Float64Array(nFeatures)
  const on = new Int32Array(nFeatures)
  for (let s = 0; s < values.length; s++) {
    const weight = weights[s]!
    let nOn = 0
    for (let i = 0; i < nFeatures; i++) if (rows[s * nFeatures + i] === 1) on[nOn++] = i
    for (let a = 0; a < nOn; a++) {
      const row = on[a]! * nFeatures
      for (let b = 0; b <= a; b++) gram[row + on[b]!]! += weight
      moments[on[a]!]! += weight * (values[s]! - meanValue)
    }
  }
  const sums = Float64Array.from({ length: nFeatures }, (_, i) => gram[i * nFeatures + i]!)
  return { gram, moments, sums }
}

/**
 * Solves A x = b for a symmetric positive definite A, which is overwritten.
 * @param a [n, n] row-major, the lower triangle is read
 */
function solveCholesky(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!
      a[i * n + j] = i === j ? Math.sqrt(sum) : sum / a[j * n + j]!
    }
  }
  const x = b.slice()
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!
    x[i]! /= a[i * n + i]!
  }
  return x
}
