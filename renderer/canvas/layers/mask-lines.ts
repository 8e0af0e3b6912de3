import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { canvasColours } from '../colours.ts'
import type { MaskDocument } from '../mask-document.ts'
import { cutRectangle } from '../rectangle.ts'
import type { Viewport } from '../viewport.ts'
import type { ContourOptions } from './contour.ts'
import { DashedOutline, TiledOutline } from './outlines.ts'

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

interface LinesJob {
  readonly document: MaskDocument
  readonly view: Viewport
  /** device pixels a CSS pixel */
  readonly ratio: number
  /** of the instance that is painted on; the others' outlines are always drawn */
  readonly show: { readonly machine: boolean; readonly correction: boolean }
  /** what is drawn, device pixels; the canvas is clipped to it */
  readonly part: PixelRectangle
}

/** The lines of the masks: outlines from cached paths, and a grid where pixels are large. */
export class MaskLines {
  #outlines: Outlines | null = null

  /** Takes note of pixels that changed, image pixels. */
  invalidate(document: MaskDocument, dirty: PixelRectangle): void {
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
  }

  /** Forgets the outlines of an image. */
  clear(): void {
    this.#outlines = null
  }

  /** Draws over what is there. */
  paint(context: CanvasRenderingContext2D, { document, view, ratio, show, part }: LinesJob): void {
    const scale = view.scale * ratio
    context.setTransform(scale, 0, 0, scale, view.x * ratio, view.y * ratio)
    context.lineJoin = 'round'
    const reach = (lineReach * ratio) / scale
    const onImage = {
      x: Math.max(Math.floor((part.x - view.x * ratio) / scale - reach), 0),
      y: Math.max(Math.floor((part.y - view.y * ratio) / scale - reach), 0),
      width: Math.ceil(part.width / scale + 2 * reach) + 1,
      height: Math.ceil(part.height / scale + 2 * reach) + 1,
    }
    const visible = cutRectangle(onImage, { x: 0, y: 0, width: document.width, height: document.height })
    if (visible === null) return
    if (view.scale >= gridFrom) paintGrid(context, visible, scale)
    const outlines = this.#outlines
    if (outlines === null) return
    const options = contourOptions(view, ratio)
    const pixel = ratio / scale
    if (document.hasOthers) stroke(context, outlines.others.path(visible, options), canvasColours.others, pixel)
    if (show.machine) paintDashed(context, outlines.machine.pieces(visible, options), pixel)
    if (!show.correction) return
    context.lineCap = 'round'
    stroke(context, outlines.correction.path(visible, options), canvasColours.correction, pixel)
  }
}

/** How far beyond pixels that changed lines are other ones, device pixels. */
export function reachOfLines(view: Viewport, ratio: number): number {
  return lineReach * ratio + 2 ** contourOptions(view, ratio).level * view.scale * ratio
}

function contourOptions({ scale }: Viewport, ratio: number): ContourOptions {
  const level = Math.max(0, Math.floor(Math.log2(1 / (scale * ratio))))
  return { level, isExact: scale >= exactFrom }
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
