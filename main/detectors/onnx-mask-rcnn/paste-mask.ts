import { rleFromColumns } from '#common/mask/column-runs.ts'
import { encodeRle, type Rle } from '#common/mask/rle.ts'
import type { PreparedPhoto } from './dialect.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** A value counts as the object's above this. */
const threshold = 0.5

/**
 * Pastes an object's square mask into its box, as torchvision and maskrcnn-benchmark do: a border of zeros around it, the
 * box grown by as much, bilinear between the middles of cells, then what is above one half.
 * @param mask [side, side], 0…1
 * @param box x1 y1 x2 y2, pixels of the photo
 * @see https://github.com/pytorch/vision/blob/v0.16.0/torchvision/models/detection/roi_heads.py `paste_mask_in_image`
 */
export function pasteMask(mask: Float32Array, box: readonly [number, number, number, number], photo: Size): Rle {
  const side = Math.sqrt(mask.length)
  const padded = side + 2
  const grown = grow(box, padded / side)
  const [left, top, right, bottom] = grown
  const width = Math.max(right - left + 1, 1)
  const height = Math.max(bottom - top + 1, 1)
  const across = cellsOf(padded, width)
  const down = cellsOf(padded, height)
  const at = (row: number, column: number): number => {
    const isInside = row >= 1 && row <= side && column >= 1 && column <= side
    return isInside ? mask[(row - 1) * side + column - 1]! : 0
  }
  const columns = Array.from({ length: photo.width }, (_, x) => {
    const c = across(x - left)
    if (x < left || x > right || c === null) return []
    const bounds: number[] = []
    let isIn = false
    for (let y = Math.max(top, 0); y <= Math.min(bottom, photo.height - 1); y++) {
      const r = down(y - top)!
      const upper = at(r.first, c.first) * (1 - c.share) + at(r.first, c.second) * c.share
      const lower = at(r.second, c.first) * (1 - c.share) + at(r.second, c.second) * c.share
      const isObject = upper * (1 - r.share) + lower * r.share > threshold
      if (isObject !== isIn) bounds.push(y)
      isIn = isObject
    }
    if (isIn) bounds.push(Math.min(bottom, photo.height - 1) + 1)
    return bounds
  })
  return rleFromColumns(columns, photo.height)
}

/** About its middle, cut to whole pixels. */
function grow([x1, y1, x2, y2]: readonly [number, number, number, number], factor: number) {
  const along = (a: number, b: number): [number, number] => {
    const middle = (a + b) / 2
    const half = ((b - a) / 2) * factor
    return [Math.trunc(middle - half), Math.trunc(middle + half)]
  }
  const [[left, right], [top, bottom]] = [along(x1, x2), along(y1, y2)]
  return [left, top, right, bottom] as const
}

/** Which two cells a pixel lies between, and how far from the first to the second; null outside. */
function cellsOf(nCells: number, length: number) {
  return (pixel: number): { first: number; second: number; share: number } | null => {
    if (pixel < 0 || pixel >= length) return null
    const place = Math.max(((pixel + 0.5) * nCells) / length - 0.5, 0)
    const first = Math.min(Math.floor(place), nCells - 1)
    return { first, second: Math.min(first + 1, nCells - 1), share: place - first }
  }
}

/**
 * A mask that a network gives at the size of its input, on the photo: each pixel is that in which its middle lies.
 * @param mask [height, input.width], 0…1
 * @param input its rows' length, and its part that is photo
 */
export function maskOnPhoto(mask: Float32Array, input: Pick<PreparedPhoto, 'width' | 'content'>, photo: Size): Rle {
  const { width, content } = input
  const data = new Uint8Array(photo.width * photo.height)
  const columns = Int32Array.from({ length: photo.width }, (_, x) =>
    Math.floor(((x + 0.5) * content.width) / photo.width),
  )
  for (let y = 0, i = 0; y < photo.height; y++) {
    const row = Math.floor(((y + 0.5) * content.height) / photo.height) * width
    for (let x = 0; x < photo.width; x++, i++) if (mask[row + columns[x]!]! > threshold) data[i] = 1
  }
  return encodeRle({ width: photo.width, height: photo.height, data })
}
