import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { canvasColours } from './colours.ts'
import type { CanvasImage, PendingStep } from './canvas-image.ts'
import { CanvasSession } from './canvas-session.ts'
import { ImageEditor } from './image-editor.ts'
import { listenOn } from './input.ts'
import { CanvasStage, type Comparison, type HeatMapChoice, type LayerSwitches } from './layers/canvas-stage.ts'
import type { MaskLook } from './layers/mask-layer.ts'
import { readPhotoColours } from './layers/photo-colours.ts'
import { gridMaps, type MapScore } from './live-scores.ts'
import { firstInstance, machineBitmap, type CorrectionMetrics } from './mask-document.ts'
import type { OpenPreview } from './mask-preview.ts'
import type { Reshaping } from './reshaping.ts'
import type { StrokeBar } from './stroke-trail.ts'
import { Outbox, type Sending } from './outbox.ts'
import type { ToolId } from './tools/toolbox.ts'
import { resizeView, type Point } from './viewport.ts'
import { WorkerScorer } from './worker-scorer.ts'

export type { CanvasImage } from './canvas-image.ts'
export type { Comparison } from './layers/canvas-stage.ts'
export type { ToolId } from './tools/toolbox.ts'

interface CanvasStroke {
  readonly instance: number
  readonly tool: string
  /** `encodeTiles` */
  readonly tiles: Uint8Array
  readonly added: number
  readonly removed: number
}

export interface CanvasHistory {
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** in force on this image */
  readonly nStrokes: number
  /** strokes and steps that are not on disk yet, of any image */
  readonly nUnsaved: number
  /** the engine refused the first of them; painting waits for `retry` */
  readonly isPaused: boolean
}

/** What the canvas tells the view. */
export interface CanvasEvents {
  /** A stroke was made and is shown; resolves when it is journaled. A rejection keeps it as unsaved and pauses painting. */
  paint(stroke: CanvasStroke): Promise<void>
  step(instance: number, direction: 'undo' | 'redo'): Promise<void>
  /** At most once a frame, also while a stroke is open. Maps of the authors' mask rule come a little later. */
  scores(scores: readonly MapScore[], tookMs: number): void
  metrics(metrics: CorrectionMetrics): void
  /** a part of the photo did not come */
  photoFailed(): void
  /** the pixel under the pointer; null: none */
  cursor(at: Point | null): void
  /** screen pixels a photo pixel */
  zoom(factor: number): void
  history(history: CanvasHistory): void
  /** the strokes in force, and behind them those that can be done again */
  strokes(bars: readonly StrokeBar[]): void
  /** what is open besides strokes: a preview, a polygon with so many corners */
  mode(mode: CanvasMode): void
}

export interface CanvasMode {
  readonly preview: OpenPreview | null
  readonly nCorners: number
}

type JournaledStep = PendingStep & { readonly tool: string }
type Step = Sending & JournaledStep

/**
 * The canvas of the Review view: a photo with its masks and heat map, and the tools that paint on them. Everything that
 * is drawn or changed lives in here; the view gets numbers.
 *
 * `show` takes an image as the engine read it last. Strokes are on the way for some milliseconds: wait for `settled`
 * before reading an image again that was painted on, and before saving its review.
 */
export class ReviewCanvas {
  readonly #surface = document.createElement('div')
  readonly #host: HTMLElement
  readonly #events: CanvasEvents
  readonly #stage: CanvasStage
  readonly #outbox = new Outbox<Step>(() => this.#tellHistory())
  readonly #scorer = new WorkerScorer()
  readonly #resizing = new ResizeObserver(() => this.#resize())
  #stopListening: () => void = () => undefined
  #session: CanvasSession | null = null
  #tool: ToolId = 'brush'
  #layers: LayerSwitches = { machine: true, correction: true, difference: true, heatMap: true }
  #heatMap: HeatMapChoice = { map: null, colourMap: 'inferno', blend: 'by-value', opacity: 0.55 }
  #comparison: Comparison | null = null
  #brushRadius = 14
  #frame = 0
  #tracing: ReturnType<typeof setTimeout> | undefined
  #told = { zoom: 0, history: '', pixel: '', mode: '' }

