import { AppError } from '../contract/errors.ts'
import type { Bitmap } from './bitmap.ts'

/**
 * Run-length code of a binary mask as COCO defines it: lengths of alternating runs of 0 and 1, starting with 0,
 * along the columns (column-major). Sum of counts = width × height. Only the first run may have length zero in what
 * this program makes; zero-length runs that come from files are understood everywhere and go away in `normaliseRle`.
 */
export interface Rle {
  readonly width: number
  readonly height: number
  readonly counts: Uint32Array
}

/** x, y of the top left pixel, then width and height, in pixels (COCO's `bbox`). */
export type Box = readonly [x: number, y: number, width: number, height: number]

/**
 * Checks that a mask's size can be: whole numbers ≥ 0, and no more pixels than a 32-bit count holds.
 * @throws AppError 'rle.size'
 */
export function checkSize(width: number, height: number): void {
  const isCount = (n: number) => Number.isSafeInteger(n) && n >= 0
  if (isCount(width) && isCount(height) && width * height <= 0xffff_ffff) return
  throw new AppError('rle.size', `a mask cannot be ${width}×${height} pixels`, { data: { width, height } })
}

/**
 * Checks that a code fits its size.
 * @throws AppError 'rle.size' if the size cannot be; 'rle.counts' if the counts do not add up to width × height
 */
export function checkRle({ width, height, counts }: Rle): void {
  checkSize(width, height)
  let sum = 0
  for (const count of counts) sum += count
  if (sum === width * height) return
  throw new AppError('rle.counts', `counts add up to ${sum}, the mask has ${width}×${height} pixels`, {
    hint: 'The mask may belong to another image size.',
    data: { sum, width, height },
  })
}

/** The code of a mask without object pixels. */
export function emptyRle(width: number, height: number): Rle {
  checkSize(width, height)
  return { width, height, counts: Uint32Array.of(width * height) }
}

/**
 * Codes a bitmap (row-major, 0/1), byte-exact with pycocotools' `encode`. A bitmap without pixels gives one count, 0.
 * Time goes with the pixels / 8 plus the number of runs.
 */
export function encodeRle(bitmap: Bitmap): Rle {
  const { width, height } = bitmap
  return rleFromChanges(changesByColumn(bitmap), width, height)
}

/** The code of a mask that may be a code already. */
export function asRle(mask: Bitmap | Rle): Rle {
  return 'counts' in mask ? mask : encodeRle(mask)
}

/**
 * Builds the code from the places where the value changes.
 * @param changes column-major positions x·height + y, strictly ascending, each < width × height
 */
export function rleFromChanges(changes: Uint32Array, width: number, height: number): Rle {
  const counts = new Uint32Array(changes.length + 1)
  let from = 0
  for (let i = 0; i < changes.length; i++) {
    counts[i] = changes[i]! - from
    from = changes[i]!
  }
  counts[changes.length] = width * height - from
  return { width, height, counts }
}

/** Column-major positions, ascending, of the pixels that differ from the one before them in column-major order. */
function changesByColumn(bitmap: Bitmap): Uint32Array {
  const { width, height } = bitmap
  const found = changesByRow(bitmap)
  const next = new Uint32Array(width + 1)
  for (const place of found) next[(place % width) + 1]!++
  for (let x = 0; x < width; x++) next[x + 1]! += next[x]!
  const sorted = new Uint32Array(found.length)
  for (const place of found) {
    const x = place % width
    sorted[next[x]!++] = x * height + (place - x) / width
  }
  return sorted
}

/** One row of pixels, copied to where it can be read one (`bytes`) or eight (`eights`) at a time; filled up with 0. */
interface Row {
  readonly bytes: Uint8Array
  readonly eights: Float64Array
}

function emptyRow(width: number): Row {
  const eights = new Float64Array(Math.ceil(width / 8))
  return { bytes: new Uint8Array(eights.buffer), eights }
}

/**
 * The same pixels as row-major positions. Neighbouring rows are compared eight pixels at a time, since walking down the
 * columns of a row-major bitmap misses the cache at every pixel (12 megapixels: 5 ms instead of 140). Eight 0/1 bytes
 * are never NaN or −0 as a float64, so unequal numbers are unequal pixels.
 */
function changesByRow({ width, height, data }: Bitmap): Uint32Array {
  let found = new Uint32Array(4096 + width)
  let n = 0
  let current = emptyRow(width)
  let above = emptyRow(width)
  const unequal = new Uint32Array(current.eights.length)
  // what comes before the first row is the last row, one column to the left
  if (data.length > 0) above.bytes.set(data.subarray((height - 1) * width, height * width - 1), 1)
  for (let y = 0; y < height; y++) {
    current.bytes.set(data.subarray(y * width, (y + 1) * width))
    const nUnequal = findUnequal(current.eights, above.eights, unequal)
    if (n + width > found.length) found = grow(found, n + width)
    for (let i = 0; i < nUnequal; i++) {
      const first = unequal[i]! * 8
      for (let x = first; x < first + 8; x++) if (current.bytes[x] !== above.bytes[x]) found[n++] = y * width + x
    }
    ;[current, above] = [above, current]
  }
  return found.subarray(0, n)
}

