import type { Bitmap } from '#common/mask/bitmap.ts'
import { columnRuns, rleFromColumns } from '#common/mask/column-runs.ts'
import { decodeRle, rleBbox, type Rle } from '#common/mask/rle.ts'
import type { Size } from './defects.ts'

/**
 * The mask of a part of a photo on the whole of it; what lies outside is cut off.
 * @param left of the part's top left pixel, whole pixels, which may be outside
 */
export function placedMask(part: Rle, [left, top]: readonly [left: number, top: number], [width, height]: Size): Rle {
  const { bounds, ends } = columnRuns(part)
  const columns = Array.from({ length: width }, (_, x) => {
    const column = x - left
    if (column < 0 || column >= part.width) return []
    const rows = [...bounds.subarray(column === 0 ? 0 : ends[column - 1], ends[column])]
    const onPhoto = rows.map((row) => Math.min(Math.max(row + top, 0), height))
    // runs above or below the photo have become empty
    return onPhoto.filter((row, i) => row !== onPhoto[i ^ 1])
  })
  return rleFromColumns(columns, height)
}

/** What lies in the mask's own box. */
export function croppedMask(rle: Rle): Bitmap {
  const [left, top, width, height] = rleBbox(rle)
  const whole = decodeRle(rle)
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const from = (top + y) * rle.width + left
    data.set(whole.data.subarray(from, from + width), y * width)
  }
  return { width, height, data }
}
