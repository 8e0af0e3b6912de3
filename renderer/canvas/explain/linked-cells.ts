import type { GridSize } from '#common/mask/rectangle.ts'
import { canvasColours } from '../colours.ts'
import { colouredMap, type Colouring } from '../layers/coloured-map.ts'
import { PhotoPainter } from '../layers/photo-painter.ts'
import type { TiledPhoto } from '../layers/photo-tiles.ts'
import { fitView, panView, resizeView, toImage, toScreen, zoomView, type Point, type Viewport } from '../viewport.ts'
import type { CellMap, MapDetail } from './cell-map.ts'
import { listenToCell } from './cell-input.ts'
import { ObjectOutline, type ObjectInstance } from './object-outline.ts'

/** A photo with its object mask, as all cells show it. */
export interface CellPhoto extends TiledPhoto {
  readonly id: number
  /** there is no tile of one that is missing, or is another one by now */
  readonly isPhotoHere: boolean
  readonly instances: readonly ObjectInstance[]
}

/** How all cells are drawn. */
export interface CellLook extends Pick<Colouring, 'colourMap' | 'blend'> {
  /** of the maps, 0…1 */
  readonly opacity: number
  readonly detail: MapDetail
  /** `each`: a map's maximum has the last colour; `shared`: equal colours are equal shares of a map's evidence */
  readonly scale: 'each' | 'shared'
  /** no map and no outline */
  readonly isPlain: boolean
  readonly isOutlineShown: boolean
}

interface CellHooks {
  /** The pointer is over a place of the photo (pixels), in whichever cell; null: over none. */
  hovered(at: Point | null): void
  /** A part of the photo did not come. */
  photoFailed(): void
}

interface Cell {
  readonly canvas: HTMLCanvasElement
  readonly stop: () => void
  map: CellMap | null
}

/** what a cell leaves free around a photo that fits, screen pixels */
const margin = { x: 0, y: 0 }
/** longer side of the bitmap that smooth maps are coloured at; a cell is seldom larger */
const colouredSide = 320
/** cells lower than this have thinner lines */
const fullLineFrom = 480
const markRadius = 5

/**
 * Cells of one size beside each other that show the same part of one photo, each with a map of its own. Zooming, panning
 * and pointing in one of them is in all; a frame draws all, from bitmaps that are there.
 */
export class LinkedCells {
  readonly #hooks: CellHooks
  readonly #photoPainter: PhotoPainter
  readonly #cells = new Map<HTMLElement, Cell>()
  readonly #resizing = new ResizeObserver(() => this.#resize())
  readonly #below = document.createElement('canvas')
  readonly #above = document.createElement('canvas')
  #photo: CellPhoto | null = null
  #outline: ObjectOutline | null = null
  #view: Viewport | null = null
  #look: CellLook | null = null
  #hover: Point | null = null
  #frame = 0

