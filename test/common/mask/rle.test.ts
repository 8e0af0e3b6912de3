import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import {
  checkRle,
  decodeRle,
  emptyRle,
  encodeRle,
  normaliseRle,
  rleArea,
  rleBbox,
  sameRle,
  type Rle,
} from '#common/mask/rle.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { naiveArea, naiveBbox, naiveDecode, naiveEncode } from './oracles.ts'
import { anyMask, blobMask, drawnMask, maskFixture, pngMask, rleFromCoco, type CocoRle } from './sample-masks.ts'

function rle(width: number, height: number, counts: number[]): Rle {
  return { width, height, counts: Uint32Array.from(counts) }
}

/** Any code of any mask, runs of length zero and split runs included. */
const looseRle = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }))
  .map(([height, runs]) => {
    const sum = runs.reduce((a, b) => a + b, 0)
    const width = Math.ceil(sum / height)
    return rle(width, height, [...runs, width * height - sum])
  })

describe('encodeRle', () => {
  it('runs down the columns and starts with background', () => {
    expect([...encodeRle(drawnMask('.#.', '##.')).counts]).toEqual([1, 3, 2])
    expect([...encodeRle(drawnMask('#..', '...')).counts]).toEqual([0, 1, 5])
  })

  it('gives one run for a mask without object, and two for one without background', () => {
    expect([...encodeRle(drawnMask('...', '...')).counts]).toEqual([6])
    expect([...encodeRle(drawnMask('###', '###')).counts]).toEqual([0, 6])
  })

  it('takes masks without pixels', () => {
    for (const [width, height] of [
      [0, 0],
      [0, 5],
      [5, 0],
    ] as const) {
      const empty = encodeRle({ width, height, data: new Uint8Array(0) })
      expect(empty).toEqual({ width, height, counts: Uint32Array.of(0) })
      expect(decodeRle(empty).data).toHaveLength(0)
    }
  })

  it('equals the walk down the columns on any mask', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(encodeRle(mask)).toEqual(naiveEncode(mask))
      }),
    )
  })

  it('reads bitmaps that start at any byte of their buffer', () => {
    fc.assert(
      fc.property(anyMask, fc.integer({ min: 1, max: 5 }), ({ width, height, data }, offset) => {
        const buffer = new Uint8Array(data.length + offset).fill(1)
        buffer.set(data, offset)
        const moved: Bitmap = { width, height, data: buffer.subarray(offset) }
        expect(encodeRle(moved)).toEqual(naiveEncode(moved))
      }),
    )
  })

  it('equals the walk down the columns on large outlines, width a multiple of four or not', () => {
    for (const [width, height] of [
      [640, 427],
      [501, 333],
      [1022, 311],
      [2047, 97],
    ] as const) {
      const mask = blobMask(width, height)
      expect(encodeRle(mask)).toEqual(naiveEncode(mask))
    }
  })
})

describe('decodeRle', () => {
  it('is the inverse of encodeRle', () => {
    fc.assert(
      fc.property(anyMask, (mask) => {
        expect(decodeRle(encodeRle(mask))).toEqual(mask)
      }),
    )
  })

  it('equals the walk through the counts, also with runs of length zero', () => {
    fc.assert(
      fc.property(looseRle, (code) => {
        expect(decodeRle(code)).toEqual(naiveDecode(code))
      }),
    )
  })

  it.each([[[5]], [[3, 4]], [[]], [[2, 2, 3]]])('refuses counts %j for six pixels', (counts) => {
    expect(() => decodeRle(rle(3, 2, counts))).toThrow(expect.objectContaining({ code: 'rle.counts' }))
  })

  it.each([
    [-1, 4],
    [1.5, 2],
    [NaN, 2],
    [2 ** 20, 2 ** 20],
  ])('refuses the size %d × %d', (width, height) => {
    expect(() => checkRle(rle(width, height, [4]))).toThrow(expect.objectContaining({ code: 'rle.size' }))
    expect(() => emptyRle(width, height)).toThrow(expect.objectContaining({ code: 'rle.size' }))
  })
})

