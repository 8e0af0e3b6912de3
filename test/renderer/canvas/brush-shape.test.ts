import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyBitmap } from '#common/mask/bitmap.ts'
import { smallestRadius, sweepBrush } from '../../../renderer/canvas/brush-shape.ts'
import type { Point } from '../../../renderer/canvas/viewport.ts'
import { picture } from './canvas-tools.ts'

const size = { width: 40, height: 30 }
const anyPoint = fc.record({
  x: fc.double({ min: -10, max: 50, noNaN: true }),
  y: fc.double({ min: -10, max: 40, noNaN: true }),
})

function swept(from: Point, to: Point, radius: number) {
  const bitmap = emptyBitmap(size.width, size.height)
  sweepBrush({ from, to, radius, size }, (y, x0, x1) => {
    for (let x = x0; x < x1; x++) bitmap.data[y * size.width + x]! += 1
  })
  return bitmap
}

function distance({ x, y }: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const squared = dx * dx + dy * dy
  const along = squared === 0 ? 0 : Math.min(Math.max(((x - from.x) * dx + (y - from.y) * dy) / squared, 0), 1)
  return Math.hypot(x - from.x - along * dx, y - from.y - along * dy)
}

describe('sweepBrush', () => {
  it('takes every pixel whose middle is within reach of the way, once', () => {
    fc.assert(
      fc.property(anyPoint, anyPoint, fc.double({ min: 0.5, max: 15, noNaN: true }), (from, to, radius) => {
        const { data } = swept(from, to, radius)
        data.forEach((pixel, i) => {
          const middle = { x: (i % size.width) + 0.5, y: Math.floor(i / size.width) + 0.5 }
          const off = distance(middle, from, to) - radius
          if (Math.abs(off) > 1e-6) expect(pixel).toBe(off < 0 ? 1 : 0)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('is a filled circle where it does not move', () => {
    const at = { x: 2.5, y: 2.5 }
    const small = emptyBitmap(5, 5)
    sweepBrush({ from: at, to: at, radius: 2, size: small }, (y, x0, x1) => small.data.fill(1, y * 5 + x0, y * 5 + x1))
    expect(picture(small)).toEqual(['..#..', '.###.', '#####', '.###.', '..#..'])
  })

  it('leaves no gap at its smallest, in any direction', () => {
    fc.assert(
      fc.property(anyPoint, anyPoint, (from, to) => {
        const { data } = swept(from, to, smallestRadius)
        for (let t = 0; t <= 1; t += 1 / 64) {
          const [x, y] = [Math.floor(from.x + t * (to.x - from.x)), Math.floor(from.y + t * (to.y - from.y))]
          if (x >= 0 && y >= 0 && x < size.width && y < size.height) expect(data[y * size.width + x]).toBe(1)
        }
      }),
    )
  })
})
