import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { outlineRings } from '#common/mask/outline.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { decodeRle } from '#common/mask/rle.ts'

function bitmap(...rows: string[]): Bitmap {
  const text = rows.join('')
  return { width: rows[0]?.length ?? 0, height: rows.length, data: Uint8Array.from(text, (c) => (c === '#' ? 1 : 0)) }
}

function readBack(mask: Bitmap): Bitmap {
  return decodeRle(rasterisePolygons(outlineRings(mask), mask.width, mask.height))
}

/** Even-odd at the middle of every pixel, all rings together, by its definition. */
function fillEvenOdd(rings: readonly number[][], { width, height }: Bitmap): Uint8Array {
  const isInside = (px: number, py: number): boolean => {
    let crossings = 0
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const [ax, ay] = [ring[i]!, ring[i + 1]!]
        const [bx, by] = [ring[(i + 2) % ring.length]!, ring[(i + 3) % ring.length]!]
        if (ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)) crossings++
      }
    }
    return crossings % 2 === 1
  }
  return Uint8Array.from({ length: width * height }, (_, i) =>
    isInside((i % width) + 0.5, Math.floor(i / width) + 0.5) ? 1 : 0,
  )
}

const bitmaps = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 1, 1), { minLength: width * height, maxLength: width * height })
      .map((pixels): Bitmap => ({ width, height, data: Uint8Array.from(pixels) })),
  )

describe('outlineRings', () => {
  it('walks clockwise around a rectangle, corners only', () => {
    expect(outlineRings(bitmap('....', '.##.', '.##.'))).toEqual([[3, 1, 3, 3, 1, 3, 1, 1]])
  })

  it('is empty for an empty mask, and the border for a full one', () => {
    expect(outlineRings(bitmap('..', '..'))).toEqual([])
    expect(outlineRings({ width: 0, height: 0, data: new Uint8Array(0) })).toEqual([])
    expect(outlineRings(bitmap('##', '##'))).toEqual([[2, 0, 2, 2, 0, 2, 0, 0]])
  })

  it('keeps pixels apart that touch at a corner', () => {
    expect(outlineRings(bitmap('#.', '.#'))).toHaveLength(2)
  })

  it('reaches a hole by a bridge, in the same ring', () => {
    const ring = bitmap('###', '#.#', '###')
    expect(outlineRings(ring)).toHaveLength(1)
    expect(readBack(ring)).toEqual(ring)
  })

  it('keeps apart what lies in a hole, and finds the part of a hole beside another hole', () => {
    const nested = bitmap('#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######')
    expect(outlineRings(nested)).toHaveLength(2)
    expect(readBack(nested)).toEqual(nested)
    const row = bitmap('#######', '#.#.#.#', '#######')
    expect(outlineRings(row)).toHaveLength(1)
    expect(readBack(row)).toEqual(row)
  })

  it('gives back any mask when drawn as COCO draws it', () => {
    fc.assert(
      fc.property(bitmaps, (mask) => {
        expect(readBack(mask)).toEqual(mask)
      }),
      { numRuns: 500 },
    )
  })

  it('gives back any mask when filled by the even-odd rule', () => {
    fc.assert(
      fc.property(bitmaps, (mask) => {
        expect(fillEvenOdd(outlineRings(mask), mask)).toEqual(mask.data)
      }),
    )
  })

  it('stays quick on noise', () => {
    const [width, height] = [600, 600]
    let state = 7
    const data = Uint8Array.from({ length: width * height }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32 < 0.75 ? 1 : 0
    })
    const rings = outlineRings({ width, height, data })
    const nCorners = rings.reduce((sum, ring) => sum + ring.length / 2, 0)
    expect(nCorners).toBeGreaterThan(100_000)
  })
})
