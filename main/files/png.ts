import sharp from 'sharp'
import { AppError } from '#common/contract/errors.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { imageBroken, MAX_PIXELS, requirePixels } from './image-error.ts'

/** Pixels of a PNG at its own depth: R, G, B and maybe alpha interleaved, row-major. */
export interface PngPixels {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** 0…255, or 0…65535 in a 16-bit image. */
  readonly values: Uint8Array | Uint16Array
}

/**
 * Reads a PNG without rounding 16 bits to 8, upright; greys and palettes become R, G, B; profiles and gamma are ignored.
 * @param name what errors call the file
 * @throws AppError 'image.broken', 'image.too-large'
 */
export async function readPng(bytes: Uint8Array, name: string): Promise<PngPixels> {
  const image = sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: false, ignoreIcc: true })
  try {
    const { width, height, depth } = await image.metadata()
    requirePixels(name, { width, height }, MAX_PIXELS)
    const isDeep = depth === 'ushort'
    const { data, info } = await image
      .toColourspace(isDeep ? 'rgb16' : 'srgb')
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true })
    // a copy, since 16-bit values must begin at an even place in memory
    const values = isDeep ? new Uint16Array(new Uint8Array(data).buffer) : data
    return { width: info.width, height: info.height, channels: info.channels, values }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw imageBroken(name, `is a damaged PNG image: ${(cause as Error).message.split('\n')[0]!.trim()}`, { cause })
  }
}

/** An image as the bytes of a PNG file: 8-bit RGB, no metadata. */
export async function formatPng({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .png()
    .toBuffer()
}

/** A mask as the bytes of a PNG file: 8-bit grey, 0 = background, 255 = object. */
export async function formatMaskPng({ width, height, data }: Bitmap): Promise<Uint8Array> {
  const grey = data.map((value) => (value === 0 ? 0 : 255))
  return sharp(grey, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .png()
    .toBuffer()
}
