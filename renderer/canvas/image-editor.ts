import { encodeTiles } from '#common/mask/tile-patch.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { smallestRadius, sweepBrush } from './brush-shape.ts'
import { openImage, type CanvasImage, type PendingStep } from './canvas-image.ts'
import type { History, PaintCommand } from './history.ts'
import { gridMaps, LiveScores, type GridMap, type MapScore, type PaperScorer } from './live-scores.ts'
import type { CorrectionMetrics, MaskDocument } from './mask-document.ts'
import type { RecordedStroke } from './stroke-record.ts'
import type { Editor } from './tools/tool.ts'
import { fitView, panView, toScreen, type Point, type Viewport } from './viewport.ts'

/** What the editor tells its host. */
export interface EditorHost {
  /** A stroke or a step was made; it is shown already. */
  journal(step: PendingStep & { readonly tool: string }): void
  /** Something that can be seen changed; asked for a new frame. */
  changed(): void
  /** Whether nothing may be painted now, because earlier strokes could not be saved. */
  isPaused(): boolean
  now(): number
}

/** An image on the canvas: masks, history, scores and view, and what tools do to them. No DOM in here. */
export class ImageEditor implements Editor {
  readonly image: CanvasImage
  readonly document: MaskDocument
  readonly maps: readonly GridMap[]
  readonly #history: History
  readonly #scores: LiveScores
  readonly #host: EditorHost
  #view: Viewport
  #tool = ''
  #isAdding = true
  #end: Point | null = null
  #lastDab: Point | null = null
  #busyMs = 0
  #areScoresOld = true
  /** image pixels */
  brushRadius = 14

  /** @throws AppError as `openImage` and `gridMaps` */
  constructor(
    image: CanvasImage,
    {
      host,
      scorer,
      screen,
      pending,
    }: {
      readonly host: EditorHost
      readonly scorer: PaperScorer
      readonly screen: { readonly width: number; readonly height: number }
      readonly pending: readonly PendingStep[]
    },
  ) {
    this.image = image
    this.#host = host
    const { document, history } = openImage(image, pending)
    this.document = document
    this.#history = history
    this.maps = gridMaps(image, image.maps)
    this.#scores = new LiveScores(image, image.maps, this.maps, scorer)
    document.onUnion = (y, x0, x1, isObject) => this.#scores.changeRun(y, x0, x1, isObject)
    this.#view = fitView(screen, image)
    this.#rescoreAll()
  }

  get view(): Viewport {
    return this.#view
  }

  set view(view: Viewport) {
    this.#view = view
    this.#host.changed()
  }

  get lastDab(): Point | null {
    return this.#lastDab
  }

  get history(): Pick<History, 'canUndo' | 'canRedo' | 'nDone'> {
    return this.#history
  }

  /** Radius of the brush as it paints. */
  get radius(): number {
    return Math.max(this.brushRadius, smallestRadius)
  }

