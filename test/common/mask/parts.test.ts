import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countParts } from '#common/mask/parts.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { naiveParts } from './oracles.ts'
import { anyMask, blobMask, drawnMask, randomMask } from './sample-masks.ts'

describe('countParts', () => {
  it('joins object pixels over corners', () => {
    expect(countParts(encodeRle(drawnMask('#..', '.#.', '..#')))).toEqual({ parts: 1, holes: 0 })
    expect(countParts(encodeRle(drawnMask('#.#', '...', '#.#')))).toEqual({ parts: 4, holes: 0 })
  })

  it('does not let background out over corners', () => {
    expect(countParts(encodeRle(drawnMask('.#.', '#.#', '.#.')))).toEqual({ parts: 1, holes: 1 })
  })

  it('counts no hole where background reaches the border', () => {
    expect(countParts(encodeRle(drawnMask('###', '#.#', '#.#')))).toEqual({ parts: 1, holes: 0 })
    expect(countParts(encodeRle(drawnMask('####', '#..#', '####')))).toEqual({ parts: 1, holes: 1 })
  })

  it('counts an island in a hole, and its hole', () => {
    const mask = drawnMask('#######', '#.....#', '#.###.#', '#.#.#.#', '#.###.#', '#.....#', '#######')
    expect(countParts(encodeRle(mask))).toEqual({ parts: 2, holes: 2 })
  })

  it('finds nothing in an empty mask and one part in a full one', () => {
    expect(countParts(encodeRle(drawnMask('...', '...')))).toEqual({ parts: 0, holes: 0 })
    expect(countParts(encodeRle(drawnMask('###', '###')))).toEqual({ parts: 1, holes: 0 })
  })

  it('equals flood filling', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(countParts(encodeRle(mask))).toEqual(naiveParts(mask))
      }),
      { numRuns: 300 },
    )
    for (const density of [0.3, 0.45, 0.6]) {
      const mask = randomMask(211, 173, density, 1, 7)
      expect(countParts(encodeRle(mask))).toEqual(naiveParts(mask))
    }
    expect(countParts(encodeRle(blobMask(203, 150)))).toEqual({ parts: 1, holes: 1 })
  })

  it('sees through runs of length zero', () => {
    expect(countParts({ width: 2, height: 3, counts: Uint32Array.of(1, 1, 0, 1, 3) })).toEqual({ parts: 1, holes: 0 })
  })

  it('refuses counts that do not fit the size', () => {
    expect(() => countParts({ width: 2, height: 3, counts: Uint32Array.of(1, 9) })).toThrow(
      expect.objectContaining({ code: 'rle.counts' }),
    )
  })
})