  /** @param host an element with a size and a position (not `static`); it gets the focus when it is clicked */
  constructor(host: HTMLElement, events: CanvasEvents) {
    this.#host = host
    this.#events = events
    const style = { position: 'absolute', inset: '0', overflow: 'hidden', touchAction: 'none' }
    Object.assign(this.#surface.style, style, { background: canvasColours.surround })
    host.append(this.#surface)
    if (host.tabIndex < 0) host.tabIndex = 0
    this.#stage = new CanvasStage(
      this.#surface,
      () => this.#schedule(),
      () => events.photoFailed(),
    )
    this.#resizing.observe(host)
    this.#resize()
  }

  /**
   * Opens an image at its best fit (the one on screen where it is shown now), or clears the canvas. A running stroke is dropped; strokes of any image that are on
   * their way go on, and those of this image that could not be saved are shown on top of its journal.
   * @throws AppError for masks, maps or a journal that do not fit the image; the canvas is clear then
   */
  show(image: CanvasImage | null): void {
    this.#stopListening()
    this.#stopListening = () => undefined
    clearTimeout(this.#tracing)
    this.#tracing = undefined
    this.#session?.cancel()
    const before = this.#session?.editor ?? null
    this.#session = null
    this.#stage.show(null)
    if (image !== null) this.#open(image)
    // read again: who was looking at a part of it still does
    if (before?.image.id === image?.id && before !== null) this.#session!.editor.view = before.view
    this.#applyLayers()
  }

  /** Gets and computes what opening an image needs, where there is time; opening it is quicker then. */
  readAhead(image: CanvasImage): void {
    if (image.isPhotoHere) this.#stage.readAhead(image, this.#screen())
    const machine = firstInstance(image.instances)?.machine ?? null
    // each by itself, so that no stroke waits long
    computeAhead(() => gridMaps(image, image.maps))
    if (machine !== null) computeAhead(() => machineBitmap(machine))
  }

  /** Which instance is painted on; null: the image has none. */
  get instance(): number | null {
    return this.#session?.editor.document.activeId ?? null
  }

  /** Paints on another instance; strokes of all instances of an image are one history. */
  setInstance(id: number): void {
    this.#session?.cancel()
    this.#session?.editor.setInstance(id)
  }

  /** A running gesture is dropped. */
  setTool(id: ToolId): void {
    this.#tool = id
    this.#session?.choose(id)
  }

  /** @param px radius in image pixels; below 1 the brush is a single pixel */
  setBrushRadius(px: number): void {
    this.#brushRadius = px
    if (this.#session !== null) this.#session.editor.brushRadius = px
    this.#schedule()
  }

  setLayers(layers: LayerSwitches): void {
    this.#layers = layers
    this.#applyLayers()
  }

  setHeatMap(choice: HeatMapChoice): void {
    this.#heatMap = choice
    this.#applyLayers()
  }

  setMaskLook(look: MaskLook): void {
    this.#stage.setMaskLook(look)
    this.#schedule()
  }

  /** Shows two views beside each other. @param comparison null: one */
  setComparison(comparison: Comparison | null): void {
    const isMoved = comparison !== null && samePair(comparison, this.#comparison)
    this.#comparison = comparison
    if (isMoved) this.#stage.moveDivider(comparison.place)
    else this.#applyLayers()
    this.#schedule()
  }

  /** A step back: a polygon's last corner, out of a preview, or the newest stroke of this image. */
  undo(): void {
    this.#session?.back()
    this.#tellMode()
  }

  redo(): void {
    this.#session?.editor.redo()
  }

  /** Makes the instance's mask the machine's again, as one stroke; nothing where there is no machine mask. */
  backToMachine(): void {
    this.#session?.cancel()
    this.#session?.editor.backToMachine()
  }

  /** Shows the mask changed as a whole, until `finish` makes it a stroke or `cancel` drops it. @param radius pixels */
  reshape(reshaping: Reshaping, radius: number): void {
    this.#session?.editor.preview.reshape(reshaping, radius)
    this.#tellMode()
    this.#schedule()
  }

  /** Shows the mask as it was after so many of the strokes that `strokes` told of; until `finish` or `cancel`. */
  showStroke(after: number): void {
    this.#session?.editor.preview.showStroke(after)
    this.#tellMode()
    this.#schedule()
  }

  /** Closes the polygon, or applies the preview. */
  finish(): void {
    this.#session?.finish()
    this.#tellMode()
  }

  /** Drops what is being drawn, and the preview. */
  cancel(): void {
    this.#session?.cancel()
    this.#tellMode()
  }

  /** At the middle of the canvas; 1.2 is a notch of the wheel. */
  zoomBy(factor: number): void {
    const view = this.#session?.editor.view
    if (view !== undefined) this.zoomTo(view.scale * factor)
  }

  /** @param factor screen pixels a photo pixel, 0.05 to 64; 1 = 100 % */
  zoomTo(factor: number): void {
    this.#session?.zoomTo(factor)
  }

  fit(): void {
    this.#session?.fit()
  }

  /** Sends again what could not be saved. */
  retry(): void {
    this.#outbox.retry()
  }

  /** Forgets what could not be saved of an image; show it again as the engine has it. */
  dropUnsaved(image: number): void {
    this.#outbox.drop(image)
  }

  /**
   * Resolves when every stroke is on disk; see `isPaused` of the history for whether one was refused.
   * @param image only the strokes of this one
   */
  settled(image?: number): Promise<void> {
    return this.#outbox.settled(image)
  }

  dispose(): void {
    this.show(null)
    cancelAnimationFrame(this.#frame)
    this.#resizing.disconnect()
    this.#scorer.dispose()
    this.#stage.dispose()
    this.#surface.remove()
  }

  #open(image: CanvasImage): void {
    const host = {
      journal: (step: JournaledStep) => this.#outbox.add(this.#sending(image.id, step)),
      changed: () => this.#schedule(),
      isPaused: () => this.#outbox.hasFailed,
      now: () => performance.now(),
      readColours: (part: PixelRectangle) => readPhotoColours(image, part),
    }
    const pending = this.#outbox.waiting.filter((step) => step.image === image.id)
    const editor = new ImageEditor(image, { host, scorer: this.#scorer, screen: this.#screen(), pending })
    editor.brushRadius = this.#brushRadius
    this.#session = new CanvasSession(editor, this.#tool, () => this.#schedule())
    this.#stopListening = listenOn(this.#host, this.#session)
    this.#stage.show(editor)
    this.#told = { zoom: 0, history: '', pixel: '', mode: '' }
    this.#tellHistory()
  }

  #sending(image: number, step: JournaledStep): Step {
    const { kind, instance, tiles, added, removed, tool } = step
    const send = (): Promise<void> =>
      kind === 'paint'
        ? this.#events.paint({ instance, tool, tiles, added, removed })
        : this.#events.step(instance, kind)
    return { image, send, ...step }
  }

  #screen(): { width: number; height: number } {
    return { width: Math.max(this.#host.clientWidth, 1), height: Math.max(this.#host.clientHeight, 1) }
  }

  #resize(): void {
    const screen = this.#screen()
    this.#stage.resize(screen)
    const editor = this.#session?.editor
    if (editor !== undefined) editor.view = resizeView(editor.view, screen, editor.image)
    this.#drawFrame()
  }

  #schedule(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#drawFrame())
  }

  #drawFrame(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#stage.draw(this.#session?.cursor() ?? null)
    const session = this.#session
    this.#surface.style.cursor = session?.cssCursor ?? 'default'
    if (session === null) return
    const rescored = session.editor.takeScores()
    if (rescored !== null) {
      this.#events.scores(rescored.scores, rescored.tookMs)
      this.#events.metrics(session.editor.metrics())
    }
    const { pixel } = session
    const pixelKey = pixel === null ? '' : `${pixel.x} ${pixel.y}`
    if (pixelKey !== this.#told.pixel) this.#events.cursor(pixel)
    const { scale } = session.editor.view
    if (scale !== this.#told.zoom) this.#events.zoom(scale)
    this.#told = { ...this.#told, zoom: scale, pixel: pixelKey }
    this.#tellStrokes(session.editor)
    this.#tellMode()
  }

  #tellStrokes({ strokes }: ImageEditor): void {
    const bars = strokes.takeBars()
    if (bars !== null) this.#events.strokes(bars)
    // the scores after old strokes can wait until the image is on screen
    if (bars?.some(({ scores }) => scores.size === 0) === true && this.#tracing === undefined) {
      this.#tracing = setTimeout(() => {
        strokes.trace()
        this.#schedule()
      })
    }
  }

  /** At once, and not with the next frame: the next key may mean something else then. */
  #tellMode(): void {
    const { preview, path } = this.#session?.editor ?? {}
    const mode = { preview: preview?.open ?? null, nCorners: path?.points.length ?? 0 }
    const told = JSON.stringify(mode)
    if (told !== this.#told.mode) this.#events.mode(mode)
    this.#told = { ...this.#told, mode: told }
  }

  #applyLayers(): void {
    this.#stage.setLayers(this.#layers, this.#heatMap, this.#comparison)
    this.#schedule()
  }

  #tellHistory(): void {
    const history = this.#session?.editor.history
    const now: CanvasHistory = {
      canUndo: history?.canUndo ?? false,
      canRedo: history?.canRedo ?? false,
      nStrokes: history?.nDone ?? 0,
      nUnsaved: this.#outbox.waiting.length,
      isPaused: this.#outbox.hasFailed,
    }
    const told = JSON.stringify(now)
    if (told === this.#told.history) return
    this.#told = { ...this.#told, history: told }
    this.#events.history(now)
  }
}

/** Computes what is remembered, when nothing else is to be done. */
function computeAhead(compute: () => unknown): void {
  requestIdleCallback(() => {
    try {
      compute()
    } catch {
      // who opens the image hears of it
    }
  })
}

/** Whether two comparisons differ in nothing but where their divider is. */
function samePair(a: Comparison, b: Comparison | null): boolean {
  return b !== null && JSON.stringify(a.pair) === JSON.stringify(b.pair)
}
