import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { readMask, writeMask } from '#main/files/mask-file.ts'
import { formatNpy, readNpy } from '#main/files/npy.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { expectOnlyAppErrors } from './damage.ts'

function bitmap(...rows: string[]): Bitmap {
  return {
    width: rows[0]!.length,
    height: rows.length,
    data: Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)),
  }
}

function write(name: string, content: Uint8Array | string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

const ring = bitmap('......', '.####.', '.#..#.', '.####.')
const bitmaps = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
      .map((pixels): Bitmap => ({ width, height, data: Uint8Array.from(pixels) })),
  )

describe('writeMask and readMask', () => {
  it.each([['.png'], ['.npy'], ['.json'], ['.JSON']])('give back any mask through %s', async (ending) => {
    const path = join(temporaryFolder(), `mask${ending}`)
    await fc.assert(
      fc.asyncProperty(bitmaps, async (mask) => {
        expect(await writeMask(path, mask)).toEqual({ differs: 0 })
        expect(await readMask(path)).toEqual(mask)
      }),
      { numRuns: 30 },
    )
  })

  it('give back any mask through an outline, holes and corners included', async () => {
    const path = join(temporaryFolder(), 'mask.json')
    await fc.assert(
      fc.asyncProperty(bitmaps, async (mask) => {
        expect(await writeMask(path, mask, { polygon: true })).toEqual({ differs: 0 })
        expect(await readMask(path)).toEqual(mask)
      }),
      { numRuns: 30 },
    )
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('polygons')
  })

  it('write what other programs expect', async () => {
    const folder = temporaryFolder()
    for (const name of ['m.png', 'm.npy', 'm.json']) await writeMask(join(folder, name), ring)
    expect(await sharp(join(folder, 'm.png')).metadata()).toMatchObject({ channels: 1, depth: 'uchar' })
    const { data } = await decodeImage(join(folder, 'm.png'))
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([...ring.data].map((value) => value * 255))
    expect(await readNpy(join(folder, 'm.npy'))).toEqual({ data: Float32Array.from(ring.data), shape: [4, 6] })
    // pycocotools.mask.encode of the same array
    expect(JSON.parse(readFileSync(join(folder, 'm.json'), 'utf8'))).toEqual({ size: [4, 6], counts: '531N000000023' })
    expect(readdirSync(folder)).toHaveLength(3)
  })

  it('refuse an ending that is none of theirs, and a polygon that is no JSON', async () => {
    const folder = temporaryFolder()
    for (const name of ['mask.jpg', 'mask', 'mask.txt']) {
      await expect(writeMask(join(folder, name), ring)).rejects.toMatchObject({ code: 'request.usage' })
    }
    await expect(writeMask(join(folder, 'a.png'), ring, { polygon: true })).rejects.toMatchObject({
      code: 'request.usage',
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('readMask of PNG', () => {
  const encode = (values: Uint8Array, channels: 1 | 2 | 3 | 4, palette = false): Promise<Buffer> =>
    sharp(values, { raw: { width: 2, height: 2, channels } })
      .png({ palette })
      .toBuffer()
  const read = async (bytes: Uint8Array): Promise<number[]> => [...(await readMask(write('mask.png', bytes))).data]

  it('takes all that is not black for the object, however dark', async () => {
    expect(await read(await encode(Uint8Array.of(0, 1, 128, 255), 1))).toEqual([0, 1, 1, 1])
    expect(await read(await encode(Uint8Array.of(0, 0, 0, 0, 0, 1, 9, 0, 0, 255, 255, 255), 3))).toEqual([0, 1, 1, 1])
    expect(await read(await encode(Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 128, 0, 224, 224, 192), 3, true))).toEqual([
      0, 1, 1, 1,
    ])
  })

  it('does not round 16 bits to 8', async () => {
    const values = Uint16Array.of(0, 1, 255, 65535)
    const bytes = await sharp(values, { raw: { width: 2, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await sharp(bytes).metadata()).depth).toBe('ushort')
    expect(await read(bytes)).toEqual([0, 1, 1, 1])
  })

  it('takes transparent pixels for background, and alpha alone where all is black', async () => {
    expect(await read(await encode(Uint8Array.of(255, 0, 255, 255, 0, 255, 9, 1), 2))).toEqual([0, 1, 0, 1])
    expect(await read(await encode(Uint8Array.of(0, 0, 0, 255, 0, 128, 0, 0), 2))).toEqual([0, 1, 1, 0])
    expect(await read(await encode(Uint8Array.of(0, 255, 0, 255, 0, 255, 0, 255), 2))).toEqual([0, 0, 0, 0])
  })

  it('refuses a JPEG and other files, saying what they are', async () => {
    const jpeg = await sharp(Buffer.alloc(48), { raw: { width: 4, height: 4, channels: 3 } })
      .jpeg()
      .toBuffer()
    await expect(readMask(write('mask.png', jpeg))).rejects.toMatchObject({
      code: 'file.format',
      message: expect.stringContaining('jpeg') as string,
    })
    await expect(readMask(write('mask.png', 'hello'))).rejects.toMatchObject({ code: 'file.format' })
    await expect(readMask(join(temporaryFolder(), 'none.png'))).rejects.toMatchObject({ code: 'file.missing' })
  })
})

describe('readMask of .npy', () => {
  it('takes what is above 0, nothing else', async () => {
    const path = write('m.npy', formatNpy(Float32Array.of(-1, 0, 1e-9, Number.NaN, 2, 0), [2, 3]))
    expect(await readMask(path)).toEqual({ width: 3, height: 2, data: Uint8Array.of(0, 0, 1, 0, 1, 0) })
    const truths = Buffer.from(formatNpy(new Float32Array(4), [2, 2]))
      .toString('latin1')
      .replace("'<f4'", "'|b1'")
    expect([
      ...(await readMask(write('m.npy', Buffer.from(truths.slice(0, -16) + '\0\x01\x01\0', 'latin1')))).data,
    ]).toEqual([0, 1, 1, 0])
  })

  it('refuses arrays that have not two axes', async () => {
    for (const shape of [[6], [1, 2, 3]]) {
      const path = write('m.npy', formatNpy(new Float32Array(6), shape))
      await expect(readMask(path)).rejects.toMatchObject({ code: 'shape.mismatch' })
    }
  })
})

describe('readMask of JSON', () => {
  const read = (json: unknown): Promise<Bitmap> => readMask(write('mask.json', JSON.stringify(json)))
  const square = bitmap('...', '.##', '.##')

  it('takes counts as text or numbers, rings, and COCO annotations of either kind', async () => {
    const rings = [[1, 1, 3, 1, 3, 3, 1, 3]]
    for (const json of [
      { size: [3, 3], counts: [4, 2, 1, 2] },
      { size: [3, 3], counts: '4210' },
      { size: [3, 3], polygons: rings },
      { id: 7, category_id: 1, bbox: [1, 1, 2, 2], segmentation: { size: [3, 3], counts: [4, 2, 1, 2] } },
      { segmentation: rings, height: 3, width: 3 },
      { segmentation: rings, size: [3, 3] },
      { segmentation: { counts: [4, 2, 1, 2] }, height: 3, width: 3 },
      { size: [3, 3], polygons: [...rings, ...rings] },
    ]) {
      expect(await read(json), JSON.stringify(json)).toEqual(square)
    }
    expect(await read({ size: [3, 3], polygons: [] })).toEqual(bitmap('...', '...', '...'))
  })

  it.each([
    ['json.format', {}],
    ['json.format', []],
    ['json.format', [{ size: [3, 3], counts: [9] }]],
    ['mask.size', { counts: [9] }],
    ['mask.size', { size: [3], counts: [9] }],
    ['mask.size', { size: ['3', 3], counts: [9] }],
    ['mask.size', { size: [3, -3], counts: [9] }],
    ['mask.size', { segmentation: [[0, 0, 1, 0, 1, 1]] }],
    ['image.too-large', { size: [1e6, 1e6], counts: [1e12] }],
    ['rle.counts', { size: [3, 3], counts: [8] }],
    ['rle.counts', { size: [3, 3], counts: [10, -1] }],
    ['rle.counts', { size: [3, 3], counts: [4.5, 4.5] }],
    ['rle.counts', { size: [3, 3], counts: {} }],
    ['rle.counts', { size: [3, 3], counts: '\u0001' }],
    ['polygon.format', { size: [3, 3], polygons: [[0, 0, 1]] }],
    ['polygon.format', { size: [3, 3], polygons: [[0, 0, '1', 1, 2, 2]] }],
    ['polygon.format', { size: [3, 3], polygons: 'none' }],
    ['polygon.format', { size: [3, 3], polygons: [[0, 0, 1e300, 1, 2, 2]] }],
  ])('answers %s to %j', async (code, json) => {
    await expect(read(json)).rejects.toMatchObject({ code })
  })

  it('refuses text that breaks off', async () => {
    await expect(readMask(write('mask.json', '{"size": [3'))).rejects.toMatchObject({ code: 'json.format' })
  })

  it('is quick with very many rings', async () => {
    const polygons = Array.from({ length: 5000 }, (_, i) => [
      i % 100,
      i / 100,
      (i % 100) + 1,
      i / 100,
      i % 100,
      i / 100 + 1,
    ])
    const start = performance.now()
    expect((await read({ size: [100, 100], polygons })).width).toBe(100)
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

describe('readMask of damaged files', () => {
  it.each(['mask.png', 'mask.npy', 'mask.json', 'polygon.json'])(
    'ends with a mask or an AppError: %s',
    async (name) => {
      const path = join(temporaryFolder(), name)
      await writeMask(path, ring, { polygon: name === 'polygon.json' })
      await expectOnlyAppErrors(readFileSync(path), async (bytes) => {
        writeFileSync(path, bytes)
        const mask = await readMask(path)
        expect(mask.data).toHaveLength(mask.width * mask.height)
      })
    },
  )
})

describeWithData('readMask on real data', () => {
  it('reads the mask of the reference numbers', async () => {
    const mask = await readMask(testData('goldens/primitives/resize_mask_in.npy'))
    expect([mask.width, mask.height]).toEqual([500, 333])
    const meta = JSON.parse(readFileSync(testData('goldens/primitives/primitives.json'), 'utf8')) as {
      resize_mask: { share_full: number }
    }
    const share = mask.data.reduce((sum, value) => sum + value, 0) / mask.data.length
    expect(share).toBeCloseTo(meta.resize_mask.share_full, 12)
  })

  it('reads a palette image by its colours', async () => {
    const mask = await readMask(testData('data/datumaro-assets/labelme_dataset/Images/subset1/img1.png'))
    expect(mask.data.reduce((sum, value) => sum + value, 0)).toBe(6970)
  })
})
