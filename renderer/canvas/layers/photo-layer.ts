import Konva from 'konva'
import type { GridSize } from '#common/mask/rectangle.ts'
import { visiblePixels, type Viewport } from '../viewport.ts'

/** What of an image the photo needs. */
interface Photo extends GridSize {
  tileUrl(level: number, column: number, row: number): string
}

const tileSide = 512
/** tiles that are kept besides those in sight; decoded, one takes a megabyte */
const nKept = 96
const smoothUpTo = 4

/** The photo by tiles: the coarsest level first, which stays below the others so that there are no gaps while they load. */
export class PhotoLayer {
  readonly layer = new Konva.Layer({ listening: false })
  readonly #group = new Konva.Group()
  readonly #onLoad: () => void
  readonly #tiles = new Map<string, Konva.Image | null>()
  #photo: Photo | null = null
  #generation = 0

  /** @param onLoad is called when a tile came and the layer has to be drawn */
  constructor(onLoad: () => void) {
    this.#onLoad = onLoad
    this.layer.add(this.#group)
  }

  show(photo: Photo | null): void {
    this.#generation++
    this.#tiles.clear()
    this.#group.destroyChildren()
    this.#photo = photo
    if (photo !== null) this.#load(photo, coarsestLevel(photo), 0, 0)
  }

  /** Moves the photo, asks for the tiles that are in sight now, and draws. @param ratio device pixels a CSS pixel */
  draw(view: Viewport, ratio: number): void {
    this.#group.setAttrs({ x: view.x, y: view.y, scaleX: view.scale, scaleY: view.scale })
    this.layer.imageSmoothingEnabled(view.scale < smoothUpTo)
    if (this.#photo !== null) this.#loadVisible(this.#photo, view, ratio)
    this.layer.draw()
  }

  #loadVisible(photo: Photo, view: Viewport, ratio: number): void {
    const visible = visiblePixels(view, photo)
    if (visible === null) return
    const finest = Math.floor(Math.log2(1 / (view.scale * ratio)))
    const level = Math.min(Math.max(finest, 0), coarsestLevel(photo))
    const side = tileSide * 2 ** level
    for (let row = Math.floor(visible.y / side); row * side < visible.y + visible.height; row++) {
      for (let column = Math.floor(visible.x / side); column * side < visible.x + visible.width; column++) {
        this.#load(photo, level, column, row)
      }
    }
    this.#dropOldest(photo)
  }

  #load(photo: Photo, level: number, column: number, row: number): void {
    const key = [level, column, row].join()
    const known = this.#tiles.get(key)
    if (known !== undefined) {
      // asked for last: the last to be dropped, and above tiles of other levels
      this.#tiles.delete(key)
      this.#tiles.set(key, known)
      if (level < coarsestLevel(photo)) known?.moveToTop()
      return
    }
    this.#tiles.set(key, null)
    const image = new Image()
    const generation = this.#generation
    image.src = photo.tileUrl(level, column, row)
    image.decode().then(
      () => {
        if (generation !== this.#generation || !this.#tiles.has(key)) return
        this.#tiles.set(key, this.#place(photo, image, { level, column, row }))
        this.#onLoad()
      },
      // a tile that does not come is asked for again when it is in sight again; what is wrong the engine says elsewhere
      () => generation === this.#generation && this.#tiles.delete(key),
    )
  }

  #place(photo: Photo, image: HTMLImageElement, tile: { level: number; column: number; row: number }): Konva.Image {
    const side = tileSide * 2 ** tile.level
    const [x, y] = [tile.column * side, tile.row * side]
    // the last column and row are as wide as what is left of the photo, however the level was rounded
    const [width, height] = [Math.min(side, photo.width - x), Math.min(side, photo.height - y)]
    const node = new Konva.Image({ image, x, y, width, height, perfectDrawEnabled: false })
    this.#group.add(node)
    if (tile.level === coarsestLevel(photo)) node.moveToBottom()
    return node
  }

  #dropOldest(photo: Photo): void {
    const coarsest = `${coarsestLevel(photo)},`
    for (const [key, node] of this.#tiles) {
      if (this.#tiles.size <= nKept) return
      if (key.startsWith(coarsest) || node === null) continue
      node.destroy()
      this.#tiles.delete(key)
    }
  }
}

/** The level at which the photo is one tile. */
function coarsestLevel({ width, height }: GridSize): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / tileSide)))
}