/** Notes where two rows differ; returns how many. On its own because a loop that does only this runs twice as fast. */
function findUnequal(a: Float64Array, b: Float64Array, unequal: Uint32Array): number {
  let n = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) unequal[n++] = i
  return n
}

function grow(list: Uint32Array, atLeast: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(Math.max(atLeast, list.length * 2))
  longer.set(list)
  return longer
}

/**
 * Paints a code into a bitmap (row-major, 0/1).
 * @throws AppError 'rle.counts', 'rle.size' as `checkRle`
 */
export function decodeRle(rle: Rle): Bitmap {
  checkRle(rle)
  const { width, height } = rle
  const { columns, rowEnds } = togglesByRow(rle)
  const data = new Uint8Array(width * height)
  const row = new Uint8Array(width)
  let nSet = 0
  let i = 0
  for (let y = 0; y < height; y++) {
    for (; i < rowEnds[y]!; i++) {
      row[columns[i]!]! ^= 1
      nSet += row[columns[i]!]! === 1 ? 1 : -1
    }
    if (nSet > 0) data.set(row, y * width)
  }
  return { width, height, data }
}

/**
 * Where a row differs from the row above it (the first: from background), grouped by row: `columns` up to
 * `rowEnds[y]` belong to rows ≤ y. So a row costs a block copy and a few flips instead of one step a pixel.
 */
function togglesByRow({ width, height, counts }: Rle): { columns: Uint32Array; rowEnds: Uint32Array } {
  const toggles = new Uint32Array(counts.length + 1 + width)
  const rowEnds = new Uint32Array(height + 1)
  let n = 0
  let end = 0
  for (let i = 0; i < counts.length; i++) {
    const start = end
    end += counts[i]!
    if (i % 2 === 0 || end === start) continue
    let x = Math.floor(start / height)
    toggles[n++] = (start - x * height) * width + x
    for (x++; x * height < end; x++) toggles[n++] = x
    const rowsBelow = x * height - end
    if (rowsBelow > 0) toggles[n++] = (height - rowsBelow) * width + x - 1
  }
  for (let i = 0; i < n; i++) rowEnds[Math.floor(toggles[i]! / width) + 1]!++
  for (let y = 0; y < height; y++) rowEnds[y + 1]! += rowEnds[y]!
  const columns = new Uint32Array(n)
  for (let i = 0; i < n; i++) {
    const y = Math.floor(toggles[i]! / width)
    columns[rowEnds[y]!++] = toggles[i]! - y * width
  }
  return { columns, rowEnds }
}

/** Number of object pixels. */
export function rleArea({ counts }: Rle): number {
  let area = 0
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!
  return area
}

/** Smallest box around the object pixels; [0, 0, 0, 0] where there are none, as pycocotools' `toBbox`. */
export function rleBbox({ width, height, counts }: Rle): Box {
  let [left, right, top, bottom] = [width, -1, height, -1]
  let end = 0
  for (let i = 0; i < counts.length; i++) {
    const start = end
    end += counts[i]!
    if (i % 2 === 0 || end === start) continue
    const firstColumn = Math.floor(start / height)
    const lastColumn = Math.floor((end - 1) / height)
    const isWrapped = lastColumn > firstColumn
    left = Math.min(left, firstColumn)
    right = Math.max(right, lastColumn)
    top = Math.min(top, isWrapped ? 0 : start - firstColumn * height)
    bottom = Math.max(bottom, isWrapped ? height - 1 : end - 1 - lastColumn * height)
  }
  return right < 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1]
}

/** The one code of this mask that pycocotools' `encode` would give: no zero-length runs but the first. */
export function normaliseRle(rle: Rle): Rle {
  const { width, height, counts } = rle
  if (counts.length > 0 && counts.indexOf(0, 1) < 0) return rle
  const merged = new Uint32Array(counts.length + 1)
  let n = 1
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue
    if (i % 2 === n % 2) n++
    merged[n - 1]! += counts[i]!
  }
  return { width, height, counts: merged.slice(0, n) }
}

/** Whether two codes mean the same mask of the same size, however their runs are cut. */
export function sameRle(a: Rle, b: Rle): boolean {
  if (a.width !== b.width || a.height !== b.height) return false
  const [left, right] = [normaliseRle(a).counts, normaliseRle(b).counts]
  return left.length === right.length && left.every((count, i) => count === right[i])
}
