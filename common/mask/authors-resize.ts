import type { Bitmap } from './bitmap.ts'
import { columnRuns, type ColumnRuns } from './column-runs.ts'
import type { MaskGrid } from './coverage.ts'
import { sourceRectangle, type GridSize, type PixelRectangle } from './rectangle.ts'
import { asRle, type Rle } from './rle.ts'

/** For each output cell along one axis: the first and last input pixel (inclusive) that it takes anything from. */
interface Reach {
  readonly first: Int32Array
  readonly last: Int32Array
}

/**
 * The ObAlEx authors' way to bring a mask to the classifier's grid (variant `paper`): scikit-image's
 * `resize(mask, (height, width))` with its defaults, after which everything above 0 is object. It widens the object by
 * about two cells when shrinking, because the anti-aliasing Gaussian reaches four standard deviations.
 *
 * No grey value is needed for it: Gaussian and interpolation only add up products of positive weights (the smallest
 * product about 1e-60, far from underflow), so a cell is above 0 exactly if an object pixel lies within its
 * reach, and the reach of both axes makes a rectangle. The coordinates are computed in the reference's order of
 * operations, because their last bit decides whether a neighbour's weight is 0 or 1e-16.
 * @param mask run-length codes are quickest; a bitmap is encoded first
 * @param source the rectangle that is cropped first; default the whole photo
 * @returns 0 or 1 for each cell
 * @throws AppError 'mask.size' if grid or rectangle are empty or the rectangle leaves the photo; 'rle.counts', 'rle.size'
 * @see scikit-image 0.24 `transform.resize`, scipy 1.13 `ndimage.gaussian_filter` and `ndimage.zoom` (grid_mode)
 */
export function authorsResize(mask: Bitmap | Rle, grid: GridSize, source?: PixelRectangle): MaskGrid {
  const from = sourceRectangle(mask, grid, source)
  const runs = columnRuns(asRle(mask))
  const across = reachOf(from.width, grid.width)
  const down = reachOf(from.height, grid.height)
  const rows = cellsInOrderOf(down.first)
  const columns = cellsInOrderOf(across.last)
  const data = new Float32Array(grid.width * grid.height)
  const lastTouched = new Int32Array(grid.height).fill(-1) // the last pixel column so far that each row of cells reaches
  let next = 0
  for (let x = 0; x < from.width; x++) {
    touchRows(runs, from, x, down, rows, lastTouched)
    for (; next < grid.width && across.last[columns[next]!] === x; next++) {
      const cellX = columns[next]!
      for (let cellY = 0; cellY < grid.height; cellY++) {
        if (lastTouched[cellY]! >= across.first[cellX]!) data[cellY * grid.width + cellX] = 1
      }
    }
  }
  return { width: grid.width, height: grid.height, data }
}

function reachOf(nPixels: number, nCells: number): Reach {
  const first = new Int32Array(nCells)
  const last = new Int32Array(nCells)
  const factor = nPixels / nCells
  const radius = factor > 1 ? Math.floor(4 * ((factor - 1) / 2) + 0.5) : 0
  const end = nPixels - 1
  for (let cell = 0; cell < nCells; cell++) {
    const middle = reflect((cell + 0.5) * factor - 0.5, end)
    const below = Math.floor(middle)
    const weightOfNext = 1 - (1 - (middle - below))
    const low = below - radius
    const high = (weightOfNext > 0 ? below + 1 : below) + radius
    // what a reach has beyond the border comes back from it, and joins the rest without a gap
    first[cell] = Math.max(0, Math.min(low, 2 * end - high))
    last[cell] = Math.min(end, Math.max(high, -low))
  }
  return { first, last }
}

/** Mirrors a coordinate that is at most half a pixel outside at the middle of the border pixel (ndimage's `mirror`). */
function reflect(coordinate: number, end: number): number {
  if (end === 0) return 0
  if (coordinate < 0) return -coordinate
  return coordinate > end ? 2 * end - coordinate : coordinate
}

/** Cells sorted by a bound of their reach; nearly, but at the border not always, their own order. */
function cellsInOrderOf(bound: Int32Array): Uint32Array {
  return Uint32Array.from(bound, (_, cell) => cell).sort((a, b) => bound[a]! - bound[b]!)
}

/** Notes which rows of cells reach an object pixel of the rectangle's column x. */
function touchRows(
  { bounds, ends }: ColumnRuns,
  from: PixelRectangle,
  x: number,
  { first, last }: Reach,
  rows: Uint32Array,
  lastTouched: Int32Array,
): void {
  const column = from.x + x
  const end = ends[column]!
  let i = column === 0 ? 0 : ends[column - 1]!
  for (let k = 0; k < rows.length && i < end; k++) {
    const cellY = rows[k]!
    while (i < end && bounds[i + 1]! - from.y <= first[cellY]!) i += 2
    if (i < end && bounds[i]! - from.y <= last[cellY]!) lastTouched[cellY] = x
  }
}
