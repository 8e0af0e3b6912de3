import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blurCoverage, blurImage, cover, emptyCoverage } from '#main/sample/scenes/coverage.ts'

const coordinate = fc.double({ min: -4, max: 16, noNaN: true })
const triangle = fc.array(coordinate, { minLength: 6, maxLength: 6 })
const size = { left: 0, top: 0, width: 12, height: 10 }

function covered(points: readonly number[], part = size): Float32Array {
  const coverage = Object.assign(emptyCoverage(), part)
  cover(Float64Array.from(points), points.length / 2, coverage)
  return coverage.share.slice(0, part.width * part.height)
}

/** The share of 64 × 64 points of a pixel that lie in a triangle. */
function naiveShare(points: readonly number[], column: number, row: number): number {
  const n = 64
  let inside = 0
  for (let i = 0; i < n * n; i++) {
    const x = column + ((i % n) + 0.5) / n
    const y = row + (Math.floor(i / n) + 0.5) / n
    const sides = [0, 2, 4].map((k) => {
      const [ax, ay, bx, by] = [points[k]!, points[k + 1]!, points[(k + 2) % 6]!, points[(k + 3) % 6]!]
      return (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    })
    if (sides.every((side) => side >= 0) || sides.every((side) => side <= 0)) inside++
  }
  return inside / (n * n)
}

describe('coverage of pixels by a polygon', () => {
  it('is the area that a count of fine points finds, also where the polygon leaves the part', () => {
    fc.assert(
      fc.property(triangle, (points) => {
        const share = covered(points)
        for (const pixel of [0, 11, 17, 42, 66, 108, 119]) {
          const naive = naiveShare(points, pixel % 12, Math.floor(pixel / 12))
          expect(Math.abs(share[pixel]! - naive)).toBeLessThan(0.03)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('adds up to the polygon’s area', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 6, maxLength: 6 }), (points) => {
        const [ax, ay, bx, by, cx, cy] = points as [number, number, number, number, number, number]
        const area = Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
        expect(covered(points).reduce((sum, each) => sum + each, 0)).toBeCloseTo(area, 3)
      }),
    )
  })

  it('does not depend on the part that is looked at, nor on what was covered before', () => {
    const polygon = fc.array(fc.double({ min: 0, max: 12, noNaN: true }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(polygon, (points) => {
        const whole = covered(points)
        covered([-3, -3, 30, -3, 30, 30, -3, 30])
        const part = covered(points, { left: 3, top: 2, width: 5, height: 4 })
        for (let y = 0; y < 4; y++) {
          for (let x = 0; x < 5; x++) expect(part[y * 5 + x]).toBeCloseTo(whole[(y + 2) * 12 + x + 3]!, 5)
        }
      }),
    )
  })

  it('counts what is covered twice once', () => {
    expect(covered([2, 2, 6, 2, 6, 6, 2, 6, 2, 2, 6, 2, 6, 6, 2, 6])[3 * 12 + 3]).toBe(1)
  })
})

describe('blurring', () => {
  it('is a box, twice in each direction, with nothing outside', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 35, maxLength: 35 }), (values) => {
        const fast = blurImage(Float32Array.from(values), 7, 1)
        const naive = naiveBox(naiveBox(values))
        for (let i = 0; i < 35; i++) expect(fast[i]).toBeCloseTo(naive[i]!, 5)
      }),
    )
  })

  it('keeps place and size of a coverage, and leaves the original as it was', () => {
    const from = Object.assign(emptyCoverage(), size)
    cover(Float64Array.of(2, 2, 8, 2, 8, 8, 2, 8), 4, from)
    const before = from.share.slice()
    const into = emptyCoverage()
    blurCoverage(from, 2, into)
    expect(from.share).toEqual(before)
    expect(into).toMatchObject(size)
    expect(into.share[5 * 12 + 2]).toBeCloseTo(into.share[5 * 12 + 7]!, 6)
    expect(into.share[5 * 12 + 5]).toBeGreaterThan(into.share[5 * 12 + 2]!)
  })
})

/** Means of 3 × 3 values, 0 outside of 7 × 5. */
function naiveBox(values: readonly number[]): number[] {
  return values.map((_, i) => {
    let sum = 0
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const [x, y] = [(i % 7) + dx, Math.floor(i / 7) + dy]
        if (x >= 0 && x < 7 && y >= 0 && y < 5) sum += values[y * 7 + x]!
      }
    }
    return sum / 9
  })
}
