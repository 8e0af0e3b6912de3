import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { applyTiles, decodeTiles, diffTiles, encodeTiles, tileSide } from '#common/mask/tile-patch.ts'

const sizes = fc.record({ width: fc.integer({ min: 1, max: 150 }), height: fc.integer({ min: 1, max: 150 }) })

/** Two masks of one size. */
const pairs = sizes.chain(({ width, height }) => {
  const bits = fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
  return fc.tuple(bits, bits).map(([a, b]): [Bitmap, Bitmap] => [
    { width, height, data: a },
    { width, height, data: b },
  ])
})

const copyOf = ({ width, height, data }: Bitmap): Bitmap => ({ width, height, data: data.slice() })
const isSame = (a: Bitmap, b: Bitmap): boolean => Buffer.compare(a.data, b.data) === 0

describe('tile patches', () => {
  it('make one mask of the other, and back, also after a way as bytes', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const tiles = decodeTiles(encodeTiles(diffTiles(before, after)), before)
        const worked = copyOf(before)
        applyTiles(worked, tiles)
        expect(isSame(worked, after)).toBe(true)
        applyTiles(worked, tiles)
        expect(isSame(worked, before)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('hold only tiles that differ, and tell the rectangle of those, cut at the edge', () => {
    const before: Bitmap = { width: 150, height: 70, data: new Uint8Array(150 * 70) }
    const after = copyOf(before)
    after.data[69 * 150 + 149] = 1
    const tiles = diffTiles(before, after)
    expect(tiles.map(({ column, row }) => [column, row])).toEqual([[2, 1]])
    expect(tiles[0]!.bits).toHaveLength((tileSide * tileSide) / 8)
    expect(applyTiles(before, tiles)).toEqual({ x: 128, y: 64, width: 22, height: 6 })
    expect(isSame(before, after)).toBe(true)
    expect(applyTiles(before, [])).toBeNull()
  })

  it('look for differences only where they are told to', () => {
    const before: Bitmap = { width: 200, height: 64, data: new Uint8Array(200 * 64) }
    const after = copyOf(before)
    after.data[5] = 1
    after.data[130] = 1
    const tiles = diffTiles(before, after, { x: 120, y: 3, width: 20, height: 1 })
    expect(tiles.map(({ column }) => column)).toEqual([2])
  })

  it.each([
    ['another length', new Uint8Array(515)],
    ['a tile beside the mask', encodeTiles([{ column: 3, row: 0, bits: new Uint8Array(512) }])],
    ['a tile that comes twice', encodeTiles([0, 0].map(() => ({ column: 1, row: 0, bits: new Uint8Array(512) })))],
    ['a pixel beside the mask', encodeTiles([{ column: 2, row: 0, bits: new Uint8Array(512).fill(255) }])],
  ])('are refused with %s', (_, bytes) => {
    expect(() => decodeTiles(bytes, { width: 150, height: 70 })).toThrow(
      expect.objectContaining({ code: 'mask.tiles' }) as Error,
    )
  })

  it('are read from any bytes or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), sizes, (bytes, size) => {
        try {
          decodeTiles(bytes, size)
        } catch (error) {
          expect(error).toMatchObject({ code: 'mask.tiles' })
        }
      }),
    )
  })
})
