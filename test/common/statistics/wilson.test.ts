import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilsonInterval } from '#common/statistics/wilson.ts'

describe('wilsonInterval', () => {
  // R. G. Newcombe, Statistics in Medicine 17, 1998, table I, method 3
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is the published one', (hits, n, low, high) => {
    const interval = wilsonInterval(hits, n)!
    expect(interval[0]).toBeCloseTo(low, 4)
    expect(interval[1]).toBeCloseTo(high, 4)
  })

  it('is not there without a trial', () => {
    expect(wilsonInterval(0, 0)).toBeNull()
  })

  it('lies within 0…1, holds the share, and mirrors where hits and misses change places', () => {
    const counts = fc.integer({ min: 1, max: 100_000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)))
    fc.assert(
      fc.property(counts, ([hits, n]) => {
        const [low, high] = wilsonInterval(hits, n)!
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(hits / n)
        expect(high).toBeGreaterThanOrEqual(hits / n)
        const mirrored = wilsonInterval(n - hits, n)!
        expect(1 - mirrored[1]).toBeCloseTo(low, 12)
      }),
    )
  })
})
