import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { topIndices } from '#main/detectors/mask-rcnn/top-indices.ts'

function top(scores: readonly number[], k: number): number[] {
  return [...topIndices(Float32Array.from(scores), k)]
}

describe('topIndices', () => {
  it('gives the best first, of equal scores the lower place', () => {
    expect(top([1, 3, 2, 3, 2, 2], 4)).toEqual([1, 3, 2, 4])
  })

  it('knows negative numbers, infinity, and that −0 is 0', () => {
    expect(top([-1, -0, 0, -2, Infinity, -Infinity], 6)).toEqual([4, 1, 2, 0, 3, 5])
  })

  it('never gives NaN, of either sign', () => {
    expect(top([NaN, 1, -NaN, 2], 4)).toEqual([3, 1])
    expect(top([NaN, NaN], 1)).toEqual([])
  })

  it('gives all where there are fewer, and none where none are asked for', () => {
    expect(top([1, 2], 5)).toEqual([1, 0])
    expect(top([1, 2], 0)).toEqual([])
    expect(top([], 3)).toEqual([])
  })

  it('equals a stable sort', () => {
    const score = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0.5, 0.25, 0, -0, 1, -1))
    fc.assert(
      fc.property(fc.array(score, { maxLength: 200 }), fc.nat(220), (scores, k) => {
        const sorted = [...scores.keys()].sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! - scores[a]!))
        expect(top(scores, k)).toEqual(sorted.slice(0, k))
      }),
    )
  })
})
