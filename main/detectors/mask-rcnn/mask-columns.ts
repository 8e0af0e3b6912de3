import type { PixelSize } from '#common/image/geometry.ts'
import { linearTaps, type LinearTaps } from './linear-taps.ts'

/**
 * The object pixels of a soft mask that is brought to a box, as scikit-image's `resize` (order 1, 0 outside, kept within
 * the mask's own range) and a threshold of .5 give them.
 *
 * Down a column the value is linear between two rows of the mask, so it passes the threshold at most once there: that
 * row is searched by halving instead of computing every pixel of the box, which may be a whole photo.
 * @param mask [side, side], row-major, 0…1; NaN and what lies beside it is background
 * @param box size of the box, pixels, at least 1 × 1
 * @returns for each column of the box its runs: first row, row after the last, ascending
 * @see Matterport Mask_RCNN 3deaec5, `unmold_mask`
 */
export function maskColumns(mask: Float32Array, box: PixelSize): number[][] {
  const side = Math.sqrt(mask.length)
  const rows = linearTaps(side, box.height)
  const columns = linearTaps(side, box.width)
  if (mask.every((value) => value >= 0.5)) {
    // the darkened border is lifted to the mask's smallest value, so all of it is object
    return Array.from({ length: box.width }, () => [0, box.height])
  }
  const bands = bandsOf(rows)
  const valueAt = sampler(mask, rows, columns)
  return Array.from({ length: box.width }, (_, x) => runsDown((y) => valueAt(y, x) >= 0.5, bands))
}

/** Where rows of the box begin that lie between the same two rows of the mask, and the box's height. */
function bandsOf({ lower, lowerWeight }: LinearTaps): number[] {
  const starts: number[] = []
  for (let y = 0; y < lower.length; y++) {
    const isOnBorder = y > 0 && (lowerWeight[y] === 0) !== (lowerWeight[y - 1] === 0)
    if (y === 0 || lower[y] !== lower[y - 1] || isOnBorder) starts.push(y)
  }
  return [...starts, lower.length]
}

/** @param bands as `bandsOf`; in each the test changes at most once */
function runsDown(isObject: (y: number) => boolean, bands: readonly number[]): number[] {
  const changes: number[] = []
  let wasObject = false
  for (let i = 0; i + 1 < bands.length; i++) {
    const first = bands[i]!
    const last = bands[i + 1]! - 1
    const atFirst = isObject(first)
    if (atFirst !== wasObject) changes.push(first)
    wasObject = isObject(last)
    if (wasObject !== atFirst) changes.push(changeBetween(isObject, first, last))
  }
  if (wasObject) changes.push(bands.at(-1)!)
  return changes
}

/** The first row that is as the last one, where the first one is not. */
function changeBetween(isObject: (y: number) => boolean, first: number, last: number): number {
  const atFirst = isObject(first)
  let [before, from] = [first, last]
  while (from - before > 1) {
    const middle = (before + from) >> 1
    if (isObject(middle) === atFirst) before = middle
    else from = middle
  }
  return from
}

/** Gives the value at a pixel of the box: in scipy's order of operations, rounded to float32 as its result is. */
function sampler(mask: Float32Array, rows: LinearTaps, columns: LinearTaps): (y: number, x: number) => number {
  const side = Math.sqrt(mask.length)
  return (y, x) => {
    const top = rows.lower[y]! * side
    const bottom = rows.upper[y]! * side
    const left = columns.lower[x]!
    const right = columns.upper[x]!
    return Math.fround(
      mask[top + left]! * rows.lowerWeight[y]! * columns.lowerWeight[x]! +
        mask[top + right]! * rows.lowerWeight[y]! * columns.upperWeight[x]! +
        mask[bottom + left]! * rows.upperWeight[y]! * columns.lowerWeight[x]! +
        mask[bottom + right]! * rows.upperWeight[y]! * columns.upperWeight[x]!,
    )
  }
}
