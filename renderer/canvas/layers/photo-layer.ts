import Konva from 'konva'
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

/** Decoded, one takes a megabyte. A large screen shows some fifty; the others are of photos that come next. */
const nKept = 160
const smoothUpTo = 4

/**
 * The photo by tiles, each drawn once: where one is still on its way, what a coarser one shows of its place. Tiles are
 * decoded beside the page and kept as bitmaps: an image element may be decoded again in the frame that draws it.
 */
export class PhotoLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #onLoad: () => void
  readonly #onFail: () => void
  readonly #tiles = new TileCache(readTile, nKept)
  #photo: TiledPhoto | null = null
  #view: Viewport | null = null
  #ratio = 1

  /**
   * @param onLoad is called when a tile came and the layer has to be drawn
   * @param onFail is called when one did not come: the photo may be gone
   */
  constructor(onLoad: () => void, onFail: () => void) {
    this.#onLoad = onLoad
    this.#onFail = onFail
    this.layer.add(new Konva.Shape({ sceneFunc: (context) => this.#paint(context._context) }))
  }

  show(photo: TiledPhoto | null): void {
    this.#photo = photo
  }

  /** Moves the photo, asks for the tiles that are in sight now, and draws. @param ratio device pixels a CSS pixel */
  draw(view: Viewport, ratio: number): void {
    this.#view = view
    this.#ratio = ratio
    if (this.#photo !== null) this.#loadVisible(this.#photo, view)
    this.layer.draw()
  }

  /** Gets what a photo shows when it is opened, so that it is there then. @param screen of the canvas, CSS pixels */
  readAhead(photo: TiledPhoto, screen: GridSize): void {
    for (const { level, column, row } of tilesInSight(photo, fitView(screen, photo), this.#ratio)) {
      // whoever opens the photo hears of it
      this.#tiles.load(photo.tileUrl(level, column, row), false).catch(() => undefined)
    }
  }

  dispose(): void {
    this.#photo = null
    this.#tiles.dispose()
  }

  #loadVisible(photo: TiledPhoto, view: Viewport): void {
    const missing = tilesInSight(photo, view, this.#ratio).filter((tile) => this.#pictureOf(photo, tile) === undefined)
    if (missing.length === 0) return
    // the quickest to come, and it covers all
    const whole = { level: coarsestLevel(photo), column: 0, row: 0 }
    for (const tile of this.#pictureOf(photo, whole) === undefined ? [whole, ...missing] : missing) {
      this.#tiles.load(photo.tileUrl(tile.level, tile.column, tile.row), true).then(
        () => this.#photo === photo && this.#onLoad(),
        // it is asked for again with the next frame that shows it
        () => this.#photo === photo && this.#onFail(),
      )
    }
  }

  #pictureOf(photo: TiledPhoto, { level, column, row }: Tile): ImageBitmap | undefined {
    return this.#tiles.get(photo.tileUrl(level, column, row))
  }

  #paint(context: CanvasRenderingContext2D): void {
    const [photo, view] = [this.#photo, this.#view]
    if (photo === null || view === null) return
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.imageSmoothingEnabled = view.scale < smoothUpTo
    for (const tile of tilesInSight(photo, view, this.#ratio)) this.#paintTile(context, { photo, view, tile })
    context.restore()
  }

  #paintTile(
    context: CanvasRenderingContext2D,
    { photo, view, tile }: { readonly photo: TiledPhoto; readonly view: Viewport; readonly tile: Tile },
  ): void {
    const shown = tileRectangle(tile, photo)
    // whole device pixels: smoothed edges of neighbours would leave a seam
    const onDevice = (place: number, start: number): number => Math.round((start + place * view.scale) * this.#ratio)
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

async function readTile(url: string, isUrgent: boolean): Promise<ImageBitmap> {
  const response = await fetch(url, { priority: isUrgent ? 'high' : 'low' })
  if (!response.ok) throw new Error(`${response.status} ${url}`)
  return createImageBitmap(await response.blob())
}
