import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { visiblePixels, type Viewport } from '../viewport.ts'

/** What of an image its tiles need. */
export interface TiledPhoto extends GridSize {
  /** address of a tile, see `image.tile` in the contract */
  tileUrl(level: number, column: number, row: number): string
}

/** A square of a photo: `tileSide` pixels of the photo at 1/2^level of its size. */
export interface Tile {
  readonly level: number
  readonly column: number
  readonly row: number
}

export const tileSide = 512

/** The level at which the photo is one tile. */
export function coarsestLevel({ width, height }: GridSize): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / tileSide)))
}

/** The tiles that a view shows, at the level that has a pixel for each of the screen's. @param ratio device pixels a CSS pixel */
export function tilesInSight(photo: GridSize, view: Viewport, ratio: number): Tile[] {
  const visible = visiblePixels(view, photo)
  if (visible === null) return []
  const level = Math.min(Math.max(Math.floor(Math.log2(1 / (view.scale * ratio))), 0), coarsestLevel(photo))
  const side = tileSide * 2 ** level
  const tiles: Tile[] = []
  for (let row = Math.floor(visible.y / side); row * side < visible.y + visible.height; row++) {
    for (let column = Math.floor(visible.x / side); column * side < visible.x + visible.width; column++) {
      tiles.push({ level, column, row })
    }
  }
  return tiles
}

/** The tile of a level above that covers a tile. @param up levels */
export function tileAbove({ level, column, row }: Tile, up: number): Tile {
  return { level: level + up, column: column >> up, row: row >> up }
}

/** What a tile shows, photo pixels; the last column and row reach to the photo's edge, however their level was rounded. */
export function tileRectangle({ level, column, row }: Tile, photo: GridSize): PixelRectangle {
  const side = tileSide * 2 ** level
  const [x, y] = [column * side, row * side]
  return { x, y, width: Math.min(side, photo.width - x), height: Math.min(side, photo.height - y) }
}

/** A decoded picture that has to be given back. */
interface Picture {
  close(): void
}

/** Decoded tiles by their addresses, those of photos that are shown next too: as many as fit, the last used ones. */
export class TileCache<P extends Picture> {
  readonly #read: (url: string, isUrgent: boolean) => Promise<P>
  readonly #limit: number
  /** the one used longest ago first */
  readonly #pictures = new Map<string, P>()
  readonly #loading = new Map<string, Promise<void>>()
  #isDisposed = false

  /** @param limit most pictures that are kept */
  constructor(read: (url: string, isUrgent: boolean) => Promise<P>, limit: number) {
    this.#read = read
    this.#limit = limit
  }

  /** The picture, where it is here. */
  get(url: string): P | undefined {
    const picture = this.#pictures.get(url)
    if (picture === undefined) return undefined
    this.#pictures.delete(url)
    this.#pictures.set(url, picture)
    return picture
  }

  /** Resolves when the picture is here; a failed reading rejects, and the next call tries again. */
  load(url: string, isUrgent: boolean): Promise<void> {
    if (this.get(url) !== undefined) return Promise.resolve()
    const underWay = this.#loading.get(url)
    if (underWay !== undefined) return underWay
    const loading = this.#read(url, isUrgent)
      .then((picture) => this.#keep(url, picture))
      .finally(() => this.#loading.delete(url))
    this.#loading.set(url, loading)
    return loading
  }

  dispose(): void {
    this.#isDisposed = true
    for (const picture of this.#pictures.values()) picture.close()
    this.#pictures.clear()
  }

  #keep(url: string, picture: P): void {
    if (this.#isDisposed) {
      picture.close()
      return
    }
    this.#pictures.set(url, picture)
    for (const [oldest, dropped] of this.#pictures) {
      if (this.#pictures.size <= this.#limit) return
      this.#pictures.delete(oldest)
      dropped.close()
    }
  }
}
