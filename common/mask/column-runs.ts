import { checkRle, normaliseRle, rleFromChanges, type Rle } from './rle.ts'

/** A mask's runs cut at the columns. */
export interface ColumnRuns {
  /** pairs of first row and row after the last, ascending in a column, never touching; one column after the other */
  readonly bounds: Uint32Array
  /** `bounds` up to `ends[x]` belong to columns ≤ x */
  readonly ends: Uint32Array
}

/**
 * Cuts a code at its columns.
 * @throws AppError 'rle.counts', 'rle.size' as `checkRle`
 */
export function columnRuns(rle: Rle): ColumnRuns {
  checkRle(rle)
  const { width, height, counts } = normaliseRle(rle)
  const bounds = new Uint32Array(counts.length + 1 + 2 * width)
  const ends = new Uint32Array(width)
  let n = 0
  let from = 0
  for (let i = 0; i < counts.length; i++) {
    const to = from + counts[i]!
    for (let x = Math.floor(from / height); i % 2 === 1 && x * height < to; x++) {
      bounds[n++] = Math.max(from - x * height, 0)
      bounds[n++] = Math.min(to - x * height, height)
      ends[x] = n
    }
    from = to
  }
  for (let x = 1; x < width; x++) if (ends[x] === 0) ends[x] = ends[x - 1]!
  return { bounds: bounds.subarray(0, n), ends }
}

/** Joins columns to a code; each is a list of pairs as in `ColumnRuns`. */
export function rleFromColumns(columns: readonly (readonly number[])[], height: number): Rle {
  const nBounds = columns.reduce((sum, runs) => sum + runs.length, 0)
  const changes = new Uint32Array(nBounds)
  let n = 0
  for (const [x, runs] of columns.entries()) {
    for (let i = 0; i < runs.length; i++) {
      const place = x * height + runs[i]!
      // a run that reaches the foot of a column goes on at the head of the next
      if (n > 0 && changes[n - 1] === place) n--
      else changes[n++] = place
    }
  }
  if (n > 0 && changes[n - 1] === columns.length * height) n--
  return rleFromChanges(changes.subarray(0, n), columns.length, height)
}
