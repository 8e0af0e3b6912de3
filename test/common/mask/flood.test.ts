import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { floodRegion } from '#common/mask/flood.ts'
import { anyMask, drawnMask } from './sample-masks.ts'

function naiveFlood(open: Bitmap, seed: { x: number; y: number }): Bitmap {
  const region = emptyBitmap(open.width, open.height)
  const waiting = [seed]
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { x, y } = place
    if (x < 0 || y < 0 || x >= open.width || y >= open.height) continue
    const at = y * open.width + x
    if (open.data[at] === 0 || region.data[at] === 1) continue
    region.data[at] = 1
    waiting.push({ x: x - 1, y }, { x: x + 1, y }, { x, y: y - 1 }, { x, y: y + 1 })
  }
  return region
}

describe('floodRegion', () => {
  it('goes to the side, up and down, not over corners', () => {
    const open = drawnMask('##.#', '.#.#', '#..#', '####')
    expect(floodRegion(open, { x: 0, y: 0 })).toEqual(drawnMask('##..', '.#..', '....', '....'))
    expect(floodRegion(open, { x: 0, y: 2 })).toEqual(drawnMask('...#', '...#', '#..#', '####'))
  })

  it('is empty where the first pixel may not be entered, or is outside', () => {
    const open = drawnMask('#.', '##')
    for (const seed of [
      { x: 1, y: 0 },
      { x: -1, y: 0 },
      { x: 0, y: 2 },
    ]) {
      expect(floodRegion(open, seed)).toEqual(emptyBitmap(2, 2))
    }
  })

  it('equals the flood of single pixels', () => {
    const anyPlace = fc.record({ x: fc.integer({ min: 0, max: 39 }), y: fc.integer({ min: 0, max: 39 }) })
    fc.assert(
      fc.property(anyMask, anyPlace, (open, seed) => {
        expect(floodRegion(open, seed)).toEqual(naiveFlood(open, seed))
      }),
      { numRuns: 300 },
    )
  })
})
