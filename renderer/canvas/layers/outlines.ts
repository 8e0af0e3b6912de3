import type { Bitmap } from '#common/mask/bitmap.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { cutRectangle } from '../rectangle.ts'
import { traceContours, type ContourOptions, type Contours } from './contour.ts'

/** Corners a tile has each way: a stroke traces only the tiles it touches again. */
const tileCorners = 64

/** A line that is drawn or left out as a whole. */
export interface OutlinePiece {
  readonly path: Path2D
  /** image pixels */
  readonly box: PixelRectangle
  /** length of the outline before it, image pixels, so that dashes go on */
  readonly offset: number
}

/** The outline of a mask that changes: traced by tiles, each when it is first seen and after it changed. */
export class TiledOutline {
  readonly #mask: Bitmap
  /** by level, and by whether the pixels' edges are followed: going back to a zoom costs nothing */
  readonly #traced = new Map<string, { readonly options: ContourOptions; readonly tiles: Map<number, Path2D | null> }>()

  constructor(mask: Bitmap) {
    this.#mask = mask
  }

  /** Forgets what was traced of a part, image pixels. */
  invalidate({ x, y, width, height }: PixelRectangle): void {
    for (const { options, tiles } of this.#traced.values()) {
      const side = tileCorners * 2 ** options.level
      // a pixel touches the corners on all its sides
      for (let row = Math.floor(y / side); row * side <= y + height; row++) {
        for (let column = Math.floor(x / side); column * side <= x + width; column++) {
          tiles.delete(row * 65_536 + column)
        }
      }
    }
  }

  /** The lines in a part, as one path so that they do not darken where they meet. */
  path({ x, y, width, height }: PixelRectangle, options: ContourOptions): Path2D {
    const key = keyOf(options)
    const { tiles } = this.#traced.get(key) ?? { tiles: new Map<number, Path2D | null>() }
    this.#traced.set(key, { options, tiles })
    const all = new Path2D()
    const side = tileCorners * 2 ** options.level
    for (let row = Math.floor(y / side); row * side <= y + height; row++) {
      for (let column = Math.floor(x / side); column * side <= x + width; column++) {
        const place = row * 65_536 + column
        let tile = tiles.get(place)
        if (tile === undefined) tiles.set(place, (tile = this.#trace(column, row, options)))
        if (tile !== null) all.addPath(tile)
      }
    }
    return all
  }

  #trace(column: number, row: number, options: ContourOptions): Path2D | null {
    const corners = { x: column * tileCorners, y: row * tileCorners, width: tileCorners, height: tileCorners }
    const contours = traceContours(this.#mask, corners, options)
    return contours.ends.length > 0 ? pathOf(contours) : null
  }
}

/** The outline of a mask that stays: traced as a whole, so that dashes run through, and cut into pieces. */
export class DashedOutline {
  readonly #mask: Bitmap
  readonly #rows: PixelRectangle | null
  readonly #traced = new Map<string, readonly OutlinePiece[]>()

  constructor(mask: Bitmap) {
    this.#mask = mask
    this.#rows = objectRows(mask)
  }

  /** The pieces that a part may show. */
  pieces(part: PixelRectangle, options: ContourOptions): OutlinePiece[] {
    const key = keyOf(options)
    const pieces = this.#traced.get(key) ?? this.#trace(options)
    this.#traced.set(key, pieces)
    return pieces.filter(({ box }) => cutRectangle(box, part) !== null)
  }

  #trace(options: ContourOptions): OutlinePiece[] {
    if (this.#rows === null) return []
    const step = 2 ** options.level
    const first = Math.floor(this.#rows.y / step)
    const last = Math.ceil((this.#rows.y + this.#rows.height) / step)
    const width = Math.ceil(this.#mask.width / step) + 1
    const corners = { x: 0, y: first, width, height: last - first + 1 }
    return piecesOf(traceContours(this.#mask, corners, options), options.level)
  }
}

function keyOf({ level, isExact }: ContourOptions): string {
  return `${level} ${isExact}`
}

function objectRows({ width, height, data }: GridSize & { readonly data: Uint8Array }): PixelRectangle | null {
  const first = data.indexOf(1)
  if (first < 0) return null
  const y = Math.floor(first / width)
  return { x: 0, y, width, height: Math.min(Math.floor(data.lastIndexOf(1) / width) + 1, height) - y }
}

function pathOf({ points, ends }: Contours): Path2D {
  const path = new Path2D()
  let from = 0
  for (const end of ends) {
    path.moveTo(points[2 * from]!, points[2 * from + 1]!)
    for (let i = from + 1; i < end; i++) path.lineTo(points[2 * i]!, points[2 * i + 1]!)
    from = end
  }
  return path
}

/** Cuts lines into pieces of some length; a canvas dashes a path from its start, however little of it is in sight. */
function piecesOf({ points, ends }: Contours, level: number): OutlinePiece[] {
  const longest = 96 * 2 ** level
  const pieces: OutlinePiece[] = []
  let from = 0
  for (const end of ends) {
    let offset = 0
    for (let i = from; i < end - 1;) {
      const piece = takePiece(points, { from: i, end, longest })
      pieces.push({ path: piece.path, box: piece.box, offset })
      offset += piece.length
      i = piece.next
    }
    from = end
  }
  return pieces
}

function takePiece(
  points: Float32Array,
  { from, end, longest }: { readonly from: number; readonly end: number; readonly longest: number },
): { path: Path2D; box: PixelRectangle; length: number; next: number } {
  const path = new Path2D()
  let [x, y] = [points[2 * from]!, points[2 * from + 1]!]
  let [left, top, right, bottom] = [x, y, x, y]
  path.moveTo(x, y)
  let length = 0
  let next = from
  while (next < end - 1 && length < longest) {
    next++
    const [toX, toY] = [points[2 * next]!, points[2 * next + 1]!]
    length += Math.hypot(toX - x, toY - y)
    ;[x, y] = [toX, toY]
    path.lineTo(x, y)
    ;[left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)]
  }
  // a straight line has no area, and must be found all the same
  const box = { x: left - 0.5, y: top - 0.5, width: right - left + 1, height: bottom - top + 1 }
  return { path, box, length, next }
}
