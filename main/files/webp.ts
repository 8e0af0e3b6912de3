import sharp from 'sharp'
import type { PixelWindow } from '#common/image/geometry.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'

/** Where fine structure is judged at 100 %, artefacts must not be taken for it. */
const quality = 85

/** A picture for the screen, or a part of it, as WebP; written quickly rather than as small as can be. */
export async function encodeWebp({ width, height, data }: RgbImage, part?: PixelWindow): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width, height, channels: 3 } })
  if (part) image.extract({ left: part.x, top: part.y, width: part.width, height: part.height })
  return image.webp({ quality, effort: 0 }).toBuffer()
}
