import { mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '#main/files/decode-image.ts'
import { codeOf, folderIn, newProject, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

interface Setting {
  readonly project: number
  readonly path: string
}

/** A project with one photo: a smooth picture of that size, in a file of that kind. */
async function withPhoto(
  file: string,
  { width, height }: { readonly width: number; readonly height: number },
  encode: (image: Sharp) => Sharp,
): Promise<Setting> {
  const folder = folderIn(root)
  const path = join(folder, 'cats', file)
  mkdirSync(join(folder, 'cats'))
  const data = Buffer.alloc(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    data.set([(255 * x) / width, (255 * y) / height, 128 + 100 * Math.sin(x / 40) * Math.cos(y / 50)], i * 3)
  }
  writeFileSync(path, await encode(sharp(data, { raw: { width, height, channels: 3 } })).toBuffer())
  const project = await newProject(client, join(folder, 'p.obalex'))
  await client['dataset.import']({ project, format: 'folder', images: folder })
  return { project, path }
}

interface Pixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

async function decode({ bytes, type }: { readonly bytes: Uint8Array; readonly type: string }): Promise<Pixels> {
  expect(type).toBe('image/webp')
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

/** Mean difference of two pictures of one size, 0 … 255. */
function distance(a: Pixels, b: Pixels): number {
  expect([a.width, a.height]).toEqual([b.width, b.height])
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length
}

function cut({ width, data }: Pixels, window: { x: number; y: number; width: number; height: number }): Pixels {
  const part = new Uint8Array(window.width * window.height * 3)
  for (let y = 0; y < window.height; y++) {
    const from = ((window.y + y) * width + window.x) * 3
    part.set(data.subarray(from, from + window.width * 3), y * window.width * 3)
  }
  return { width: window.width, height: window.height, data: part }
}

/** WebP at this quality is off by about one step on a smooth picture. */
const close = 3

describe('image.tile', () => {
  it('gives the photo in squares, at the edges what is left, and halves it from level to level', async () => {
    const { project, path } = await withPhoto('a.jpg', { width: 1101, height: 603 }, (image) => image.jpeg())
    const photo = await decodeImage(path)
    const tile = (level: number, column: number, row: number): Promise<Pixels> =>
      client['image.tile']({ project, image: 1, level, column, row }).then(decode)
    expect(distance(await tile(0, 0, 0), cut(photo, { x: 0, y: 0, width: 512, height: 512 }))).toBeLessThan(close)
    expect(distance(await tile(0, 2, 1), cut(photo, { x: 1024, y: 512, width: 77, height: 91 }))).toBeLessThan(close)
    const half = await tile(1, 0, 0)
    expect([half.width, half.height]).toEqual([512, 302])
    const area = await sharp(photo.data, { raw: { width: 1101, height: 603, channels: 3 } })
      .extract({ left: 0, top: 0, width: 1024, height: 602 })
      .resize(512, 301, { kernel: 'nearest' })
      .raw()
      .toBuffer()
    const expected = { width: 512, height: 301, data: area }
    expect(distance(cut(half, { x: 0, y: 0, width: 512, height: 301 }), expected)).toBeLessThan(close)
    const smallest = await tile(16, 0, 0)
    expect([smallest.width, smallest.height]).toEqual([1, 1])
  })

  it('refuses a square that the photo does not have', async () => {
    const { project } = await withPhoto('a.png', { width: 512, height: 512 }, (image) => image.png())
    const code = (level: number, column: number, row: number): Promise<string> =>
      codeOf(client['image.tile']({ project, image: 1, level, column, row }))
    expect(await code(0, 1, 0)).toBe('request.invalid')
    expect(await code(0, 0, 1)).toBe('request.invalid')
    expect(await code(1, 0, 1)).toBe('request.invalid')
    expect(await code(17, 0, 0)).toBe('request.invalid')
    expect(await codeOf(client['image.tile']({ project, image: 2, level: 0, column: 0, row: 0 }))).toBe(
      'record.missing',
    )
  })

  it('is upright, however the camera was held', async () => {
    const { project, path } = await withPhoto('a.jpg', { width: 300, height: 200 }, (image) =>
      image.withMetadata({ orientation: 6 }).jpeg(),
    )
    const tile = await decode(await client['image.tile']({ project, image: 1, level: 0, column: 0, row: 0 }))
    expect([tile.width, tile.height]).toEqual([200, 300])
    expect(distance(tile, await decodeImage(path))).toBeLessThan(close)
  })
})

describe('image.thumbnail', () => {
  it('is as long as asked for, upright, and shows the photo', async () => {
    const { project, path } = await withPhoto('a.jpg', { width: 900, height: 600 }, (image) =>
      image.withMetadata({ orientation: 8 }).jpeg(),
    )
    const small = await decode(await client['image.thumbnail']({ project, image: 1, side: 150 }))
    const { width, height, data } = await decodeImage(path)
    const expected = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(100, 150)
      .raw()
      .toBuffer()
    expect(distance(small, { width: 100, height: 150, data: expected })).toBeLessThan(close)
  })

  it('does not blow up a small photo', async () => {
    const { project } = await withPhoto('a.png', { width: 40, height: 30 }, (image) => image.png())
    const small = await decode(await client['image.thumbnail']({ project, image: 1, side: 1024 }))
    expect([small.width, small.height]).toEqual([40, 30])
  })

  it.each([
    ['a GIF', 'a.gif', (image: Sharp) => image.gif()],
    ['a photo for print', 'a.jpg', (image: Sharp) => image.toColourspace('cmyk').jpeg()],
    ['a WebP with transparency', 'a.webp', (image: Sharp) => image.ensureAlpha(0.5).webp()],
  ])('shows %s as it is decoded for computing', async (_, file, encode) => {
    const { project, path } = await withPhoto(file, { width: 60, height: 40 }, encode)
    const small = await decode(await client['image.thumbnail']({ project, image: 1, side: 60 }))
    expect(distance(small, await decodeImage(path))).toBeLessThan(6)
  })
})

describe('a photo that is not what was imported', () => {
  it('is refused, also where it was shown before', async () => {
    const { project, path } = await withPhoto('a.jpg', { width: 600, height: 400 }, (image) => image.jpeg())
    const tile = (): Promise<unknown> => client['image.tile']({ project, image: 1, level: 0, column: 0, row: 0 })
    const thumbnail = (): Promise<unknown> => client['image.thumbnail']({ project, image: 1, side: 100 })
    await Promise.all([tile(), thumbnail()])
    const other = sharp({ create: { width: 600, height: 400, channels: 3, background: 'red' } })
    writeFileSync(path, await other.jpeg().toBuffer())
    expect(await codeOf(tile())).toBe('image.changed')
    expect(await codeOf(thumbnail())).toBe('image.changed')
    await rm(path)
    expect(await codeOf(tile())).toBe('file.missing')
    expect(await codeOf(thumbnail())).toBe('file.missing')
  })
})
