import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankCorrelation } from '#common/statistics/rank-correlation.ts'

/** 1 − 6 Σ d² / (n (n² − 1)), for values of which no two are equal. */
function byDifferences(a: readonly number[], b: readonly number[]): number {
  const rank = (values: readonly number[], i: number): number => values.filter((value) => value < values[i]!).length
  const sum = a.reduce((total, _, i) => total + (rank(a, i) - rank(b, i)) ** 2, 0)
  return 1 - (6 * sum) / (a.length * (a.length ** 2 - 1))
}

describe('the rank correlation', () => {
  it('is 1 where both rise together however unevenly, −1 where one falls', () => {
    expect(rankCorrelation([1, 2, 3, 4], [0, 10, 11, 1e6])).toBe(1)
    expect(rankCorrelation([1, 2, 3, 4], [9, 8, 0, -5])).toBe(-1)
  })

  it('gives equal values the mean of their ranks', () => {
    // ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: 4.5 / √(4.5 · 5)
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12)
  })

  it('is not defined for values that are all the same', () => {
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull()
    expect(rankCorrelation([1, 2, 3], [0, 0, 0])).toBeNull()
    expect(rankCorrelation([], [])).toBeNull()
  })

  it('equals the formula over rank differences', () => {
    const values = fc.uniqueArray(fc.integer(), { minLength: 2, maxLength: 20 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        const n = Math.min(a.length, b.length)
        const [x, y] = [a.slice(0, n), b.slice(0, n)]
        expect(rankCorrelation(x, y)).toBeCloseTo(byDifferences(x, y), 10)
      }),
    )
  })
})
