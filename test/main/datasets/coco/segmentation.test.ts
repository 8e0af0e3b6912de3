import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRle, type Rle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { hasPolygons, readSegmentation, sizeOfRle } from '#main/datasets/coco/segmentation.ts'
import type { Size } from '#main/datasets/defects.ts'

const photo: Size = [6, 4]
const read = (segmentation: unknown, given: Size | null = null) => readSegmentation(segmentation, { photo, given })
const kinds = (segmentation: unknown, given: Size | null = null) =>
  read(segmentation, given).defects.map(({ kind, action }) => `${kind} ${action}`)

/** A rectangle of whole pixels as a ring. */
const ring = (x: number, y: number, width: number, height: number) => [
  x,
  y,
  x + width,
  y,
  x + width,
  y + height,
  x,
  y + height,
]

/** Column-major counts, by hand: two columns of four, the second and third, are object in their two middle rows. */
const block: Rle = { width: 6, height: 4, counts: Uint32Array.of(5, 2, 2, 2, 13) }

describe('readSegmentation', () => {
  it('draws outlines', () => {
    expect(read([ring(1, 1, 2, 2)])).toEqual({ rle: block, defects: [] })
  })

  it('unites several rings', () => {
    expect(read([ring(1, 1, 1, 2), ring(2, 1, 1, 2)])).toEqual({ rle: block, defects: [] })
  })

  it('takes a bare list of numbers for one ring', () => {
    expect(read(ring(1, 1, 2, 2))).toEqual({ rle: block, defects: [] })
  })

  it('reads compressed and uncompressed run lengths', () => {
    expect(read({ size: [4, 6], counts: [5, 2, 2, 2, 13] })).toEqual({ rle: block, defects: [] })
    expect(read({ size: [4, 6], counts: compressCounts(block.counts) })).toEqual({ rle: block, defects: [] })
  })

  it('joins runs that a file cuts by empty ones', () => {
    expect(read({ size: [4, 6], counts: [2, 0, 3, 1, 0, 1, 2, 2, 13] }).rle).toEqual(block)
  })

  it('makes the mask of the usable rings and says that one is not', () => {
    for (const bad of [[0, 0, 1, 1], [0, 0, 1, 1, 2, 2, 3], 'ring', null, [0, 0, 1, '1', 2, 2], [0, 0, 2e7, 1, 2, 2]]) {
      expect(read([bad, ring(1, 1, 2, 2)]).rle).toEqual(block)
      expect(kinds([bad, ring(1, 1, 2, 2)])).toEqual(['polygon-invalid repaired'])
      expect(kinds([bad])).toEqual(['polygon-invalid refused'])
    }
  })

  it('refuses outlines that were drawn on another size, but not run lengths of the right size', () => {
    expect(kinds([ring(1, 1, 2, 2)], [12, 8])).toEqual(['frame-mismatch refused'])
    expect(read([ring(1, 1, 2, 2)], [6, 4]).rle).toEqual(block)
    expect(read({ size: [4, 6], counts: [5, 2, 2, 2, 13] }, [12, 8]).rle).toEqual(block)
  })

  it('refuses run lengths of another size', () => {
    const reading = read({ size: [6, 4], counts: [24] })
    expect(reading).toEqual({
      rle: null,
      defects: [{ kind: 'rle-size', action: 'refused', given: [4, 6], own: [6, 4] }],
    })
  })

  it.each([
    { size: [4, 6], counts: [5, 2] },
    { size: [4, 6], counts: [5, 2, 2, 2, 14] },
    { size: [4, 6], counts: [-1, 25] },
    { size: [4, 6], counts: [1.5, 22.5] },
    { size: [4, 6], counts: ['24'] },
    { size: [4, 6], counts: [4294967300, 24] },
    { size: [4, 6], counts: 'not a code' },
    { size: [4, 6], counts: '' },
    { size: [4, 6], counts: 24 },
    { size: [4, 6] },
    { counts: [24] },
    { size: [0, 0], counts: [] },
    { size: ['4', '6'], counts: [24] },
    {},
  ])('refuses run lengths that cannot be: %j', (segmentation) => {
    expect(kinds(segmentation)).toEqual(['rle-counts refused'])
  })

  it.each([undefined, null, [], 'text', 7, true])('says that there is no mask: %j', (segmentation) => {
    expect(kinds(segmentation)).toEqual(['no-segmentation refused'])
  })

  it('refuses masks without a pixel', () => {
    expect(kinds({ size: [4, 6], counts: [24] })).toEqual(['mask-empty refused'])
    expect(kinds([ring(10, 10, 2, 2)])).toEqual(['mask-empty refused'])
    expect(kinds([[], ring(10, 10, 2, 2)])).toEqual(['polygon-invalid repaired', 'mask-empty refused'])
  })

  it('refuses outlines that would take minutes to draw', () => {
    const zigzag = Array.from({ length: 40_000 }, (_, i) => (i % 2 === 0 ? i % 5 : (i % 3) * 1000))
    const many = Array.from({ length: 10_001 }, () => ring(1, 1, 2, 2))
    const started = performance.now()
    expect(kinds([zigzag])).toEqual(['polygon-invalid refused'])
    expect(kinds(many)).toEqual(['polygon-invalid refused'])
    expect(performance.now() - started).toBeLessThan(5000)
  })

  it('refuses outlines on a photo that claims more pixels than a mask can have', () => {
    const { rle, defects } = readSegmentation([ring(1, 1, 2, 2)], { photo: [100_000, 100_000], given: null })
    expect([rle, defects.map(({ kind, action }) => `${kind} ${action}`)]).toEqual([null, ['polygon-invalid refused']])
  })

  it('gives back any mask that was written as run lengths', () => {
    const mask = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 24, maxLength: 24 })
    fc.assert(
      fc.property(mask, fc.boolean(), (data, isCompressed) => {
        const rle = encodeRle({ width: 6, height: 4, data: Uint8Array.from(data) })
        const counts = isCompressed ? compressCounts(rle.counts) : [...rle.counts]
        expect(read({ size: [4, 6], counts }).rle).toEqual(data.includes(1) ? rle : null)
      }),
    )
  })

  it('throws for nothing that JSON can hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (counts, other) => {
        for (const value of [
          counts,
          [counts],
          [[counts, other, 1, 2, 3, 4]],
          { size: [4, 6], counts },
          { size: other, counts },
        ]) {
          const reading = read(value)
          expect(reading.rle !== null || reading.defects.length > 0).toBe(true)
        }
      }),
    )
  })
})

describe('hasPolygons', () => {
  it('tells outlines from run lengths and from nothing', () => {
    expect([[[1, 2]], [], { size: [1, 1] }, undefined].map(hasPolygons)).toEqual([true, false, false, false])
  })
})

describe('sizeOfRle', () => {
  it('gives width before height, or null', () => {
    expect(sizeOfRle({ size: [4, 6] })).toEqual([6, 4])
    expect([{ size: [4] }, { size: [4, -6] }, { size: 4 }, [4, 6], null].map(sizeOfRle)).toEqual(Array(5).fill(null))
  })
})