describe('area and box', () => {
  it('equal those of the bitmap, also with runs of length zero', () => {
    fc.assert(
      fc.property(fc.oneof(looseRle, anyMask.map(encodeRle)), (code) => {
        const mask = naiveDecode(code)
        expect(rleArea(code)).toBe(naiveArea(mask))
        expect(rleBbox(code)).toEqual(naiveBbox(mask))
      }),
    )
  })

  it('spans the whole height where a run goes on in the next column', () => {
    expect(rleBbox(encodeRle(drawnMask('.#', '..', '#.')))).toEqual([0, 0, 2, 3])
    expect(rleBbox(rle(3, 4, [3, 2, 7]))).toEqual([0, 0, 2, 4])
  })
})

describe('normaliseRle and sameRle', () => {
  it('gives the one code that encoding gives', () => {
    fc.assert(
      fc.property(looseRle, (code) => {
        expect(normaliseRle(code)).toEqual(naiveEncode(naiveDecode(code)))
      }),
    )
  })

  it('calls codes of the same mask the same, however they are cut', () => {
    expect(sameRle(rle(2, 3, [2, 0, 1, 3]), rle(2, 3, [3, 3]))).toBe(true)
    expect(sameRle(rle(2, 3, [3, 3]), rle(2, 3, [2, 4]))).toBe(false)
    expect(sameRle(rle(2, 3, [3, 3]), rle(3, 2, [3, 3]))).toBe(false)
    expect(sameRle(rle(2, 3, [3, 3]), rle(2, 3, [3, 2, 1]))).toBe(false)
  })
})

interface FixtureMask {
  readonly width: number
  readonly height: number
  readonly bits: string
  readonly counts: string
  readonly area: number
  readonly bbox: readonly number[]
}

describe('pycocotools fixtures', () => {
  const { masks } = maskFixture('pycocotools.json') as { masks: readonly FixtureMask[] }

  it('has the same codes, areas and boxes', () => {
    expect(masks.length).toBeGreaterThan(20)
    for (const { width, height, bits, counts, area, bbox } of masks) {
      const bytes = Buffer.from(bits, 'hex')
      const data = Uint8Array.from({ length: width * height }, (_, i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1)
      const code = encodeRle({ width, height, data })
      expect(compressCounts(code.counts)).toBe(counts)
      expect(rleArea(code)).toBe(area)
      expect(rleBbox(code)).toEqual(bbox)
      expect(decodeRle(rleFromCoco({ size: [height, width], counts })).data).toEqual(data)
    }
  })
})

describeWithData('pycocotools goldens', () => {
  interface GoldenMask {
    readonly name: string
    readonly png: string
    readonly rle: CocoRle
    readonly uncompressed_counts: readonly number[]
    readonly area: number
    readonly bbox_xywh: readonly number[]
  }
  const folder = 'goldens/mask-rcnn/rle'

  it('has the same codes, areas and boxes', async () => {
    const text = readFileSync(testData(`${folder}/rle_masks.json`), 'utf8')
    const { masks } = JSON.parse(text) as { masks: readonly GoldenMask[] }
    expect(masks).toHaveLength(13)
    for (const golden of masks) {
      const mask = await pngMask(testData(`${folder}/${golden.png}`))
      const code = encodeRle(mask)
      expect([...code.counts], golden.name).toEqual(golden.uncompressed_counts)
      expect(compressCounts(code.counts), golden.name).toBe(golden.rle.counts)
      expect(rleArea(code), golden.name).toBe(golden.area)
      expect(rleBbox(code), golden.name).toEqual(golden.bbox_xywh)
      expect(decodeRle(rleFromCoco(golden.rle)), golden.name).toEqual(mask)
    }
  })
})
