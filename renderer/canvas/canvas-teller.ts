import type { CanvasEvents, CanvasHistory } from './canvas-events.ts'
import type { CanvasSession } from './canvas-session.ts'
import { ContourWatch } from './contour-comparison.ts'
import type { ImageEditor } from './image-editor.ts'

const nothing = {
  zoom: 0,
  history: '',
  pixel: '',
  mode: '',
  atHand: null as number | null,
  areas: null as ReadonlyMap<number, number> | null,
}

/** Tells the view what became of the open image, and nothing twice. */
export class CanvasTeller {
  readonly #events: CanvasEvents
  readonly #onTraced: () => void
  readonly #contours: ContourWatch
  #tracing: ReturnType<typeof setTimeout> | undefined
  #told = nothing

  /** @param onTraced is called when there are scores of old strokes to be told */
  constructor(events: CanvasEvents, onTraced: () => void) {
    this.#events = events
    this.#onTraced = onTraced
    this.#contours = new ContourWatch((comparison) => events.contours(comparison))
  }

  /** Another image is open: all of it is news. */
  begin(): void {
    this.#told = nothing
  }

  /** The image is left. */
  end(): void {
    this.#contours.stop()
    clearTimeout(this.#tracing)
    this.#tracing = undefined
  }

  dispose(): void {
    this.#contours.dispose()
  }

  /** With every frame: scores, strokes, mode, and where cursor and view are. */
  tellFrame(session: CanvasSession): void {
    const { editor, pixel } = session
    const rescored = editor.takeScores()
    if (rescored !== null) {
      this.#events.scores(rescored.scores, rescored.tookMs)
      this.#events.metrics(editor.metrics())
      this.#contours.changed(() => editor.document.masksAtHand())
    }
    const pixelKey = pixel === null ? '' : `${pixel.x} ${pixel.y}`
    if (pixelKey !== this.#told.pixel) this.#events.cursor(pixel)
    const { scale } = editor.view
    if (scale !== this.#told.zoom) this.#events.zoom(scale)
    this.#told = { ...this.#told, zoom: scale, pixel: pixelKey }
    const { activeId: atHand, areas } = editor.document
    if (atHand !== this.#told.atHand || areas !== this.#told.areas) this.#events.instances(atHand, areas)
    this.#told = { ...this.#told, atHand, areas }
    this.#tellStrokes(editor)
    this.tellMode(session)
  }

  /** At once, and not with the next frame: the next key may mean something else then. */
  tellMode(session: CanvasSession | null): void {
    const { preview, path } = session?.editor ?? {}
    const mode = { preview: preview?.open ?? null, nCorners: path?.points.length ?? 0 }
    const told = JSON.stringify(mode)
    if (told !== this.#told.mode) this.#events.mode(mode)
    this.#told = { ...this.#told, mode: told }
  }

  tellHistory(history: CanvasHistory): void {
    const told = JSON.stringify(history)
    if (told === this.#told.history) return
    this.#told = { ...this.#told, history: told }
    this.#events.history(history)
  }

  #tellStrokes({ strokes }: ImageEditor): void {
    const bars = strokes.takeBars()
    if (bars !== null) this.#events.strokes(bars)
    // the scores after old strokes can wait until the image is on screen
    if (bars?.some(({ scores }) => scores.size === 0) === true && this.#tracing === undefined) {
      this.#tracing = setTimeout(() => {
        strokes.trace()
        this.#onTraced()
      })
    }
  }
}