  beginStroke(tool: string, isAdding: boolean): boolean {
    if (this.document.activeId === null || this.document.isStrokeOpen || this.#host.isPaused()) return false
    this.document.begin()
    this.#tool = tool
    this.#isAdding = isAdding
    return true
  }

  sweep(from: Point, to: Point): void {
    const start = this.#host.now()
    const sweep = { from: this.#snapped(from), to: this.#snapped(to), radius: this.radius, size: this.image }
    sweepBrush(sweep, (y, x0, x1) => this.document.paintRun(y, x0, x1, this.#isAdding))
    this.#end = to
    this.#pixelsChanged(start)
  }

  extendStroke(to: Point): void {
    this.sweep(this.#end ?? to, to)
  }

  commitStroke(): void {
    this.#lastDab = this.#end
    this.#end = null
    this.#push(this.document.commit())
  }

  cancelStroke(): void {
    const start = this.#host.now()
    this.#end = null
    this.document.cancel()
    this.#pixelsChanged(start)
  }

  panBy(dx: number, dy: number): void {
    this.view = panView(this.#view, dx, dy, this.image)
  }

  /** Brings an image position into sight; returns where it is then, screen pixels. */
  reveal(at: Point): Point {
    const margin = 24
    const screen = toScreen(this.#view, at)
    const past = (place: number, length: number): number =>
      place < margin ? margin - place : place > length - margin ? length - margin - place : 0
    const [dx, dy] = [past(screen.x, this.#view.width), past(screen.y, this.#view.height)]
    if (dx !== 0 || dy !== 0) this.panBy(dx, dy)
    return toScreen(this.#view, at)
  }

  /** Takes back the newest stroke of this image; does nothing while a stroke is open, or where there is none. */
  undo(): void {
    this.#step('undo')
  }

  redo(): void {
    this.#step('redo')
  }

  /** Makes the instance's mask the machine's again, as one stroke that can be undone. */
  backToMachine(): void {
    if (!this.document.hasMachine || !this.beginStroke('back-to-machine', true)) return
    const start = this.#host.now()
    const { data, width, height } = this.document.machine
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width;) {
        const first = x
        const isObject = data[y * width + x] === 1
        while (x < width && (data[y * width + x] === 1) === isObject) x++
        this.document.paintRun(y, first, x, isObject)
      }
    }
    this.#push(this.document.commit())
    this.#pixelsChanged(start)
  }

  /** Paints on another instance from now on. */
  setInstance(id: number): void {
    this.document.activate(id)
    this.#lastDab = null
    this.#host.changed()
  }

  nextInstance(): void {
    const ids = this.document.instanceIds
    if (ids.length > 0) this.setInstance(ids[(ids.indexOf(this.document.activeId ?? -1) + 1) % ids.length]!)
  }

  /** The scores where they are old, and how long it took to follow the strokes since the last time, ms. */
  takeScores(): { readonly scores: readonly MapScore[]; readonly tookMs: number } | null {
    if (!this.#areScoresOld) return null
    const start = this.#host.now()
    const scores = this.#scores.scores()
    const tookMs = this.#busyMs + this.#host.now() - start
    this.#areScoresOld = false
    this.#busyMs = 0
    return { scores, tookMs }
  }

  metrics(): CorrectionMetrics {
    return this.document.metrics()
  }

  takeDirty(): PixelRectangle | null {
    return this.document.takeDirty()
  }

  #step(direction: 'undo' | 'redo'): void {
    if (this.document.isStrokeOpen || this.#host.isPaused()) return
    const command = this.#history[direction]()
    if (command === null) return
    const start = this.#host.now()
    this.document.applyPaint(command.instance, command.tiles)
    this.#lastDab = null
    this.#pixelsChanged(start)
    this.#rescorePaper()
    const { instance } = command
    this.#host.journal({ instance, kind: direction, tiles: new Uint8Array(), added: 0, removed: 0, tool: direction })
  }

  #push(stroke: RecordedStroke | null): void {
    const instance = this.document.activeId
    if (stroke === null || instance === null) return
    const command: PaintCommand = { kind: 'paint', instance, ...stroke }
    this.#history.push(command)
    this.#host.journal({ ...command, tiles: encodeTiles(stroke.tiles), tool: this.#tool })
    this.#rescorePaper()
    this.#host.changed()
  }

  #pixelsChanged(startMs: number): void {
    this.#areScoresOld = true
    this.#busyMs += this.#host.now() - startMs
    this.#host.changed()
  }

  /** A brush of one pixel paints the pixel under it and no other. */
  #snapped({ x, y }: Point): Point {
    return this.brushRadius < 1 ? { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 } : { x, y }
  }

  #rescoreAll(): void {
    this.#scores.reset(this.document.objectUnion())
    this.#rescorePaper()
  }

  #rescorePaper(): void {
    if (!this.#scores.hasPaperMaps) return
    void this.#scores.updatePaper(this.document.objectUnion()).then((isNewest) => {
      if (!isNewest) return
      this.#areScoresOld = true
      this.#host.changed()
    })
  }
}
