import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyBitmap, type Bitmap } from '#common/mask/bitmap.ts'
import { countParts } from '#common/mask/parts.ts'
import { fillHoles, growMask, objectBox, shrinkMask, smoothMask } from '#common/mask/reshape.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { naiveBbox, pixelwise } from './oracles.ts'
import { anyMask, blobMask, drawnMask } from './sample-masks.ts'

const radius = fc.integer({ min: 0, max: 5 })

/** Visits the pixels of the image around one. */
function around({ width, height, data }: Bitmap, at: number, reach: number): { distance: number; pixel: number }[] {
  const [x0, y0] = [at % width, Math.floor(at / width)]
  const found = []
  for (let y = Math.max(y0 - reach, 0); y <= Math.min(y0 + reach, height - 1); y++) {
    for (let x = Math.max(x0 - reach, 0); x <= Math.min(x0 + reach, width - 1); x++) {
      found.push({ distance: Math.hypot(x - x0, y - y0), pixel: data[y * width + x]! })
    }
  }
  return found
}

function naively(mask: Bitmap, rule: (at: number) => boolean): Bitmap {
  return { ...mask, data: mask.data.map((_, at) => (rule(at) ? 1 : 0)) }
}

describe('growMask and shrinkMask', () => {
  it('grow by a disc', () => {
    const grown = growMask(drawnMask('.......', '.......', '...#...', '.......', '.......'), 2)
    expect(grown).toEqual(drawnMask('...#...', '..###..', '.#####.', '..###..', '...#...'))
  })

  it('shrink from the background, not from the border of the image', () => {
    expect(shrinkMask(drawnMask('####.', '####.', '####.'), 1)).toEqual(drawnMask('###..', '###..', '###..'))
    const full = drawnMask('###', '###')
    expect(shrinkMask(full, 3)).toEqual(full)
  })

  it('equal looking at every pixel around', () => {
    fc.assert(
      fc.property(anyMask, radius, (mask, r) => {
        const near = (at: number, value: number): boolean =>
          around(mask, at, r).some(({ distance, pixel }) => distance <= r && pixel === value)
        expect(growMask(mask, r)).toEqual(naively(mask, (at) => near(at, 1)))
        expect(shrinkMask(mask, r)).toEqual(naively(mask, (at) => !near(at, 0)))
      }),
      { numRuns: 100 },
    )
  })

  it('leave alone what they are given', () => {
    const mask = blobMask(40, 30)
    const before = mask.data.slice()
    growMask(mask, 3)
    shrinkMask(mask, 3)
    smoothMask(mask, 3)
    fillHoles(mask)
    expect(mask.data).toEqual(before)
  })
})

describe('smoothMask', () => {
  it('closes notches and takes off what is narrow', () => {
    const ragged = drawnMask('.......', '.##.##.', '.#####.', '.#####.', '.#####.', '...#...', '...#...')
    const smooth = drawnMask('.......', '..###..', '.#####.', '.#####.', '..###..', '..###..', '.......')
    expect(smoothMask(ragged, 1)).toEqual(smooth)
  })

  it('equals counting the square around every pixel', () => {
    fc.assert(
      fc.property(anyMask, radius, (mask, r) => {
        const isMost = (at: number): boolean => {
          const square = around(mask, at, r)
          return 2 * square.reduce((sum, { pixel }) => sum + pixel, 0) > square.length
        }
        expect(smoothMask(mask, r)).toEqual(naively(mask, isMost))
      }),
      { numRuns: 100 },
    )
  })
})

describe('fillHoles', () => {
  it('fills what is enclosed, also by a corner, and leaves bays open', () => {
    const mask = drawnMask('.###..', '#..#.#', '.##..#', '...##.', '#.#...')
    expect(fillHoles(mask)).toEqual(drawnMask('.###..', '####.#', '.##..#', '...##.', '#.#...'))
  })

  it('fills no region at the border of the image', () => {
    const mask = drawnMask('#.#', '###', '#.#')
    expect(fillHoles(mask)).toEqual(mask)
  })

  it('leaves no hole and takes no pixel away', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        const filled = fillHoles(mask)
        expect(countParts(encodeRle(filled)).holes).toBe(0)
        expect(pixelwise(mask, filled, (a, b) => a & b)).toEqual(mask)
      }),
    )
  })
})

describe('objectBox', () => {
  it('is the smallest rectangle, or none', () => {
    expect(objectBox(emptyBitmap(3, 2))).toBeNull()
    fc.assert(
      fc.property(anyMask, (mask) => {
        const [x, y, width, height] = naiveBbox(mask)
        expect(objectBox(mask)).toEqual(width === 0 ? null : { x, y, width, height })
      }),
    )
  })
})
