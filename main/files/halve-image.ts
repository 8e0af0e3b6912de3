import sharp from 'sharp'
import type { RgbImage } from '#common/image/rgb-image.ts'

/**
 * An image at half its size, beside the event loop. Pixel (x, y) lies exactly over (2x, 2y) … (2x + 1, 2y + 1); at an
 * odd right or bottom edge the last column or row counts twice.
 * @returns ⌈width / 2⌉ × ⌈height / 2⌉
 */
export async function halveImage(image: RgbImage): Promise<RgbImage> {
  const { width, height, data } = await extendToEven(image)
  const half = { width: width / 2, height: height / 2 }
  const resized = sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...half, fit: 'fill', kernel: 'linear' })
    .raw()
  return { ...half, data: await resized.toBuffer() }
}

async function extendToEven({ width, height, data }: RgbImage): Promise<RgbImage> {
  const [right, bottom] = [width % 2, height % 2]
  if (right + bottom === 0) return { width, height, data }
  const extended = sharp(data, { raw: { width, height, channels: 3 } })
    .extend({ right, bottom, extendWith: 'copy' })
    .raw()
  return { width: width + right, height: height + bottom, data: await extended.toBuffer() }
}
