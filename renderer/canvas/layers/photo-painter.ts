import type { GridSize } from '#common/mask/rectangle.ts'
import { fitView, type Viewport } from '../viewport.ts'
import {
  coarsestLevel,
  tileAbove,
  TileCache,
  tileRectangle,
  tilesInSight,
  type Tile,
  type TiledPhoto,
} from './photo-tiles.ts'
import { readTile } from './read-tile.ts'
import { TileLoader } from './tile-loader.ts'

/** Decoded, one takes a megabyte. A large screen shows some fifty; the others are of photos that come next. */
const nKept = 160
const smoothUpTo = 4

/** Which part of a photo a canvas shows. */
export interface PhotoView {
  readonly view: Viewport
  /** device pixels a CSS pixel */
  readonly ratio: number
}

/**
 * The photo by tiles, each drawn once: where one is still on its way, what a coarser one shows of its place. Tiles are
 * decoded beside the page and kept as bitmaps: an image element may be decoded again in the frame that draws it.
 */
export class PhotoPainter {
  readonly #tiles = new TileCache(readTile, nKept)
  readonly #loader: TileLoader
  #photo: TiledPhoto | null = null
  #ratio = 1

  /**
   * @param onLoad is called when a tile came and the photo has to be drawn
   * @param onFail is called when one did not come: the photo may be gone. It is asked for again as long as it is shown.
   */
  constructor(onLoad: () => void, onFail: () => void) {
    const load = ({ level, column, row }: Tile): Promise<void> =>
      this.#tiles.load(this.#photo!.tileUrl(level, column, row), true)
    this.#loader = new TileLoader({ load, came: onLoad, failed: onFail })
  }

  show(photo: TiledPhoto | null): void {
    this.#photo = photo
    this.#loader.want([])
  }

  /** Asks for the tiles that are in sight now. */
  want({ view, ratio }: PhotoView): void {
    this.#ratio = ratio
    if (this.#photo !== null) this.#loadVisible(this.#photo, view)
  }

  /** Draws what is here; what lies around the photo stays as it is. */
  paint(context: CanvasRenderingContext2D, shown: PhotoView): void {
    const photo = this.#photo
    if (photo === null) return
    const { view, ratio } = shown
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.imageSmoothingEnabled = view.scale < smoothUpTo
    for (const tile of tilesInSight(photo, view, ratio)) this.#paintTile(context, { ...shown, photo, tile })
    context.restore()
  }

  /** Gets what a photo shows when it is opened, so that it is there then. @param screen of the canvas, CSS pixels */
  readAhead(photo: TiledPhoto, screen: GridSize): void {
    for (const { level, column, row } of tilesInSight(photo, fitView(screen, photo), this.#ratio)) {
      // whoever opens the photo hears of it
      this.#tiles.load(photo.tileUrl(level, column, row), false).catch(() => undefined)
    }
  }

  dispose(): void {
    this.show(null)
    this.#tiles.dispose()
  }

  #loadVisible(photo: TiledPhoto, view: Viewport): void {
    const isMissing = (tile: Tile): boolean => this.#pictureOf(photo, tile) === undefined
    const missing = tilesInSight(photo, view, this.#ratio).filter(isMissing)
    // the quickest to come, and it covers all
    const whole = { level: coarsestLevel(photo), column: 0, row: 0 }
    this.#loader.want(missing.length > 0 && isMissing(whole) ? [whole, ...missing] : missing)
  }

  #pictureOf(photo: TiledPhoto, { level, column, row }: Tile): ImageBitmap | undefined {
    return this.#tiles.get(photo.tileUrl(level, column, row))
  }

  #paintTile(
    context: CanvasRenderingContext2D,
    { photo, view, ratio, tile }: PhotoView & { readonly photo: TiledPhoto; readonly tile: Tile },
  ): void {
    const shown = tileRectangle(tile, photo)
    // whole device pixels: smoothed edges of neighbours would leave a seam
    const onDevice = (place: number, start: number): number => Math.round((start + place * view.scale) * ratio)
    const [left, top] = [onDevice(shown.x, view.x), onDevice(shown.y, view.y)]
    const right = onDevice(shown.x + shown.width, view.x)
    const bottom = onDevice(shown.y + shown.height, view.y)
    for (let up = 0; tile.level + up <= coarsestLevel(photo); up++) {
      const above = tileAbove(tile, up)
      const picture = this.#pictureOf(photo, above)
      if (picture === undefined) continue
      const whole = tileRectangle(above, photo)
      const [acrossX, acrossY] = [picture.width / whole.width, picture.height / whole.height]
      const from = [(shown.x - whole.x) * acrossX, (shown.y - whole.y) * acrossY] as const
      const size = [shown.width * acrossX, shown.height * acrossY] as const
      context.drawImage(picture, ...from, ...size, left, top, right - left, bottom - top)
      return
    }
  }
}
