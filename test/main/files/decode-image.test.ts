import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeImage, probeImage } from '#main/files/decode-image.ts'
import { readNpy } from '#main/files/npy.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { expectOnlyAppErrors } from './damage.ts'

interface Sample {
  readonly name: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly lossy: boolean
  readonly rgb: string
}

const fixture = join(import.meta.dirname, '../../fixtures/files/images/images.json')
const { files } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly files: readonly Sample[] }
const bytesOf = (name: string): Uint8Array => Buffer.from(files.find((file) => file.name === name)!.file, 'base64')

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!))
  return largest
}

function writeTemporary(name: string, content: Uint8Array | string): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

/** A PNG that says it has this size, with little behind it. */
function pngThatClaims(width: number, height: number): Uint8Array {
  const chunk = (kind: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, sum])
  }
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(64))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

describe('decodeImage', () => {
  it.each(files.map((file) => [file.name, file] as const))('gives Pillow’s pixels: %s', async (_, sample) => {
    const image = await decodeImage(Buffer.from(sample.file, 'base64'))
    expect([image.width, image.height]).toEqual([sample.width, sample.height])
    expect(image.data).toHaveLength(sample.width * sample.height * 3)
    // another build of the JPEG or WebP library may round differently
    expect(largestDifference(image.data, Buffer.from(sample.rgb, 'base64'))).toBeLessThanOrEqual(sample.lossy ? 1 : 0)
  })

  it('hashes the bytes of the file', async () => {
    const bytes = bytesOf('png RGBA')
    const path = writeTemporary('a.png', bytes)
    const expected = createHash('sha256').update(bytes).digest('hex')
    expect((await decodeImage(path)).sha256).toBe(expected)
    expect((await decodeImage(bytes)).sha256).toBe(expected)
  })

  it('goes by the bytes, not by the name', async () => {
    expect((await decodeImage(writeTemporary('photo.jpg', bytesOf('bmp RGB')))).width).toBe(19)
  })

  it('reads a JPEG with stray bytes before its end, as cameras write them', async () => {
    const bytes = bytesOf('jpeg 4:4:4')
    const end = bytes.length - 2
    const stray = Buffer.concat([bytes.subarray(0, end), Buffer.alloc(20), bytes.subarray(end)])
    expect((await decodeImage(stray)).data).toEqual((await decodeImage(bytes)).data)
  })

  it('refuses what claims 50,000 × 50,000 pixels, without allocating them', async () => {
    const before = process.memoryUsage()
    const bmp = Uint8Array.from(bytesOf('bmp RGB'))
    new DataView(bmp.buffer).setInt32(18, 50_000, true)
    new DataView(bmp.buffer).setInt32(22, -50_000, true)
    const gif = Uint8Array.from(bytesOf('gif'))
    new DataView(gif.buffer).setUint32(6, 0xc350_c350, true)
    for (const bytes of [pngThatClaims(50_000, 50_000), bmp, gif]) {
      await expect(decodeImage(bytes, { name: 'big' })).rejects.toMatchObject({
        code: 'image.too-large',
        data: { file: 'big', width: 50_000, height: 50_000 },
      })
    }
    const after = process.memoryUsage()
    expect(after.rss - before.rss).toBeLessThan(200e6)
  })

  it('keeps to a smaller limit where one is given', async () => {
    await expect(decodeImage(bytesOf('gif'), { maxPixels: 100 })).rejects.toMatchObject({ code: 'image.too-large' })
    await expect(decodeImage(bytesOf('gif'), { maxPixels: 19 * 13 })).resolves.toMatchObject({ width: 19 })
  })

  it('calls a file that is cut off broken, and names it', async () => {
    for (const { name, file } of files) {
      if (/two pages|animated/.test(name)) continue // what is cut off there is not the first picture
      const bytes = Buffer.from(file, 'base64')
      const path = writeTemporary('cut', bytes.subarray(0, Math.floor(bytes.length * 0.6)))
      await expect(decodeImage(path), name).rejects.toMatchObject({
        code: 'image.broken',
        message: expect.stringContaining(path) as string,
      })
    }
  })

  it.each([
    ['Just a note.\n', 'text'],
    ['{"a": 1}', 'JSON'],
    ['<!DOCTYPE html><html></html>', 'an HTML page'],
    ['<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'an SVG drawing'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', 'a Git LFS pointer'],
    ['%PDF-1.7\n', 'a PDF document'],
    ['PK\x03\x04rest', 'a ZIP archive'],
    ['', 'an empty file'],
    ['BM, the initials', 'text'],
    [Buffer.from([0, 1, 2, 3, 255, 254]), 'binary data'],
    [Buffer.from('\0\0\0\x18ftypheic', 'latin1'), 'a HEIC image'],
  ])('says what a file named .jpg really looks like: %j', async (content, looks) => {
    const path = writeTemporary('photo.jpg', content)
    await expect(decodeImage(path)).rejects.toMatchObject({
      code: 'image.broken',
      message: expect.stringMatching(new RegExp(`photo\\.jpg.*looks like ${looks}`)) as string,
    })
  })

  it('tells a missing file from a folder', async () => {
    const folder = temporaryFolder()
    await expect(decodeImage(join(folder, 'none.jpg'))).rejects.toMatchObject({ code: 'file.missing' })
    await expect(decodeImage(join(folder, 'none\0.jpg'))).rejects.toMatchObject({ code: 'file.unreadable' })
    await expect(decodeImage(folder)).rejects.toMatchObject({ code: 'file.unreadable' })
  })

  it('ends with pixels or an AppError whatever bytes are cut or flipped', async () => {
    const kinds = [
      'jpeg 4:2:0',
      'jpeg progressive',
      'jpeg CMYK',
      'png palette with transparency',
      'png RGBA 16 bits',
      'webp RGBA',
    ]
    kinds.push(
      'webp lossy',
      'tiff_lzw',
      'tiff CMYK',
      'gif',
      'gif interlaced',
      'bmp 4 bits',
      'bmp 5-6-5',
      'bmp run-length',
      'jpeg orientation 6',
    )
    for (const kind of kinds) {
      await expectOnlyAppErrors(bytesOf(kind), async (bytes) => {
        const image = await decodeImage(bytes, { maxPixels: 4e6 })
        expect(image.data).toHaveLength(image.width * image.height * 3)
      })
    }
  })
})

