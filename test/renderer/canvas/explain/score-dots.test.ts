import { describe, expect, it } from 'vitest'
import { dotNear, placeOfDot } from '../../../../renderer/canvas/explain/score-dots.ts'

const size = { width: 400, height: 24 }

describe('dots on a strip of scores', () => {
  it('lie by their score, inside of the strip, and each time at the same place', () => {
    for (const score of [0, 0.25, 1]) {
      const dot = { image: 17, score }
      const { x, y } = placeOfDot(dot, size)
      expect(x).toBeCloseTo(2 + score * 396, 9)
      expect(y).toBeGreaterThanOrEqual(2)
      expect(y).toBeLessThanOrEqual(22)
      expect(placeOfDot(dot, size)).toEqual({ x, y })
    }
  })

  it('are found by a place near them, the nearest first', () => {
    const dots = [
      { image: 1, score: 0.5 },
      { image: 2, score: 0.51 },
    ]
    const at = placeOfDot(dots[1]!, size)
    expect(dotNear(dots, { x: at.x + 1, y: at.y }, size)?.image).toBe(2)
    expect(dotNear(dots, { x: 10, y: 10 }, size)).toBeNull()
    expect(dotNear([], at, size)).toBeNull()
  })
})
