import { AppError } from '#common/contract/errors.ts'
import { masksByValue } from '#common/mask/masks-by-value.ts'
import { encodeRle, rleArea, type Rle } from '#common/mask/rle.ts'
import type { IndexedPixels } from '#main/files/index-png.ts'
import { maxObjectsOfPicture } from '../read-picture.ts'

const background = 0

/**
 * The one object of a picture: all pixels that are not background and not fully transparent; where only the transparency
 * differs, those that are not fully transparent. Black is background; in a palette whose pixels have no black, its first
 * colour is.
 * @returns the mask; null where no pixel is the object's
 */
export function objectIn(pixels: IndexedPixels): Rle | null {
  const { width, height } = pixels
  const values = foreground(pixels)
  const data = new Uint8Array(values.length)
  for (let i = 0; i < data.length; i++) data[i] = values[i] === background ? 0 : 1
  const rle = encodeRle({ width, height, data })
  return rleArea(rle) > 0 ? rle : null
}

/**
 * The objects of a picture: one a number (place in a palette, grey, colour), in the order of the numbers. Greys that are
 * mostly white have soft edges and are one object, see `objectIn`.
 * @returns the masks, or why there are too many of them
 */
export function objectsIn(pixels: IndexedPixels): readonly Rle[] | string {
  if (isSoft(pixels)) {
    const one = objectIn(pixels)
    return one === null ? [] : [one]
  }
  const { width, height } = pixels
  try {
    const values = foreground(pixels)
    return [...masksByValue({ width, height, values }, (value) => value !== background, maxObjectsOfPicture).values()]
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

/** The pixels' numbers, 0 where there is no object. */
function foreground({ values, alphas, palette }: IndexedPixels): Uint32Array {
  if (alphas?.includes(0) === true && values.every((value) => value === values[0])) {
    return Uint32Array.from(alphas, (alpha) => (alpha === 0 ? background : 1))
  }
  const seen = palette === null ? values : byColour(values, palette)
  return alphas === null ? seen : seen.map((value, i) => (alphas[i] === 0 ? background : value))
}

/** Numbers of a palette, counted from 1 where the first place may be an object's. */
function byColour(values: Uint32Array, palette: readonly number[]): Uint32Array {
  const black = 0
  const hasBlack = values.some((value) => palette[value] === black)
  return hasBlack ? values.map((value) => (palette[value] === black ? background : value + 1)) : values
}

/** Whether at least half of what is not black is white, and there are greys. */
function isSoft({ kind, values }: IndexedPixels): boolean {
  if (kind === 'palette') return false
  const levelOf = (value: number): number => (kind === 'grey' ? value : value & 255)
  if (kind === 'colour' && values.some((value) => value !== levelOf(value) * 0x010101)) return false
  const white = values.some((value) => levelOf(value) > 255) ? 65535 : 255
  let [nWhite, nGrey] = [0, 0]
  for (const value of values) {
    const level = levelOf(value)
    if (level === white) nWhite++
    else if (level > 0) nGrey++
  }
  return nGrey > 0 && nWhite >= nGrey
}
