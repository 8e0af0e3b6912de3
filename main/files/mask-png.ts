import type { Bitmap } from '#common/mask/bitmap.ts'
import { readPng } from './png.ts'

/**
 * Reads a PNG as a mask. A pixel is object where its colour is not black (of palette images the colour counts, not the
 * index; of 16-bit ones both bytes) and it is not fully transparent. A picture that is black all over but not
 * everywhere alike in its alpha is a silhouette: there alpha decides alone.
 * @param name what errors call the file
 * @throws AppError 'image.broken', 'image.too-large'
 */
export async function readMaskPng(bytes: Uint8Array, name: string): Promise<Bitmap> {
  const { width, height, channels, values } = await readPng(bytes, name)
  const hasAlpha = channels === 4
  const nColours = 3
  const data = new Uint8Array(width * height)
  const alphas = new Uint8Array(hasAlpha ? width * height : 0)
  let isBlack = true
  for (let i = 0; i < data.length; i++) {
    let isColoured = 0
    for (let c = 0; c < nColours; c++) if (values[i * channels + c] !== 0) isColoured = 1
    if (isColoured === 1) isBlack = false
    if (hasAlpha) alphas[i] = values[i * channels + nColours] === 0 ? 0 : 1
    data[i] = hasAlpha ? isColoured & alphas[i]! : isColoured
  }
  const isSilhouette = hasAlpha && isBlack && alphas.includes(0) && alphas.includes(1)
  return { width, height, data: isSilhouette ? alphas : data }
}
