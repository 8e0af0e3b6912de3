import { describe, expect, it } from 'vitest'
import { paddedAlike, seeing, seenBy, unionOf, type Span } from '#main/tensor/onnx/incremental/span.ts'

const span = (...intervals: readonly (readonly [start: number, size: number])[]): Span => ({
  starts: intervals.map(([start]) => start),
  sizes: intervals.map(([, size]) => size),
})
const same3 = { size: 3, stride: 1, before: 1, after: 1 }

describe('spans', () => {
  it('grow by what a window sees, and end where the map ends', () => {
    expect(seeing(span([0, 4], [6, 4]), same3, null)).toEqual(span([-1, 6], [5, 6]))
    expect(seeing(span([0, 4], [6, 4]), same3, 10)).toEqual(span([0, 5], [5, 5]))
    expect(seenBy(span([0, 5], [5, 5]), same3)).toEqual(span([-1, 7], [4, 7]))
  })

  it('shrink by a stride', () => {
    const pool = { size: 2, stride: 2, before: 0, after: 0 }
    expect(seeing(span([3, 4]), pool, null)).toEqual(span([1, 3]))
    expect(seenBy(span([1, 3]), pool)).toEqual(span([2, 6]))
  })

  it('are padded alike where they lie alike to the stride', () => {
    const strided = { size: 3, stride: 2, before: 0, after: 1 }
    expect(paddedAlike(span([4, 4], [8, 4]), strided)).toEqual({
      reads: span([4, 4], [8, 4]),
      before: 2,
      after: 1,
      made: span([1, 3], [3, 3]),
    })
    expect(paddedAlike(span([4, 4], [9, 4]), strided)).toBeNull()
  })

  it('leave out first values that a stride steps over', () => {
    const pointwise = { size: 1, stride: 2, before: 0, after: 0 }
    expect(paddedAlike(span([3, 4], [5, 4]), pointwise)).toEqual({
      reads: span([4, 3], [6, 3]),
      before: 0,
      after: 0,
      made: span([2, 2], [3, 2]),
    })
  })

  it('of two values are those that hold both', () => {
    expect(unionOf([span([2, 3], [4, 3]), span([1, 3], [6, 2])])).toEqual(span([1, 4], [4, 4]))
  })
})