describe('probeImage', () => {
  it('agrees with decodeImage about the size, after orientation', async () => {
    for (const { name, file } of files) {
      const bytes = Buffer.from(file, 'base64')
      const path = writeTemporary('image', bytes)
      const { width, height, sha256 } = await decodeImage(path)
      expect(await probeImage(path), name).toEqual({ width, height, sizeBytes: bytes.length, sha256 })
    }
  })

  it('tells the size of an image too large to decode', async () => {
    expect(await probeImage(writeTemporary('big.png', pngThatClaims(50_000, 50_000)))).toMatchObject({ width: 50_000 })
  })

  it('names what it cannot read', async () => {
    const path = writeTemporary('photo.jpg', 'text')
    await expect(probeImage(path)).rejects.toMatchObject({ code: 'image.broken' })
    await expect(probeImage(`${path}.png`)).rejects.toMatchObject({ code: 'file.missing' })
  })
})

describe('decodeBmp', () => {
  it('follows a jump in run-length data, bottom-up', async () => {
    const sample = Uint8Array.from(bytesOf('bmp run-length'))
    const at = new DataView(sample.buffer).getUint32(10, true)
    const runs = Uint8Array.of(1, 1, 0, 2, 3, 11, 2, 2, 0, 1) // a pixel, 3 right and 11 up, two pixels, the end
    const file = Uint8Array.of(...sample.subarray(0, at), ...runs)
    const { data } = await decodeImage(file)
    const at4 = 54 // palette: blue, green, red, unused
    const colour = (index: number): number[] => [2, 1, 0].map((c) => sample[at4 + index * 4 + c]!)
    const pixel = (x: number, y: number): number[] => [...data.subarray((y * 19 + x) * 3, (y * 19 + x) * 3 + 3)]
    expect(pixel(0, 12)).toEqual(colour(1))
    expect(pixel(1, 12)).toEqual(colour(0))
    expect([pixel(4, 1), pixel(5, 1), pixel(6, 1)]).toEqual([colour(2), colour(2), colour(0)])
  })

  it('refuses kinds that it does not read', async () => {
    const sample = Uint8Array.from(bytesOf('bmp RGB'))
    sample[28] = 5
    await expect(decodeImage(sample, { name: 'x.bmp' })).rejects.toMatchObject({
      code: 'image.broken',
      message: expect.stringContaining('x.bmp') as string,
    })
  })
})

describeWithData('decodeImage on real photos', () => {
  const photo = 'data/oxford-pets-370/data/sample_images/cats/Siamese_153.jpg'

  it('decodes the photo of the reference numbers to the level', async () => {
    const { data, shape } = await readNpy(testData('goldens/primitives/resize_photo_in.npy'))
    const image = await decodeImage(testData(photo))
    expect([image.height, image.width, 3]).toEqual(shape)
    expect(largestDifference(image.data, data as Uint8Array)).toBe(0)
    expect(await probeImage(testData(photo))).toMatchObject({ width: shape[1], height: shape[0], sha256: image.sha256 })
  })

  it('refuses a photo that is cut anywhere', async () => {
    const bytes = readFileSync(testData(photo))
    for (const share of [0.01, 0.3, 0.5, 0.99]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share))
      await expect(decodeImage(cut)).rejects.toMatchObject({ code: 'image.broken' })
    }
  })
})
