import { columnRuns, rleFromColumns } from './column-runs.ts'
import { checkSize, type Rle } from './rle.ts'

/**
 * A mask on another number of pixels: each takes what lies under its middle (nearest neighbour), so edges stay as
 * coarse as they were.
 * @throws AppError 'rle.counts', 'rle.size'
 */
export function scaleRle(rle: Rle, width: number, height: number): Rle {
  checkSize(width, height)
  if (rle.width === width && rle.height === height) return rle
  const { bounds, ends } = columnRuns(rle)
  /** the first row whose middle is not above a row of the mask */
  const rowFrom = (row: number): number => Math.ceil((2 * height * row - rle.height) / (2 * rle.height))
  const columns = Array.from({ length: width }, (_, x) => {
    const column = Math.floor(((2 * x + 1) * rle.width) / (2 * width))
    return [...bounds.subarray(column === 0 ? 0 : ends[column - 1], ends[column])].map(rowFrom)
  })
  // runs that have become empty, or meet, are joined there
  return rleFromColumns(columns, height)
}
