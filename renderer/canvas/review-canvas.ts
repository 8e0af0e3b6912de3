import { canvasColours } from './colours.ts'
import type { CanvasImage, PendingStep } from './canvas-image.ts'
import { CanvasSession } from './canvas-session.ts'
import { ImageEditor } from './image-editor.ts'
import { listenOn } from './input.ts'
import { CanvasStage, type HeatMapChoice, type LayerSwitches } from './layers/canvas-stage.ts'
import type { MapScore } from './live-scores.ts'
import type { CorrectionMetrics } from './mask-document.ts'
import { Outbox, type Sending } from './outbox.ts'
import type { ToolId } from './tools/toolbox.ts'
import { resizeView, type Point } from './viewport.ts'
import { WorkerScorer } from './worker-scorer.ts'

export type { CanvasImage } from './canvas-image.ts'
export type { HeatMapChoice, LayerSwitches } from './layers/canvas-stage.ts'
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
  /** the pixel under the pointer; null: none */
  cursor(at: Point | null): void
  /** screen pixels a photo pixel */
  zoom(factor: number): void
  history(history: CanvasHistory): void
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
  #heatMap: HeatMapChoice = { map: null, colourMap: 'inferno', opacity: 0.55 }
  #brushRadius = 14
  #frame = 0
  #told = { zoom: 0, history: '', pixel: '' }

  /** @param host an element with a size and a position (not `static`); it gets the focus when it is clicked */
  constructor(host: HTMLElement, events: CanvasEvents) {
    this.#host = host
    this.#events = events
    const style = { position: 'absolute', inset: '0', overflow: 'hidden', touchAction: 'none' }
    Object.assign(this.#surface.style, style, { background: canvasColours.surround })
    host.append(this.#surface)
    if (host.tabIndex < 0) host.tabIndex = 0
    this.#stage = new CanvasStage(this.#surface, () => this.#schedule())
    this.#resizing.observe(host)
    this.#resize()
  }

  /**
   * Opens an image at its best fit, or clears the canvas. A running stroke is dropped; strokes of any image that are on
   * their way go on, and those of this image that could not be saved are shown on top of its journal.
   * @throws AppError for masks, maps or a journal that do not fit the image; the canvas is clear then
   */
  show(image: CanvasImage | null): void {
    this.#stopListening()
    this.#stopListening = () => undefined
    this.#session?.cancel()
    this.#session = null
    this.#stage.show(null)
    if (image !== null) this.#open(image)
    this.#stage.setLayers(this.#layers, this.#heatMap)
    this.#schedule()
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
    this.#stage.setLayers(this.#layers, this.#heatMap)
    this.#schedule()
  }

  setHeatMap(choice: HeatMapChoice): void {
    this.#heatMap = choice
    this.#stage.setLayers(this.#layers, this.#heatMap)
    this.#schedule()
  }

  /** Takes back the newest stroke of this image; nothing while a stroke is open. */
  undo(): void {
    this.#session?.editor.undo()
  }

  redo(): void {
    this.#session?.editor.redo()
  }

  /** Makes the instance's mask the machine's again, as one stroke; nothing where there is no machine mask. */
  backToMachine(): void {
    this.#session?.cancel()
    this.#session?.editor.backToMachine()
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

  /** Forgets what could not be saved; show the image again as the engine has it. */
  dropUnsaved(): void {
    this.#outbox.clear()
  }

  /** Resolves when every stroke is on disk; see `isPaused` of the history for whether one was refused. */
  settled(): Promise<void> {
    return this.#outbox.settled()
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
    }
    const pending = this.#outbox.waiting.filter((step) => step.image === image.id)
    const editor = new ImageEditor(image, { host, scorer: this.#scorer, screen: this.#screen(), pending })
    editor.brushRadius = this.#brushRadius
    this.#session = new CanvasSession(editor, this.#tool, () => this.#schedule())
    this.#stopListening = listenOn(this.#host, this.#session)
    this.#stage.show(editor)
    this.#told = { zoom: 0, history: '', pixel: '' }
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
    this.#stage.draw(this.#session?.brushCursor() ?? null)
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
