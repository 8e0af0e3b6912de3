import type { PixelRectangle } from '#common/mask/rectangle.ts'
import type { CanvasEvents } from './canvas-events.ts'
import type { CanvasImage, PendingStep } from './canvas-image.ts'
import { CanvasSession } from './canvas-session.ts'
import { CanvasSurface } from './canvas-surface.ts'
import { CanvasTeller } from './canvas-teller.ts'
import { computeAhead, makeReadyAhead } from './compute-ahead.ts'
import { ImageEditor } from './image-editor.ts'
import { listenOn } from './input.ts'
import { CanvasStage, type Comparison, type HeatMapChoice, type LayerSwitches } from './layers/canvas-stage.ts'
import type { MaskLook } from './layers/mask-layer.ts'
import { readPhotoColours } from './layers/photo-colours.ts'
import type { Reshaping } from './reshaping.ts'
import { Outbox, type Sending } from './outbox.ts'
import type { ToolId } from './tools/toolbox.ts'
import { resizeView } from './viewport.ts'
import { WorkerScorer } from './worker-scorer.ts'

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
  readonly #host: HTMLElement
  readonly #events: CanvasEvents
  readonly #teller: CanvasTeller
  readonly #surface: CanvasSurface
  readonly #stage: CanvasStage
  readonly #outbox = new Outbox<Step>(() => this.#tellHistory())
  readonly #scorer = new WorkerScorer()
  #stopListening: () => void = () => undefined
  #session: CanvasSession | null = null
  #tool: ToolId = 'brush'
  #layers: LayerSwitches = { machine: true, correction: true, difference: true, heatMap: true }
  #heatMap: HeatMapChoice = { map: null, colourMap: 'inferno', blend: 'by-value', opacity: 0.55 }
  #comparison: Comparison | null = null
  #brushRadius = 14

  /** @param host an element with a size and a position (not `static`); it gets the focus when it is clicked */
  constructor(host: HTMLElement, events: CanvasEvents) {
    this.#host = host
    this.#events = events
    const schedule = (): void => this.#surface.schedule()
    this.#teller = new CanvasTeller(events, schedule)
    this.#surface = new CanvasSurface(host, { resized: () => this.#resize(), draw: () => this.#draw() })
    this.#stage = new CanvasStage(this.#surface.element, schedule, () => events.photoFailed())
    this.#surface.resize()
  }

  /**
   * Opens an image at its best fit (the one on screen where it is shown now), or clears the canvas. A running stroke is
   * dropped; strokes of any image that are on their way go on, and those of this image that could not be saved are shown
   * on top of its journal.
   * @throws AppError for masks, maps or a journal that do not fit the image; the canvas is clear then
   */
  show(image: CanvasImage | null): void {
    this.#stopListening()
    this.#stopListening = () => undefined
    this.#teller.end()
    this.#session?.cancel()
    const before = this.#session?.editor ?? null
    this.#session = null
    this.#stage.show(null)
    if (image !== null) this.#open(image)
    // read again: who was looking at a part of it still does, and has the same object at hand
    if (before?.image.id === image?.id && before !== null) {
      const { editor } = this.#session!
      editor.view = before.view
      if (before.document.activeId !== null) editor.setInstance(before.document.activeId)
    }
    this.#applyLayers()
  }

  /** Gets and computes what opening an image needs, where there is time; opening it is quicker then. */
  readAhead(image: CanvasImage): void {
    if (image.isPhotoHere) this.#stage.readAhead(image, this.#surface.size)
    computeAhead(image)
  }

  /** Paints on another instance; strokes of all instances of an image are one history. */
  setInstance(id: number): void {
    if (id === this.#session?.editor.document.activeId) return
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
    this.#surface.schedule()
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
    this.#surface.schedule()
  }

  /** Shows two views beside each other. @param comparison null: one */
  setComparison(comparison: Comparison | null): void {
    const isMoved = comparison !== null && samePair(comparison, this.#comparison)
    this.#comparison = comparison
    if (isMoved) this.#stage.moveDivider(comparison.place)
    else this.#applyLayers()
    this.#surface.schedule()
  }

  /** A step back: a polygon's last corner, out of a preview, or the newest stroke of this image. */
  undo(): void {
    this.#session?.back()
    this.#teller.tellMode(this.#session)
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
    this.#teller.tellMode(this.#session)
    this.#surface.schedule()
  }

  /** Shows the mask as it was after so many of the strokes that `strokes` told of; until `finish` or `cancel`. */
  showStroke(after: number): void {
    this.#session?.editor.preview.showStroke(after)
    this.#teller.tellMode(this.#session)
    this.#surface.schedule()
  }

  /** Closes the polygon, or applies the preview. */
  finish(): void {
    this.#session?.finish()
    this.#teller.tellMode(this.#session)
  }

  /** Drops what is being drawn, and the preview. */
  cancel(): void {
    this.#session?.cancel()
    this.#teller.tellMode(this.#session)
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
    this.#scorer.dispose()
    this.#teller.dispose()
    this.#stage.dispose()
    this.#surface.dispose()
  }

  #open(image: CanvasImage): void {
    const host = {
      journal: (step: JournaledStep) => this.#outbox.add(this.#sending(image.id, step)),
      changed: () => this.#surface.schedule(),
      isPaused: () => this.#outbox.hasFailed,
      now: () => performance.now(),
      readColours: (part: PixelRectangle) => readPhotoColours(image, part),
    }
    const pending = this.#outbox.waiting.filter((step) => step.image === image.id)
    const editor = new ImageEditor(image, { host, scorer: this.#scorer, screen: this.#surface.size, pending })
    editor.brushRadius = this.#brushRadius
    this.#session = new CanvasSession(editor, this.#tool, () => this.#surface.schedule())
    this.#stopListening = listenOn(this.#host, this.#session)
    this.#stage.show(editor)
    this.#teller.begin()
    this.#tellHistory()
    makeReadyAhead(editor.document)
  }

  #sending(image: number, step: JournaledStep): Step {
    const { kind, instance, tiles, added, removed, tool } = step
    const send = (): Promise<void> =>
      kind === 'paint'
        ? this.#events.paint({ instance, tool, tiles, added, removed })
        : this.#events.step(instance, kind)
    return { image, send, ...step }
  }

  #resize(): void {
    const screen = this.#surface.size
    this.#stage.resize(screen)
    const editor = this.#session?.editor
    if (editor !== undefined) editor.view = resizeView(editor.view, screen, editor.image)
  }

  #draw(): void {
    this.#stage.draw(this.#session?.cursor() ?? null)
    this.#surface.cursor = this.#session?.cssCursor ?? 'default'
    if (this.#session !== null) this.#teller.tellFrame(this.#session)
  }

  #applyLayers(): void {
    this.#stage.setLayers(this.#layers, this.#heatMap, this.#comparison)
    this.#surface.schedule()
  }

  #tellHistory(): void {
    const history = this.#session?.editor.history
    this.#teller.tellHistory({
      canUndo: history?.canUndo ?? false,
      canRedo: history?.canRedo ?? false,
      nStrokes: history?.nDone ?? 0,
      nUnsaved: this.#outbox.waiting.length,
      isPaused: this.#outbox.hasFailed,
    })
  }
}

/** Whether two comparisons differ in nothing but where their divider is. */
function samePair(a: Comparison, b: Comparison | null): boolean {
  return b !== null && JSON.stringify(a.pair) === JSON.stringify(b.pair)
}