  constructor(hooks: CellHooks) {
    this.#hooks = hooks
    this.#photoPainter = new PhotoPainter(
      () => this.#schedule(),
      () => hooks.photoFailed(),
    )
  }

  /** Puts a cell into an element, which has a size; its map comes by `setMap`. */
  add(host: HTMLElement): void {
    const canvas = document.createElement('canvas')
    Object.assign(canvas.style, {
      position: 'absolute',
      inset: '0',
      width: '100%',
      height: '100%',
      touchAction: 'none',
    })
    host.append(canvas)
    const stop = listenToCell(host, {
      zoomBy: (factor, at) => this.zoomBy(factor, at),
      panBy: (dx, dy) => this.#pan(dx, dy),
      point: (at) => this.#point(at),
    })
    this.#cells.set(host, { canvas, stop, map: null })
    this.#resizing.observe(host)
  }

  remove(host: HTMLElement): void {
    const cell = this.#cells.get(host)
    cell?.stop()
    cell?.canvas.remove()
    this.#cells.delete(host)
    this.#resizing.unobserve(host)
  }

  /** @param map null: the cell has none, and shows the photo */
  setMap(host: HTMLElement, map: CellMap | null): void {
    const cell = this.#cells.get(host)
    if (cell === undefined || cell.map === map) return
    cell.map = map
    this.#schedule()
  }

  setLook(look: CellLook): void {
    this.#look = look
    this.#schedule()
  }

  /** Shows a photo: another one as a whole, the same one where it was. */
  show(photo: CellPhoto | null): void {
    const isSame = photo !== null && photo.id === this.#photo?.id
    this.#photo = photo
    this.#photoPainter.show(photo?.isPhotoHere === true ? photo : null)
    this.#outline = photo === null ? null : new ObjectOutline(photo.instances, photo)
    if (!isSame) {
      this.#hover = null
      this.#view = null
      this.fit()
    }
    this.#schedule()
  }

  fit(): void {
    const size = this.#cellSize()
    if (this.#photo === null || size === null) return
    this.#setView(fitView(size, this.#photo, margin))
  }

  /** @param at place on a cell, screen pixels; default its middle */
  zoomBy(factor: number, at?: Point): void {
    const [view, photo] = [this.#view, this.#photo]
    if (view === null || photo === null) return
    const centre = { x: view.width / 2, y: view.height / 2 }
    this.#setView(zoomView(view, view.scale * factor, at ?? centre, photo))
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#resizing.disconnect()
    for (const host of [...this.#cells.keys()]) this.remove(host)
    this.#photoPainter.dispose()
  }

  #pan(dx: number, dy: number): void {
    if (this.#view !== null && this.#photo !== null) this.#setView(panView(this.#view, dx, dy, this.#photo))
  }

  #point(at: Point | null): void {
    const [view, photo] = [this.#view, this.#photo]
    if (view === null || photo === null) return
    const place = at === null ? null : toImage(view, at)
    const isOver = place !== null && place.x >= 0 && place.y >= 0 && place.x < photo.width && place.y < photo.height
    this.#hover = isOver ? place : null
    this.#hooks.hovered(this.#hover)
    this.#schedule()
  }

  #setView(view: Viewport): void {
    this.#view = view
    this.#schedule()
  }

  #cellSize(): GridSize | null {
    for (const host of this.#cells.keys()) {
      if (host.clientWidth > 0) return { width: host.clientWidth, height: Math.max(host.clientHeight, 1) }
    }
    return null
  }

  /** What was drawn is gone with the old size, so all is drawn in the same frame. */
  #resize(): void {
    const size = this.#cellSize()
    if (size === null) return // hidden, as a whole
    const photo = this.#photo
    if (photo !== null) {
      this.#setView(this.#view === null ? fitView(size, photo, margin) : resizeView(this.#view, size, photo, margin))
    }
    this.#draw()
  }

  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const [photo, view, look] = [this.#photo, this.#view, this.#look]
    const ratio = window.devicePixelRatio
    for (const [{ clientWidth: width, clientHeight: height }, { canvas }] of this.#cells) {
      emptied(canvas, { view: { width, height }, ratio })
    }
    if (photo === null || view === null || look === null) return
    this.#photoPainter.want({ view, ratio })
    const shown = { view, ratio }
    const topDensity = look.scale === 'each' ? null : this.#topDensity()
    const below = this.#paintBelow(photo, shown)
    const above = look.isOutlineShown && !look.isPlain ? this.#paintAbove(shown) : null
    for (const { canvas, map } of this.#cells.values()) {
      const context = canvas.getContext('2d')!
      context.drawImage(below, 0, 0)
      if (map !== null && !look.isPlain) drawMap(context, map, { ...shown, look, topDensity })
      context.setTransform(1, 0, 0, 1, 0, 0)
      if (above !== null) context.drawImage(above, 0, 0)
      if (this.#hover !== null) drawMark(context, toScreen(view, this.#hover), ratio)
    }
  }

  /** How many times the evidence of an even map any map has anywhere. */
  #topDensity(): number {
    return Math.max(0, ...Array.from(this.#cells.values(), ({ map }) => (map === null ? 0 : densityOf(map))))
  }

  /** The photo, or its frame: the same in all cells, so it is drawn once. */
  #paintBelow(photo: CellPhoto, shown: Shown): HTMLCanvasElement {
    const context = emptied(this.#below, shown)
    this.#photoPainter.paint(context, shown)
    if (!photo.isPhotoHere) drawFrame(context, photo, shown)
    return this.#below
  }

  /** The outline, likewise. */
  #paintAbove(shown: Shown): HTMLCanvasElement {
    const thickness = shown.view.height < fullLineFrom ? 0.7 : 1
    this.#outline?.paint(emptied(this.#above, shown), { ...shown, thickness })
    return this.#above
  }
}

interface Shown {
  readonly view: Viewport
  /** device pixels a CSS pixel */
  readonly ratio: number
}

/** Empties a canvas, and gives it a size in CSS pixels. */
function emptied(
  canvas: HTMLCanvasElement,
  { view, ratio }: { readonly view: GridSize; readonly ratio: number },
): CanvasRenderingContext2D {
  const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, width, height)
  return context
}

function drawMap(
  context: CanvasRenderingContext2D,
  map: CellMap,
  { view, ratio, look, topDensity }: Shown & { readonly look: CellLook; readonly topDensity: number | null },
): void {
  const { colourMap, blend, opacity, detail } = look
  const blocks = detail === 'native' ? map.blocks : null
  const top = topDensity === null ? null : (topDensity * map.total) / map.dense.data.length
  const picture = colouredMap(blocks ?? map.dense, { colourMap, blend, top, side: blocks === null ? colouredSide : 0 })
  const { x, y, width, height } = map.window
  const place = view.scale * ratio
  context.setTransform(place, 0, 0, place, view.x * ratio, view.y * ratio)
  context.globalAlpha = opacity
  context.imageSmoothingEnabled = blocks === null
  context.drawImage(picture, x, y, width, height)
  context.globalAlpha = 1
}

/** How many times the evidence of an even map a map has where it has most; 0: it has none. */
function densityOf({ max, total, dense }: CellMap): number {
  return total > 0 ? (max * dense.data.length) / total : 0
}

/** Where a photo would be that is not here. */
function drawFrame(context: CanvasRenderingContext2D, photo: GridSize, { view, ratio }: Shown): void {
  const { line, width, dash } = canvasColours.frame
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.strokeStyle = line
  context.lineWidth = width
  context.setLineDash([...dash])
  context.strokeRect(view.x, view.y, photo.width * view.scale, photo.height * view.scale)
  context.setLineDash([])
}

/** Where the pointer is, in every cell. */
function drawMark(context: CanvasRenderingContext2D, { x, y }: Point, ratio: number): void {
  const { line, width, casing, casingWidth } = canvasColours.ring
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  const ring = new Path2D()
  ring.arc(x, y, markRadius, 0, 2 * Math.PI)
  context.strokeStyle = casing
  context.lineWidth = casingWidth
  context.stroke(ring)
  context.strokeStyle = line
  context.lineWidth = width
  context.stroke(ring)
}
