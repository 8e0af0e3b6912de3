import type { Bitmap } from '#common/mask/bitmap.ts'
import { floodRegion } from '#common/mask/flood.ts'
import { inverted } from '#common/mask/reshape.ts'
import type { ColourWindow } from '#common/mask/colour-region.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import type { GridSize, PixelRectangle } from '#common/mask/rectangle.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { smallestRadius, sweepBrush } from './brush-shape.ts'
import type { CanvasImage, PendingStep } from './canvas-image.ts'
import { ImageScores } from './image-scores.ts'
import { ImageStrokes, type StrokeHost } from './image-strokes.ts'
import type { GridMap, MapScore, PaperScorer } from './live-scores.ts'
import type { CorrectionMetrics, MaskDocument } from './mask-document.ts'
import { MaskPreview } from './mask-preview.ts'
import { copyMask, copyRun, paintRegion } from './paint-mask.ts'
import { PolygonPath } from './polygon-path.ts'
import type { Editor, StrokeEffect } from './tools/tool.ts'
import { fitView, panView, revealPlace, toScreen, type Point, type Viewport } from './viewport.ts'
import { WandRegion } from './wand-region.ts'

/** What the editor tells its host, and asks of it. */
export interface EditorHost extends StrokeHost {
  /** The colours of a part of the photo, image pixels. */
  readColours(part: PixelRectangle): Promise<ColourWindow>
}

interface EditorOptions {
  readonly host: EditorHost
  readonly scorer: PaperScorer
  /** of the canvas, screen pixels */
  readonly screen: GridSize
  /** what is not on disk yet */
  readonly pending: readonly PendingStep[]
}

/** An image on the canvas: masks, history, scores and view, and what tools do to them. No DOM in here. */
export class ImageEditor implements Editor {
  readonly image: CanvasImage
  readonly path: PolygonPath
  readonly preview: MaskPreview
  readonly strokes: ImageStrokes
  readonly #scores: ImageScores
  readonly #host: EditorHost
  #view: Viewport
  #effect: StrokeEffect = 'add'
  #wand: WandRegion | null = null
  #end: Point | null = null
  #lastDab: Point | null = null
  /** image pixels */
  brushRadius = 14

  /** @throws AppError as `openImage` and `gridMaps` */
  constructor(image: CanvasImage, { host, scorer, screen, pending }: EditorOptions) {
    this.image = image
    this.#host = host
    this.path = new PolygonPath(() => host.changed())
    this.strokes = new ImageStrokes(image, pending, host, {
      painted: (tookMs) => this.#scores.painted(tookMs),
      settled: () => this.#scores.settled(),
    })
    this.preview = new MaskPreview(this.strokes)
    this.#scores = new ImageScores(image, this.document, scorer, host)
    this.#view = fitView(screen, image)
  }

  get document(): MaskDocument {
    return this.strokes.document
  }

