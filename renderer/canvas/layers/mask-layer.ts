import Konva from 'konva'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import type { MaskDocument } from '../mask-document.ts'
import { cutRectangle, joinRectangles } from '../rectangle.ts'
import type { Viewport } from '../viewport.ts'
import { MaskLines, reachOfLines } from './mask-lines.ts'
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

/**
 * Machine mask, correction and their difference. Draws straight into its layer's canvas and only where something
 * changed: the fills pixel by pixel, the outlines from cached paths.
 */
export class MaskLayer {
  readonly layer = new Konva.Layer({ listening: false, clearBeforeDraw: false })
  readonly #lines = new MaskLines()
  #pixels: OverlayPixels | null = null
  #words = new Uint32Array(0)
  #ratio = 1
  #size: GridSize = { width: 0, height: 0 }
  #document: MaskDocument | null = null
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
    this.#lines.clear()
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
    if (this.#document === null) return
    this.#lines.invalidate(this.#document, dirty)
    const scale = view.scale * this.#ratio
    const reach = reachOfLines(view, this.#ratio)
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
        this.#paintFills(context, { document, view, show, part })
        this.#paintLines(context, { document, view, show, part })
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

  #paintFills(context: CanvasRenderingContext2D, { document, view, show: shown, part }: Job): void {
    const onDevice = { scale: view.scale * this.#ratio, x: view.x * this.#ratio, y: view.y * this.#ratio }
    const isChanged = isCorrected(document)
    if (!isChanged && this.#style !== 'fill') {
      context.clearRect(part.x, part.y, part.width, part.height)
      return
    }
    const show = { ...shown, correction: shown.correction && isChanged, isArea: this.#style === 'fill' }
    this.#pixels!.paint(document, { view: onDevice, show, rectangle: part }, this.#words)
    const bytes = new Uint8ClampedArray(this.#words.buffer, 0, part.width * part.height * 4)
    context.putImageData(new ImageData(bytes, part.width, part.height), part.x, part.y)
  }

  #paintLines(context: CanvasRenderingContext2D, { document, show, ...job }: Job): void {
    const isOutlined = this.#style === 'outline'
    this.#lines.paint(context, {
      ...job,
      document,
      ratio: this.#ratio,
      show: {
        machine: isOutlined && show.machine,
        correction: isOutlined && show.correction && isCorrected(document),
      },
    })
  }
}

interface Job {
  readonly document: MaskDocument
  readonly view: Viewport
  readonly show: MaskSwitches
  /** device pixels */
  readonly part: PixelRectangle
}

/** A correction that changes nothing would only hide the machine mask's outline. */
function isCorrected(document: MaskDocument): boolean {
  const { added, removed } = document.metrics()
  return !document.hasMachine || added > 0 || removed > 0
}
