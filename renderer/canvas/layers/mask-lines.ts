import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { canvasColours } from '../colours.ts'
import type { MaskDocument } from '../mask-document.ts'
import { cutRectangle } from '../rectangle.ts'
import type { Viewport } from '../viewport.ts'
import { contourOptions, strokeDashed, strokeSolid } from './outline-strokes.ts'
import { DashedOutline, TiledOutline } from './outlines.ts'

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
    if (document.hasOthers) strokeSolid(context, outlines.others.path(visible, options), canvasColours.others, pixel)
    if (show.machine) strokeDashed(context, outlines.machine.pieces(visible, options), pixel)
    if (!show.correction) return
    context.lineCap = 'round'
    strokeSolid(context, outlines.correction.path(visible, options), canvasColours.correction, pixel)
  }
}

/** How far beyond pixels that changed lines are other ones, device pixels. */
export function reachOfLines(view: Viewport, ratio: number): number {
  return lineReach * ratio + 2 ** contourOptions(view, ratio).level * view.scale * ratio
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
