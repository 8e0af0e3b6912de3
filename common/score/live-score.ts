import type { DenseMap } from '../explanation/map.ts'
import type { Bitmap } from '../mask/bitmap.ts'
import { sourceRectangle, type GridSize, type PixelRectangle } from '../mask/rectangle.ts'
import { requireCells, type ObalexScore } from './obalex.ts'

/** The part of a score that is shown while painting. */
export type LiveScoreNumbers = Pick<ObalexScore, 'obalex' | 'areaShare' | 'lift'> & {
  readonly reason: NonNullable<ObalexScore['reason']> | null
}

/**
 * ObAlEx of several maps on one grid that follows a mask pixel run by pixel run, in variant `standard`: the mask comes
 * to the grid by area as in `coverMask`, the score is that of `obalexScore`, and only what changed is computed.
 *
 * Areas are counted in whole numbers (a pixel is `grid.width` × `grid.height` units, a cell `source.width` ×
 * `source.height`), so however many strokes come and go, a cell's area is exact and nothing drifts. Shrinking and
 * enlarging follow the same rule.
 */
export class LiveScore {
  readonly #grid: GridSize
  readonly #source: PixelRectangle
  readonly #maps: readonly DenseMap['data'][]
  readonly #totals: readonly number[]
  /** object in each cell, units; below 2⁵³ for any photo a mask can have */
  readonly #areas: Float64Array
  /** the same as a share, float32 as `coverMask` gives it, so that what is shown is what is stored */
  readonly #shares: Float32Array
  /** for each row of cells: Σ a, then Σ a·b of each map */
  readonly #rowSums: Float64Array
  /** the rows of cells that changed since the last scores; none where first > last */
  #firstRow = 0
  #lastRow: number
  #nObject = 0

  /**
   * @param photo size of the masks to come, pixels
   * @param maps explanation maps of one grid, row-major, finite, ≥ 0, any scale
   * @param source the rectangle of the photo that the grid divides evenly; default the whole photo
   * @throws AppError 'shape.mismatch' if the maps differ in size or do not fill it; 'mask.size' as `coverMask`
   */
  constructor(photo: GridSize, grid: GridSize, maps: readonly DenseMap[], source?: PixelRectangle) {
    const { width, height } = grid
    this.#source = sourceRectangle(photo, grid, source)
    this.#grid = { width, height }
    this.#areas = new Float64Array(width * height)
    this.#shares = new Float32Array(width * height)
    for (const map of maps) requireCells({ width, height, mask: this.#shares, map: map.data })
    this.#maps = maps.map(({ data }) => data)
    this.#totals = this.#maps.map(sum)
    this.#rowSums = new Float64Array(height * (maps.length + 1))
    this.#lastRow = height - 1
  }

  /** Starts anew with a mask of the photo's size. */
  reset({ width, data }: Bitmap): void {
    this.#areas.fill(0)
    this.#nObject = 0
    const { x: left, y: top, width: across, height: down } = this.#source
    for (let y = top; y < top + down; y++) {
      const start = y * width + left
      const row = data.subarray(start, start + across)
      for (let at = row.indexOf(1); at >= 0;) {
        const zero = row.indexOf(0, at)
        const end = zero < 0 ? across : zero
        this.changeRun(y, left + at, left + end, true)
        at = zero < 0 ? -1 : row.indexOf(1, end)
      }
    }
    this.#markRows(0, this.#grid.height - 1)
  }

  /**
   * Takes in that the pixels `x0` … `x1` − 1 of row `y` became object, or background; they must all have been the other
   * before. What lies outside the rectangle changes nothing.
   */
  changeRun(y: number, x0: number, x1: number, isObject: boolean): void {
    const { x, y: top, width, height } = this.#source
    const row = y - top
    const from = Math.max(x0 - x, 0)
    const to = Math.min(x1 - x, width)
    if (row < 0 || row >= height || from >= to) return
    this.#nObject += isObject ? to - from : from - to
    const unit = this.#grid.height
    const first = Math.floor((row * unit) / height)
    const last = Math.ceil(((row + 1) * unit) / height) - 1
    for (let cellY = first; cellY <= last; cellY++) {
      const high = Math.min((row + 1) * unit, (cellY + 1) * height) - Math.max(row * unit, cellY * height)
      this.#addRun(cellY * this.#grid.width, from, to, isObject ? high : -high)
    }
    this.#markRows(first, last)
  }

  /** The scores of the maps, in their order, with the mask as it is now. */
  scores(): LiveScoreNumbers[] {
    for (let row = this.#firstRow; row <= this.#lastRow; row++) this.#sumRow(row)
    this.#firstRow = this.#grid.height
    this.#lastRow = -1
    const nCells = this.#grid.width * this.#grid.height
    const area = this.#column(0)
    const areaShare = area / nCells
    return this.#totals.map((total, map) => {
      if (this.#nObject === 0) return { obalex: null, areaShare: 0, lift: null, reason: 'no-mask' }
      if (!(total > 0)) return { obalex: null, areaShare, lift: null, reason: 'no-evidence' }
      const obalex = this.#column(map + 1) / total
      return { obalex, areaShare, lift: obalex / areaShare, reason: null }
    })
  }

  #addRun(rowStart: number, from: number, to: number, high: number): void {
    const { width } = this.#source
    const unit = this.#grid.width
    const [left, right] = [from * unit, to * unit]
    for (let cell = Math.floor(left / width); cell * width < right; cell++) {
      const wide = Math.min(right, (cell + 1) * width) - Math.max(left, cell * width)
      this.#areas[rowStart + cell]! += wide * high
    }
  }

  #markRows(first: number, last: number): void {
    if (first < this.#firstRow) this.#firstRow = first
    if (last > this.#lastRow) this.#lastRow = last
  }

  #sumRow(row: number): void {
    const { width } = this.#grid
    const cellArea = this.#source.width * this.#source.height
    const shares = this.#shares
    const [start, end] = [row * width, (row + 1) * width]
    let area = 0
    for (let i = start; i < end; i++) {
      shares[i] = this.#areas[i]! / cellArea
      area += shares[i]!
    }
    const at = row * (this.#maps.length + 1)
    this.#rowSums[at] = area
    for (let m = 0; m < this.#maps.length; m++) {
      const map = this.#maps[m]!
      let inside = 0
      for (let i = start; i < end; i++) inside += shares[i]! * map[i]!
      this.#rowSums[at + m + 1] = inside
    }
  }

  #column(column: number): number {
    let total = 0
    for (let i = column; i < this.#rowSums.length; i += this.#maps.length + 1) total += this.#rowSums[i]!
    return total
  }
}

function sum(values: DenseMap['data']): number {
  let total = 0
  for (const value of values) total += value
  return total
}
