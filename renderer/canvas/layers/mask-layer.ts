import Konva from 'konva'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { canvasColours } from '../colours.ts'
import type { MaskDocument } from '../mask-document.ts'
import { cutRectangle, joinRectangles } from '../rectangle.ts'
import type { Viewport } from '../viewport.ts'
import type { ContourOptions } from './contour.ts'
import { DashedOutline, TiledOutline } from './outlines.ts'
import { OverlayPixels } from './overlay-pixels.ts'

/** Which parts of the masks are shown. */
export interface MaskSwitches {
  readonly machine: boolean
  readonly correction: boolean
  readonly difference: boolean
}

/** How the masks are drawn. */
export interface MaskLook {
  readonly style: 'outline' | 'fill'
  /** 0…1 */
  readonly opacity: number
}

/** Two views of the masks beside each other. */
interface MaskPanes {
  /** where the second one begins, device pixels */
  readonly divider: number
  readonly left: MaskSwitches
  readonly right: MaskSwitches
}

const machineOnly: MaskSwitches = { machine: true, correction: false, difference: false }
const correctionOnly: MaskSwitches = { machine: false, correction: true, difference: false }

/** The pixels of a photo are shown as such from here on: outlines follow their edges. */
const exactFrom = 4
const gridFrom = 8
/** half of the widest line and a little, screen pixels */
const lineReach = 4

interface Outlines {
  readonly of: readonly [machine: unknown, current: unknown, others: unknown]
  readonly machine: DashedOutline
  readonly correction: TiledOutline
  readonly others: TiledOutline
}

/**
 * Machine mask, correction and their difference. Draws straight into its layer's canvas and only where something
 * changed: the fills pixel by pixel, the outlines from cached paths.
 */
export class MaskLayer {
  readonly layer = new Konva.Layer({ listening: false, clearBeforeDraw: false })
  #pixels: OverlayPixels | null = null
  #words = new Uint32Array(0)
  #ratio = 1
  #size: GridSize = { width: 0, height: 0 }
  #document: MaskDocument | null = null
  #outlines: Outlines | null = null
  #view: Viewport | null = null
  #wasCorrected = false
  #show: MaskSwitches = { machine: true, correction: true, difference: true }
  #style: MaskLook['style'] = 'outline'
  #panes: MaskPanes | null = null
  /** what has to be drawn, device pixels */
  #stale: PixelRectangle | null = null

