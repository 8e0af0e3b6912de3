import type { Bitmap } from '#common/mask/bitmap.ts'
import { countStroke } from '#common/mask/stroke-journal.ts'
import { tileSide, type TilePatch } from '#common/mask/tile-patch.ts'

/** A finished stroke: which pixels changed, and how many of them became object and background. */
export interface RecordedStroke {
  readonly tiles: readonly TilePatch[]
  readonly added: number
  readonly removed: number
}

interface OpenTile extends TilePatch {
  readonly bits: Uint8Array<ArrayBuffer>
}

/** Notes which pixels of a mask flip while a stroke is open, tile by tile; a pixel that flips twice has not changed. */
export class StrokeRecord {
  readonly #tiles = new Map<number, OpenTile>()

  /** The pixels x0 … x1 − 1 of row y flip. */
  flip(y: number, x0: number, x1: number): void {
    const row = Math.floor(y / tileSide)
    for (let x = x0; x < x1;) {
      const column = Math.floor(x / tileSide)
      const end = Math.min(x1, (column + 1) * tileSide)
      const { bits } = this.#tileAt(column, row)
      const first = (y - row * tileSide) * tileSide - column * tileSide
      for (; x < end; x++) bits[(first + x) >> 3]! ^= 1 << (x & 7)
    }
  }

  /** What changed, the tiles row by row; null where nothing did. @param after the mask as it is now */
  finish(after: Bitmap): RecordedStroke | null {
    const tiles = [...this.#tiles.values()]
      .filter(({ bits }) => bits.some((byte) => byte !== 0))
      .sort((a, b) => a.row - b.row || a.column - b.column)
    if (tiles.length === 0) return null
    // seen from the mask after the stroke, the same patch takes back: what it removes there was added
    const { added: removed, removed: added } = countStroke(after, tiles)
    return { tiles, added, removed }
  }

  #tileAt(column: number, row: number): OpenTile {
    const place = row * 65_536 + column
    let tile = this.#tiles.get(place)
    if (tile === undefined) {
      tile = { column, row, bits: new Uint8Array((tileSide * tileSide) / 8) }
      this.#tiles.set(place, tile)
    }
    return tile
  }
}