  get maps(): readonly GridMap[] {
    return this.#scores.maps
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

  get history(): ImageStrokes['history'] {
    return this.strokes.history
  }

  get canPaint(): boolean {
    return this.strokes.canBegin
  }

  /** Radius of the brush as it paints. */
  get radius(): number {
    return Math.max(this.brushRadius, smallestRadius)
  }

  /** Difference of colours that the wand takes while its stroke is open, 0…255. */
  get tolerance(): number | null {
    return this.#wand?.tolerance ?? null
  }

  beginStroke(tool: string, effect: StrokeEffect): boolean {
    if (!this.strokes.begin(tool)) return false
    this.#effect = effect
    return true
  }

  sweep(from: Point, to: Point): void {
    const sweep = { from: this.#snapped(from), to: this.#snapped(to), radius: this.radius, size: this.image }
    this.strokes.paint((document) =>
      sweepBrush(sweep, (y, x0, x1) => {
        if (this.#effect === 'restore') copyRun(document, document.machine, [y, x0, x1])
        else document.paintRun(y, x0, x1, this.#effect === 'add')
      }),
    )
    this.#end = to
  }

  extendStroke(to: Point): void {
    this.sweep(this.#end ?? to, to)
  }

  commitStroke(): void {
    if (this.#wand?.hasColours === false) {
      this.#wand.isReleased = true
      return
    }
    this.#wand = null
    this.#lastDab = this.#end
    this.#end = null
    this.strokes.commit()
  }

  cancelStroke(): void {
    this.#wand = null
    this.#end = null
    this.strokes.cancel()
  }

  closePath(tool: string): void {
    const { points, isAdding } = this.path
    this.path.clear()
    if (!this.beginStroke(tool, isAdding ? 'add' : 'subtract')) return
    const { width, height } = this.image
    const ring = points.flatMap(({ x, y }) => [x, y])
    this.#commitRegion(decodeRle(rasterisePolygons([ring], width, height)), isAdding)
  }

  growRegion(tool: string, from: Point, effect: StrokeEffect): boolean {
    if (!this.#isInside(from) || !this.beginStroke(tool, effect)) return false
    const wand = new WandRegion(from, this.image, effect === 'add')
    this.#wand = wand
    this.#host.readColours(wand.window).then(
      (colours) => {
        if (this.#wand !== wand) return
        wand.takeColours(colours)
        this.#paintWand(wand)
        if (wand.isReleased) this.commitStroke()
      },
      // the photo is missing: the canvas says so
      () => this.#wand === wand && this.cancelStroke(),
    )
    return true
  }

  changeTolerance(by: number): void {
    this.#wand?.changeTolerance(by)
    if (this.#wand !== null) this.#paintWand(this.#wand)
  }

  fillRegion(tool: string, from: Point, effect: StrokeEffect): void {
    if (!this.#isInside(from) || !this.beginStroke(tool, effect)) return
    const isAdding = effect === 'add'
    const { current } = this.document
    const seed = { x: Math.floor(from.x), y: Math.floor(from.y) }
    this.#commitRegion(floodRegion(isAdding ? inverted(current) : current, seed), isAdding)
  }

  panBy(dx: number, dy: number): void {
    this.view = panView(this.#view, dx, dy, this.image)
  }

  screenDistance(a: Point, b: Point): number {
    return Math.hypot(a.x - b.x, a.y - b.y) * this.#view.scale
  }

  /** Brings an image position into sight; returns where it is then, screen pixels. */
  reveal(at: Point): Point {
    this.view = revealPlace(this.#view, at, this.image)
    return toScreen(this.#view, at)
  }

  /** Takes back the newest stroke of this image; does nothing while a stroke is open, or where there is none. */
  undo(): void {
    if (this.strokes.undo()) this.#lastDab = null
  }

  redo(): void {
    if (this.strokes.redo()) this.#lastDab = null
  }

  /** Makes the instance's mask the machine's again, as one stroke that can be undone. */
  backToMachine(): void {
    if (!this.document.hasMachine || !this.beginStroke('back-to-machine', 'restore')) return
    this.strokes.paint((document) => copyMask(document, document.machine))
    this.commitStroke()
  }

  /** Paints on another instance from now on. */
  setInstance(id: number): void {
    this.preview.drop()
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
    return this.#scores.take()
  }

  metrics(): CorrectionMetrics {
    return this.document.metrics()
  }

  takeDirty(): PixelRectangle | null {
    return this.document.takeDirty()
  }

  #commitRegion(region: Bitmap, isObject: boolean): void {
    this.strokes.paint((document) => paintRegion(document, region, { isObject }))
    this.commitStroke()
  }

  #paintWand(wand: WandRegion): void {
    const { pixels, window: at, isAdding } = wand
    if (pixels === null) return
    this.strokes.paint((document) => {
      document.rewind()
      paintRegion(document, pixels, { at, isObject: isAdding })
    })
  }

  #isInside({ x, y }: Point): boolean {
    return x >= 0 && y >= 0 && x < this.image.width && y < this.image.height
  }

  /** A brush of one pixel paints the pixel under it and no other. */
  #snapped({ x, y }: Point): Point {
    return this.brushRadius < 1 ? { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 } : { x, y }
  }
}
