import fc from 'fast-check'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import { describe, expect, it } from 'vitest'
import { bootstrapMean } from '#common/statistics/bootstrap.ts'

/** Standard normal numbers (Box–Muller). */
function normals(random: ReturnType<typeof mersenne>, n: number): Float64Array {
  return Float64Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)))
    return radius * Math.cos(2 * Math.PI * uniformFloat64(random))
  })
}

function coverage(n: number, repetitions: number): number {
  const random = mersenne(2021)
  let covered = 0
  for (let k = 0; k < repetitions; k++) {
    const [low, high] = bootstrapMean(normals(random, n), { seed: k, resamples: 1000 })!
    if (low <= 0 && 0 <= high) covered++
  }
  return covered / repetitions
}

describe('bootstrapMean', () => {
  it('covers the true mean of a normal about 95 times in 100', () => {
    // 400 repetitions have a standard error of 1.1 points
    const share = coverage(60, 400)
    expect(share).toBeGreaterThan(0.92)
    expect(share).toBeLessThan(0.98)
  })

  it('is short for few values, as its documentation says', () => {
    const share = coverage(10, 400)
    expect(share).toBeGreaterThan(0.86)
    expect(share).toBeLessThan(0.94)
  })

  it('has the width that theory gives for many values', () => {
    const values = normals(mersenne(5), 2000)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    const half = (1.96 * spread) / Math.sqrt(values.length)
    const [low, high] = bootstrapMean(values, { seed: 1 })!
    expect(Math.abs((mean - low) / half - 1)).toBeLessThan(0.15)
    expect(Math.abs((high - mean) / half - 1)).toBeLessThan(0.15)
  })

  it('draws every value equally often, whatever the seed', () => {
    // one value in ten is 1: the mean of the resampled means is 0.1
    const values = Array.from({ length: 10 }, (_, i) => (i === 9 ? 1 : 0))
    for (const seed of [0, 1, 2, -1, 2 ** 31, 2 ** 32 - 1]) {
      const [low, high] = bootstrapMean(values, { seed, resamples: 20_000, level: 0.0001 })!
      expect(low).toBe(0.1)
      expect(high).toBe(0.1)
    }
  })

  it('gives a pinned interval for a seed, so that reports can be computed again', () => {
    const values = Array.from({ length: 20 }, (_, i) => i / 20)
    expect(bootstrapMean(values, { seed: 42 })).toEqual([0.35, 0.6024999999999999])
  })

  it('widens with the level', () => {
    const values = normals(mersenne(9), 50)
    const [low95, high95] = bootstrapMean(values, { seed: 3 })!
    const [low50, high50] = bootstrapMean(values, { seed: 3, level: 0.5 })!
    expect(low95).toBeLessThan(low50)
    expect(high95).toBeGreaterThan(high50)
  })

  it('needs two values', () => {
    expect(bootstrapMean([], { seed: 1 })).toBeNull()
    expect(bootstrapMean([0.5], { seed: 1 })).toBeNull()
    expect(bootstrapMean([0.5, 0.5], { seed: 1 })).toEqual([0.5, 0.5])
  })

  it('stays in the range of the values, lower end first', () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 30 }), fc.integer(), (values, seed) => {
        const [low, high] = bootstrapMean(values, { seed, resamples: 100 })!
        expect(low).toBeLessThanOrEqual(high)
        expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12)
        expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-12)
      }),
    )
  })
})
