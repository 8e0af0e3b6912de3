import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { maskOf, type Photo } from './dataset.ts'

/** 12 megapixels. */
export const largeSize: GridSize = { width: 4000, height: 3000 }

/** A square of one colour in the middle of a photo, by which it is told from the others. */
export const mark: PixelRectangle = { x: 1850, y: 1350, width: 300, height: 300 }
/** Stripes that only the photo's size, its half and its quarter show: at an eighth they are one grey. */
export const stripes: PixelRectangle = { x: 2400, y: 1400, width: 400, height: 80 }
const stripeWidth = 4

/** RGB of the mark of the photo with a number; the first 60 are at least 40 apart in one channel. */
export function markColour(number: number): readonly [number, number, number] {
  return [20 + 40 * (number % 6), 20 + 40 * (Math.floor(number / 6) % 6), 60 + 120 * (Math.floor(number / 36) % 2)]
}

/**
 * Writes photos of 12 megapixels as JPEG, the same on every run: textured (a plain one would be decoded and encoded far
 * too quickly), each with its mark and with the stripes. All have the same object, a disc with a frayed edge, of which an
 * outline has some thousand runs.
 */
export async function writeLargePhotos(folder: string, count: number): Promise<Photo[]> {
  const { width, height } = largeSize
  const mask = maskOf(width, height, isInBlob)
  const texture = paintTexture()
  paint(texture, stripes, (x) => (Math.floor(x / stripeWidth) % 2 === 0 ? [0, 0, 0] : [255, 255, 255]))
  const photos: Photo[] = []
  for (let number = 0; number < count; number++) {
    const file = `cats/${String(number).padStart(3, '0')}.jpg`
    const path = `${folder}/${file}`
    await mkdir(dirname(path), { recursive: true })
    paint(texture, mark, () => markColour(number))
    await sharp(texture, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 92 })
      .toFile(path)
    photos.push({ file, path, label: 'cat', width, height, mask, outline: null })
  }
  return photos
}

function paintTexture(): Buffer {
  const { width, height } = largeSize
  const data = Buffer.alloc(width * height * 3)
  let grain = 1
  for (let i = 0; i < width * height; i++) {
    grain = (Math.imul(grain, 1_103_515_245) + 12_345) & 0x7fff_ffff
    const light = 128 + 60 * Math.sin((i % width) / 37) * Math.cos(Math.floor(i / width) / 23) + ((grain >> 16) & 31)
    data[i * 3] = light
    data[i * 3 + 1] = light * 0.8
    data[i * 3 + 2] = 255 - light
  }
  return data
}

function paint(rgb: Buffer, { x, y, width, height }: PixelRectangle, colourAt: (x: number) => readonly number[]): void {
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) {
      for (let c = 0; c < 3; c++) rgb[(row * largeSize.width + column) * 3 + c] = colourAt(column)[c]!
    }
  }
}

function isInBlob(x: number, y: number): boolean {
  const angle = Math.atan2(y - 1500, x - 2000)
  return Math.hypot(x - 2000, y - 1500) < 900 + 60 * Math.sin(40 * angle) + 30 * Math.sin(170 * angle)
}
