import { describe, expect, it } from 'vitest'
import { outlineRings } from '#common/mask/outline.ts'
import { outlinePath } from '#common/mask/outline-path.ts'
import { maskOf } from '../../builders/dataset.ts'

describe('outlinePath', () => {
  it('goes round each part', () => {
    const mask = maskOf(8, 4, (x, y) => y >= 1 && y < 3 && ((x >= 1 && x < 3) || x === 5))
    expect(outlinePath(outlineRings(mask))).toBe('M3 1L3 3L1 3L1 1L3 1M6 1L6 3L5 3L5 1L6 1')
    expect(outlinePath([])).toBe('')
  })

  it('goes round holes without drawing the way to them', () => {
    const mask = maskOf(7, 7, (x, y) => x >= 1 && x < 6 && y >= 1 && y < 6 && !(x === 3 && y === 3))
    const lines = outlinePath(outlineRings(mask))
      .split('M')
      .slice(1)
      .map((part) => part.split('L').map((point) => point.split(' ').map(Number)))
    const sides = lines.flatMap((points) =>
      points.slice(1).map(([x, y], i) => [points[i]!, [x, y]] as [number[], number[]]),
    )
    // every side lies along pixel edges: a bridge would cross the object
    expect(sides.every(([[ax, ay], [bx, by]]) => ax === bx || ay === by)).toBe(true)
    const length = sides.reduce((sum, [[ax, ay], [bx, by]]) => sum + Math.abs(ax! - bx!) + Math.abs(ay! - by!), 0)
    expect(length).toBe(4 * 5 + 4 * 1)
  })
})
