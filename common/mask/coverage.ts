import type { Bitmap } from './bitmap.ts'
import { columnRuns, type ColumnRuns } from './column-runs.ts'
import { sourceRectangle, type GridSize, type PixelRectangle } from './rectangle.ts'
import { asRle, type Rle } from './rle.ts'

/** A mask on a classifier's input grid: the object's share of each cell, 0…1; row-major [height × width]. */
export interface MaskGrid {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/**
 * Brings a mask to a grid by area: for each cell the share of it that object pixels cover, pixels on a cell's edge
 * counted by the part that lies inside. Shrinking and enlarging follow the same rule; sums are float64, and cells that
 * are wholly object or background are exactly 1 or 0.
 * @param mask run-length codes are quickest; a bitmap is encoded first
 * @param source the rectangle of the photo that the grid divides evenly; default the whole photo
 * @throws AppError 'mask.size' if grid or rectangle are empty or the rectangle leaves the photo; 'rle.counts', 'rle.size'
 */
export function coverMask(mask: Bitmap | Rle, grid: GridSize, source?: PixelRectangle): MaskGrid {
  const from = sourceRectangle(mask, grid, source)
  const runs = columnRuns(asRle(mask))
  const xEdges = edgesOf(from.width, grid.width)
  const yEdges = edgesOf(from.height, grid.height)
  const areas = new Float64Array(grid.width * grid.height) // square pixels, column-major as the runs come
  const column = new Float64Array(grid.height)
  let firstCell = 0
  for (let x = 0; x < from.width; x++) {
    cutColumn(runs, from.x + x, from, yEdges, column)
    while (xEdges[firstCell + 1]! <= x) firstCell++
    for (let cell = firstCell; cell < grid.width && xEdges[cell]! < x + 1; cell++) {
      const width = Math.min(x + 1, xEdges[cell + 1]!) - Math.max(x, xEdges[cell]!)
      addColumn(areas, cell * grid.height, column, width)
    }
  }
  const cellArea = (from.width / grid.width) * (from.height / grid.height)
  const data = new Float32Array(areas.length)
  for (let cell = 0; cell < areas.length; cell++) {
    const y = cell % grid.height
    data[y * grid.width + (cell - y) / grid.height] = areas[cell]! / cellArea
  }
  return { width: grid.width, height: grid.height, data }
}

/**
 * Borders between cells in pixels from the first. An edge inside a pixel is 1 / nCells or more away from the pixel's
 * own edges, so rounding never puts it on the wrong side.
 */
function edgesOf(nPixels: number, nCells: number): Float64Array {
  return Float64Array.from({ length: nCells + 1 }, (_, cell) => (cell * nPixels) / nCells)
}

/** Shares one pixel column out to the cells: the height of object, in pixels, in each. */
function cutColumn(
  { bounds, ends }: ColumnRuns,
  x: number,
  { y: top, height }: PixelRectangle,
  edges: Float64Array,
  column: Float64Array,
): void {
  column.fill(0)
  for (let i = x === 0 ? 0 : ends[x - 1]!; i < ends[x]!; i += 2) {
    const start = Math.max(bounds[i]! - top, 0)
    const end = Math.min(bounds[i + 1]! - top, height)
    if (start >= end) continue
    let cell = Math.floor((start * column.length) / height)
    while (edges[cell]! > start) cell--
    while (edges[cell + 1]! <= start) cell++
    for (; cell < column.length && edges[cell]! < end; cell++) {
      column[cell]! += Math.min(end, edges[cell + 1]!) - Math.max(start, edges[cell]!)
    }
  }
}

function addColumn(areas: Float64Array, start: number, column: Float64Array, weight: number): void {
  for (let cell = 0; cell < column.length; cell++) areas[start + cell]! += weight * column[cell]!
}
