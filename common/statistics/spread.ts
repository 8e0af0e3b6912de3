/** How far values lie apart; null where there are too few of them. */
export interface Spread {
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** standard deviation of the sample, over n − 1; null for fewer than two values */
  readonly sd: number | null
}

/** The least, the largest and the mean of finite values, and their standard deviation. */
export function spread(values: readonly number[]): Spread {
  const n = values.length
  if (n === 0) return { min: null, max: null, mean: null, sd: null }
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { min: Math.min(...values), max: Math.max(...values), mean, sd: n < 2 ? null : Math.sqrt(squares / (n - 1)) }
}
