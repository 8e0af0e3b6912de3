import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverMask } from '#common/mask/coverage.ts'
import { naiveArea, naiveCover } from './oracles.ts'
import { anyMask, blobMask, drawnMask } from './sample-masks.ts'

const anyGrid = fc.record({ width: fc.integer({ min: 1, max: 50 }), height: fc.integer({ min: 1, max: 50 }) })

/** A mask with a rectangle inside it. */
const maskAndSource = anyMask.chain((mask) =>
  fc
    .record({ x: fc.nat(mask.width - 1), y: fc.nat(mask.height - 1), right: fc.nat(), bottom: fc.nat() })
    .map(({ x, y, right, bottom }) => {
      const source = { x, y, width: 1 + (right % (mask.width - x)), height: 1 + (bottom % (mask.height - y)) }
      return { mask, source }
    }),
)

describe('coverMask', () => {
  it('gives the share of each cell that is object', () => {
    const mask = drawnMask('##..', '#...', '####', '####')
    expect([...coverMask(mask, { width: 2, height: 2 }).data]).toEqual([0.75, 0, 1, 1])
  })

  it('counts pixels on a cell edge by the part inside', () => {
    const mask = drawnMask('#..')
    const { data } = coverMask(mask, { width: 2, height: 1 })
    expect(data[0]).toBeCloseTo(1 / 1.5, 7)
    expect(data[1]).toBe(0)
  })

  it('repeats and mixes pixels when enlarging', () => {
    expect([...coverMask(drawnMask('#.'), { width: 4, height: 2 }).data]).toEqual([1, 1, 0, 0, 1, 1, 0, 0])
    expect([...coverMask(drawnMask('#.'), { width: 3, height: 1 }).data]).toEqual([1, 0.5, 0])
  })

  it('equals cutting every cell with every pixel, for any rectangle', () => {
    fc.assert(
      fc.property(maskAndSource, anyGrid, ({ mask, source }, grid) => {
        const { width, height, data } = coverMask(mask, grid, source)
        expect({ width, height }).toEqual(grid)
        const expected = naiveCover(mask, grid, source)
        // float32 results of float64 sums
        data.forEach((share, i) => {
          expect(Math.abs(share - expected[i]!)).toBeLessThan(1e-7)
        })
      }),
    )
  })

  it('keeps the area', () => {
    fc.assert(
      fc.property(anyMask, anyGrid, (mask, grid) => {
        const { data } = coverMask(mask, grid)
        const cellArea = (mask.width * mask.height) / (grid.width * grid.height)
        const area = data.reduce((sum, share) => sum + share, 0) * cellArea
        expect(area).toBeCloseTo(naiveArea(mask), 3)
      }),
    )
  })

  it('is exactly 1 inside and exactly 0 outside', () => {
    for (const value of [0, 1]) {
      const mask = { width: 1037, height: 701, data: new Uint8Array(1037 * 701).fill(value) }
      expect(coverMask(mask, { width: 224, height: 224 }).data.every((share) => share === value)).toBe(true)
    }
  })

  it('adds up more rows than a byte can count', () => {
    const mask = blobMask(120, 2000)
    const { data } = coverMask(mask, { width: 1, height: 2 })
    expect((data[0]! + data[1]!) * 120_000).toBeCloseTo(naiveArea(mask), 1)
  })

  it.each([
    ['an empty grid', { width: 0, height: 2 }, undefined],
    ['a grid of half cells', { width: 2.5, height: 2 }, undefined],
    ['a rectangle that leaves the photo', { width: 2, height: 2 }, { x: 2, y: 0, width: 3, height: 2 }],
    ['a rectangle before the photo', { width: 2, height: 2 }, { x: -1, y: 0, width: 2, height: 2 }],
    ['a rectangle of half pixels', { width: 2, height: 2 }, { x: 0.5, y: 0, width: 2, height: 2 }],
    ['an empty rectangle', { width: 2, height: 2 }, { x: 0, y: 0, width: 2, height: 0 }],
  ])('refuses %s', (_, grid, source) => {
    expect(() => coverMask(drawnMask('####', '####'), grid, source)).toThrow(
      expect.objectContaining({ code: 'mask.size' }),
    )
  })
})
