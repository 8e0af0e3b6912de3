import { AppError } from '../contract/errors.ts'
import type { Bitmap } from './bitmap.ts'
import type { PixelRectangle } from './rectangle.ts'

/** Side of a tile, pixels. */
export const tileSide = 64

const bytesPerTile = (tileSide * tileSide) / 8
const headBytes = 4

/** The pixels of one tile that change: XOR of before and after, so that it undoes itself. */
export interface TilePatch {
  /** number of the tile from the left and from the top */
  readonly column: number
  readonly row: number
  /** [64 × 64] bits, row-major, the first pixel of a row in the lowest bit of its byte; 0 outside the mask */
  readonly bits: Uint8Array
}

/**
 * Applies a patch to a mask in place; applied a second time it undoes itself.
 * @param bitmap values 0 and 1
 * @returns the rectangle of the tiles that it touched, cut at the mask's edges; null for no tiles
 */
export function applyTiles({ width, height, data }: Bitmap, tiles: readonly TilePatch[]): PixelRectangle | null {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (const { column, row, bits } of tiles) {
    const [x0, y0] = [column * tileSide, row * tileSide]
    const [x1, y1] = [Math.min(x0 + tileSide, width), Math.min(y0 + tileSide, height)]
    for (let y = y0; y < y1; y++) {
      const from = ((y - y0) * tileSide) / 8
      for (let x = x0; x < x1; x++) {
        const bit = x - x0
        data[y * width + x]! ^= (bits[from + (bit >> 3)]! >> (bit & 7)) & 1
      }
    }
    ;[left, top] = [Math.min(left, x0), Math.min(top, y0)]
    ;[right, bottom] = [Math.max(right, x1), Math.max(bottom, y1)]
  }
  return right > left ? { x: left, y: top, width: right - left, height: bottom - top } : null
}

/**
 * The patch that makes `after` of `before`, both of one size.
 * @param within where they may differ; default: anywhere
 * @returns only tiles with a difference, row by row
 */
export function diffTiles(before: Bitmap, after: Bitmap, within?: PixelRectangle): TilePatch[] {
  const { width, height } = before
  const area = within ?? { x: 0, y: 0, width, height }
  const tiles: TilePatch[] = []
  const last = (start: number, length: number): number => Math.ceil((start + length) / tileSide)
  for (let row = Math.floor(area.y / tileSide); row < last(area.y, area.height); row++) {
    for (let column = Math.floor(area.x / tileSide); column < last(area.x, area.width); column++) {
      const bits = diffTile(before, after, column, row)
      if (bits !== null) tiles.push({ column, row, bits })
    }
  }
  return tiles
}

function diffTile(before: Bitmap, after: Bitmap, column: number, row: number): Uint8Array | null {
  const { width, height } = before
  const [x0, y0] = [column * tileSide, row * tileSide]
  let bits: Uint8Array | null = null
  for (let y = y0; y < Math.min(y0 + tileSide, height); y++) {
    for (let x = x0; x < Math.min(x0 + tileSide, width); x++) {
      const at = y * width + x
      if (before.data[at] === after.data[at]) continue
      bits ??= new Uint8Array(bytesPerTile)
      const bit = (y - y0) * tileSide + (x - x0)
      bits[bit >> 3]! |= 1 << (bit & 7)
    }
  }
  return bits
}

/** Tiles as bytes: for each its column and row (16 bits each, little-endian) and its 512 bytes of bits. */
export function encodeTiles(tiles: readonly TilePatch[]): Uint8Array {
  const bytes = new Uint8Array(tiles.length * (headBytes + bytesPerTile))
  const view = new DataView(bytes.buffer)
  for (const [i, { column, row, bits }] of tiles.entries()) {
    const at = i * (headBytes + bytesPerTile)
    view.setUint16(at, column, true)
    view.setUint16(at + 2, row, true)
    bytes.set(bits, at + headBytes)
  }
  return bytes
}

/**
 * Reads what `encodeTiles` wrote, for a mask of this size.
 * @throws AppError 'mask.tiles' for another length, a tile that is not of the mask, one that comes twice, or bits
 *   outside the mask
 */
export function decodeTiles(bytes: Uint8Array, { width, height }: Pick<Bitmap, 'width' | 'height'>): TilePatch[] {
  const step = headBytes + bytesPerTile
  if (bytes.length % step !== 0) throw badTiles(`${bytes.length} bytes are no whole number of tiles`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seen = new Set<number>()
  return Array.from({ length: bytes.length / step }, (_, i) => {
    const [column, row] = [view.getUint16(i * step, true), view.getUint16(i * step + 2, true)]
    if (column * tileSide >= width || row * tileSide >= height) {
      throw badTiles(`tile ${column}, ${row} lies outside a mask of ${width}×${height} pixels`)
    }
    const place = row * 65_536 + column
    if (seen.has(place)) throw badTiles(`tile ${column}, ${row} comes twice`)
    seen.add(place)
    const bits = bytes.slice(i * step + headBytes, (i + 1) * step)
    requireInside({ column, row, bits }, { width, height })
    return { column, row, bits }
  })
}

function requireInside({ column, row, bits }: TilePatch, { width, height }: Pick<Bitmap, 'width' | 'height'>): void {
  const [columns, rows] = [width - column * tileSide, height - row * tileSide]
  if (columns >= tileSide && rows >= tileSide) return
  for (let bit = 0; bit < tileSide * tileSide; bit++) {
    const isSet = ((bits[bit >> 3]! >> (bit & 7)) & 1) === 1
    if (isSet && (bit % tileSide >= columns || Math.floor(bit / tileSide) >= rows)) {
      throw badTiles(`tile ${column}, ${row} has pixels outside the mask`)
    }
  }
}

function badTiles(message: string): AppError {
  return new AppError('mask.tiles', message, { hint: 'Nothing was changed.' })
}