  constructor() {
    this.layer.add(new Konva.Shape({ sceneFunc: (context) => this.#paint(context._context) }))
  }

  /** @param size of the canvas, CSS pixels @param ratio device pixels a CSS pixel */
  resize({ width, height }: GridSize, ratio: number): void {
    this.#ratio = ratio
    this.#size = { width: Math.floor(width * ratio), height: Math.floor(height * ratio) }
    this.#pixels = new OverlayPixels(this.#size, ratio)
    this.#words = new Uint32Array(this.#size.width * this.#size.height)
    this.redrawAll()
  }

  show(document: MaskDocument | null): void {
    this.#document = document
    this.#outlines = null
    this.redrawAll()
  }

  switchTo(show: MaskSwitches): void {
    this.#show = show
    this.redrawAll()
  }

  setLook({ style, opacity }: MaskLook): void {
    if (style !== this.#style) this.redrawAll()
    this.#style = style
    // the layer draws straight into its canvas, which Konva's own opacity does not reach
    this.layer.getNativeCanvasElement().style.opacity = String(opacity)
  }

  /** Shows the machine mask left of a place and the correction right of it. @param divider CSS pixels; null: both everywhere */
  split(divider: number | null): void {
    const at = divider === null ? null : Math.round(divider * this.#ratio)
    if (at === (this.#panes?.divider ?? null)) return
    this.#panes = at === null ? null : { divider: at, left: machineOnly, right: correctionOnly }
    this.redrawAll()
  }

  /** Has everything drawn with the next `draw`. */
  redrawAll(): void {
    this.#stale = { x: 0, y: 0, ...this.#size }
  }

  /** Draws what changed. @param dirty where pixels of the masks changed, image pixels */
  draw(view: Viewport, dirty: PixelRectangle | null): void {
    if (view !== this.#view) this.redrawAll()
    this.#view = view
    if (dirty !== null) this.#take(view, dirty)
    // the outline comes with the first changed pixel, and goes with the last
    const isCorrectedNow = this.#document !== null && isCorrected(this.#document)
    if (isCorrectedNow !== this.#wasCorrected) this.redrawAll()
    this.#wasCorrected = isCorrectedNow
    if (this.#stale !== null) this.layer.draw()
  }

  #take(view: Viewport, dirty: PixelRectangle): void {
    const document = this.#document
    if (document === null) return
    const { machine, current, others } = document
    const isNew = [machine, current, others].some((mask, i) => mask !== this.#outlines?.of[i])
    if (isNew) {
      this.#outlines = {
        of: [machine, current, others],
        machine: new DashedOutline(machine),
        correction: new TiledOutline(current),
        others: new TiledOutline(others),
      }
    }
    this.#outlines!.correction.invalidate(dirty)
    const scale = view.scale * this.#ratio
    const reach = lineReach * this.#ratio + 2 ** this.#contourOptions(view).level * scale
    const [left, top] = [view.x * this.#ratio + dirty.x * scale - reach, view.y * this.#ratio + dirty.y * scale - reach]
    const [x, y] = [Math.floor(left), Math.floor(top)]
    const width = Math.ceil(left + dirty.width * scale + 2 * reach) - x
    const height = Math.ceil(top + dirty.height * scale + 2 * reach) - y
    const onCanvas = cutRectangle({ x, y, width, height }, { x: 0, y: 0, ...this.#size })
    this.#stale = joinRectangles(this.#stale, onCanvas)
  }

  #paint(context: CanvasRenderingContext2D): void {
    const stale = this.#stale
    this.#stale = null
    if (stale === null || stale.width === 0 || stale.height === 0) return
    const [document, view] = [this.#document, this.#view]
    for (const { show, part } of this.#parts(stale)) {
      context.save()
      context.setTransform(1, 0, 0, 1, 0, 0)
      context.beginPath()
      context.rect(part.x, part.y, part.width, part.height)
      context.clip()
      if (document === null || view === null) context.clearRect(part.x, part.y, part.width, part.height)
      else {
        this.#paintFills(context, { document, view, show, stale: part })
        this.#paintLines(context, { document, view, show, stale: part })
      }
      context.restore()
    }
  }

  /** What is drawn how; device pixels. */
  #parts(stale: PixelRectangle): { readonly show: MaskSwitches; readonly part: PixelRectangle }[] {
    if (this.#panes === null) return [{ show: this.#show, part: stale }]
    const { divider, left, right } = this.#panes
    const { width, height } = this.#size
    const isHidden = !this.#show.machine && !this.#show.correction
    return [
      { show: isHidden ? this.#show : left, part: cutRectangle(stale, { x: 0, y: 0, width: divider, height }) },
      {
        show: isHidden ? this.#show : right,
        part: cutRectangle(stale, { x: divider, y: 0, width: width - divider, height }),
      },
    ].flatMap(({ show, part }) => (part === null ? [] : [{ show, part }]))
  }

  #paintFills(context: CanvasRenderingContext2D, { document, view, show: shown, stale }: Job): void {
    const onDevice = { scale: view.scale * this.#ratio, x: view.x * this.#ratio, y: view.y * this.#ratio }
    const isChanged = isCorrected(document)
    if (!isChanged && this.#style !== 'fill') {
      context.clearRect(stale.x, stale.y, stale.width, stale.height)
      return
    }
    const show = { ...shown, correction: shown.correction && isChanged, isArea: this.#style === 'fill' }
    this.#pixels!.paint(document, { view: onDevice, show, rectangle: stale }, this.#words)
    const bytes = new Uint8ClampedArray(this.#words.buffer, 0, stale.width * stale.height * 4)
    context.putImageData(new ImageData(bytes, stale.width, stale.height), stale.x, stale.y)
  }

  #paintLines(context: CanvasRenderingContext2D, { document, view, show, stale }: Job): void {
    const scale = view.scale * this.#ratio
    context.setTransform(scale, 0, 0, scale, view.x * this.#ratio, view.y * this.#ratio)
    context.lineJoin = 'round'
    const reach = (lineReach * this.#ratio) / scale
    const part = {
      x: Math.max(Math.floor((stale.x - view.x * this.#ratio) / scale - reach), 0),
      y: Math.max(Math.floor((stale.y - view.y * this.#ratio) / scale - reach), 0),
      width: Math.ceil(stale.width / scale + 2 * reach) + 1,
      height: Math.ceil(stale.height / scale + 2 * reach) + 1,
    }
    const visible = cutRectangle(part, { x: 0, y: 0, width: document.width, height: document.height })
    if (visible === null) return
    if (view.scale >= gridFrom) paintGrid(context, visible, scale)
    const outlines = this.#outlines
    if (outlines === null) return
    const options = this.#contourOptions(view)
    const pixel = this.#ratio / scale
    if (document.hasOthers) stroke(context, outlines.others.path(visible, options), canvasColours.others, pixel)
    if (this.#style === 'fill') return
    if (show.machine) paintDashed(context, outlines.machine.pieces(visible, options), pixel)
    if (show.correction && isCorrected(document)) {
      context.lineCap = 'round'
      stroke(context, outlines.correction.path(visible, options), canvasColours.correction, pixel)
    }
  }

  #contourOptions({ scale }: Viewport): ContourOptions {
    const level = Math.max(0, Math.floor(Math.log2(1 / (scale * this.#ratio))))
    return { level, isExact: scale >= exactFrom }
  }
}

interface Job {
  readonly document: MaskDocument
  readonly view: Viewport
  readonly show: MaskSwitches
  /** device pixels */
  readonly stale: PixelRectangle
}

/** A correction that changes nothing would only hide the machine mask's outline. */
function isCorrected(document: MaskDocument): boolean {
  const { added, removed } = document.metrics()
  return !document.hasMachine || added > 0 || removed > 0
}

interface LineStyle {
  readonly line: string
  readonly width: number
  readonly casing: string
  readonly casingWidth: number
}

/** @param pixel image pixels a screen pixel */
function stroke(context: CanvasRenderingContext2D, path: Path2D, style: LineStyle, pixel: number): void {
  context.strokeStyle = style.casing
  context.lineWidth = style.casingWidth * pixel
  context.stroke(path)
  context.strokeStyle = style.line
  context.lineWidth = style.width * pixel
  context.stroke(path)
}

function paintDashed(
  context: CanvasRenderingContext2D,
  pieces: ReturnType<DashedOutline['pieces']>,
  pixel: number,
): void {
  const { line, width, dash, casing, casingWidth } = canvasColours.machine
  context.lineCap = 'butt'
  const all = new Path2D()
  for (const { path } of pieces) all.addPath(path)
  context.strokeStyle = casing
  context.lineWidth = casingWidth * pixel
  context.stroke(all)
  context.strokeStyle = line
  context.lineWidth = width * pixel
  context.setLineDash(dash.map((length) => length * pixel))
  for (const { path, offset } of pieces) {
    context.lineDashOffset = offset
    context.stroke(path)
  }
  context.setLineDash([])
}

function paintGrid(context: CanvasRenderingContext2D, { x, y, width, height }: PixelRectangle, scale: number): void {
  const grid = new Path2D()
  for (let column = x; column <= x + width; column++) {
    grid.moveTo(column, y)
    grid.lineTo(column, y + height)
  }
  for (let row = y; row <= y + height; row++) {
    grid.moveTo(x, row)
    grid.lineTo(x + width, row)
  }
  context.strokeStyle = canvasColours.pixelGrid
  context.lineWidth = 1 / scale
  context.stroke(grid)
}
