import { encodeTiles } from '#common/mask/tile-patch.ts'
import { openImage, type CanvasImage, type OpenedImage, type PendingStep } from './canvas-image.ts'
import type { History, PaintCommand } from './history.ts'
import type { MapScore } from './live-scores.ts'
import type { MaskDocument } from './mask-document.ts'
import { StrokeTrail, type StrokeBar } from './stroke-trail.ts'

/** Whom the strokes of an image tell what they do. */
export interface StrokeHost {
  /** A stroke or a step was made; it is shown already. */
  journal(step: PendingStep & { readonly tool: string }): void
  /** Something that can be seen changed; asked for a new frame. */
  changed(): void
  /** Whether nothing may be painted now, because earlier strokes could not be saved. */
  isPaused(): boolean
  now(): number
}

/** What follows from strokes: pixels were painted, which took some milliseconds; a stroke is in force, or no more. */
export interface StrokeHooks {
  painted(tookMs: number): void
  /** returns the scores as they are then */
  settled(): readonly MapScore[]
}

/** The masks of an image with their strokes: one is open at most, and each finished one is a step of the history. */
export class ImageStrokes {
  readonly document: MaskDocument
  readonly #image: CanvasImage
  readonly #history: History
  readonly #trail = new StrokeTrail()
  readonly #host: StrokeHost
  readonly #hooks: StrokeHooks
  /** until the scores after the strokes that were there at the start are known */
  #opened: OpenedImage | null
  #tool = ''
  #areBarsOld = true

  /** @throws AppError as `openImage` */
  constructor(image: CanvasImage, pending: readonly PendingStep[], host: StrokeHost, hooks: StrokeHooks) {
    this.#image = image
    this.#host = host
    this.#hooks = hooks
    this.#opened = openImage(image, pending)
    this.document = this.#opened.document
    this.#history = this.#opened.history
  }

  get history(): Pick<History, 'canUndo' | 'canRedo' | 'nDone' | 'done'> {
    return this.#history
  }

  get canBegin(): boolean {
    return this.document.activeId !== null && !this.document.isStrokeOpen && !this.#host.isPaused()
  }

  /** Opens a stroke; false where nothing can be painted on, one is open, or strokes wait to be saved. */
  begin(tool: string): boolean {
    if (!this.canBegin) return false
    this.document.begin()
    this.#tool = tool
    return true
  }

  /** Paints in the open stroke. */
  paint(work: (document: MaskDocument) => void): void {
    const start = this.#host.now()
    work(this.document)
    this.#hooks.painted(this.#host.now() - start)
    this.#host.changed()
  }

  /** Makes one command of the stroke, if it changed anything. */
  commit(): void {
    const stroke = this.document.commit()
    const instance = this.document.activeId
    if (stroke === null || instance === null) return
    const command: PaintCommand = { kind: 'paint', instance, ...stroke }
    this.#history.push(command)
    this.#host.journal({ ...command, tiles: encodeTiles(stroke.tiles), tool: this.#tool })
    this.#settle(command)
  }

  /** Leaves no trace of the stroke. */
  cancel(): void {
    if (this.document.isStrokeOpen) this.paint((document) => document.cancel())
  }

  /** Takes back the newest stroke; does nothing while one is open, or where there is none. */
  undo(): boolean {
    return this.#step('undo')
  }

  redo(): boolean {
    return this.#step('redo')
  }

  /**
   * Finds out which scores the image had after the strokes that it was opened with. Takes as long as painting them, so
   * that it waits until the image is on screen.
   */
  trace(): void {
    if (this.#opened === null) return
    this.#trail.trace(this.#image, this.#opened)
    this.#opened = null
    this.#areBarsOld = true
  }

  /** The strokes where they changed since the last time. */
  takeBars(): readonly StrokeBar[] | null {
    if (!this.#areBarsOld) return null
    this.#areBarsOld = false
    return this.#trail.bars(this.#history)
  }

  #step(direction: 'undo' | 'redo'): boolean {
    if (this.document.isStrokeOpen || this.#host.isPaused()) return false
    const command = this.#history[direction]()
    if (command === null) return false
    const { instance, tiles } = command
    this.paint((document) => document.applyPaint(instance, tiles))
    this.#settle(direction === 'redo' ? command : null)
    this.#host.journal({ instance, kind: direction, tiles: new Uint8Array(), added: 0, removed: 0, tool: direction })
    return true
  }

  #settle(newest: PaintCommand | null): void {
    const scores = this.#hooks.settled()
    if (newest !== null) this.#trail.record(newest, scores)
    this.#areBarsOld = true
    this.#host.changed()
  }
}
