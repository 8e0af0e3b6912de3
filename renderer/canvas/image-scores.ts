import type { CanvasImage } from './canvas-image.ts'
import { gridMaps, LiveScores, type GridMap, type MapScore, type PaperScorer } from './live-scores.ts'
import type { MaskDocument } from './mask-document.ts'

/** Who shows the scores. */
interface ScoresHost {
  /** There are other scores than were taken; asked for a new frame. */
  changed(): void
  /** ms */
  now(): number
}

/** The scores of an open image: they follow every stroke, and are taken once a frame. */
export class ImageScores {
  readonly maps: readonly GridMap[]
  readonly #document: MaskDocument
  readonly #live: LiveScores
  readonly #host: ScoresHost
  #areOld = true
  #busyMs = 0

  /** @throws AppError as `gridMaps` */
  constructor(image: CanvasImage, document: MaskDocument, scorer: PaperScorer, host: ScoresHost) {
    this.maps = gridMaps(image, image.maps)
    this.#document = document
    this.#live = new LiveScores(image, image.maps, this.maps, scorer)
    this.#host = host
    document.onUnion = (y, x0, x1, isObject) => this.#live.changeRun(y, x0, x1, isObject)
    this.#live.reset(document.objectUnion())
    this.#rescorePaper()
  }

  /** Pixels were painted, which took some milliseconds. */
  painted(tookMs: number): void {
    this.#areOld = true
    this.#busyMs += tookMs
  }

  /** A stroke is in force, or no more; returns the scores that follow at once. */
  settled(): readonly MapScore[] {
    if (this.#document.settle()) {
      this.#live.reset(this.#document.objectUnion())
      this.#areOld = true
    }
    this.#rescorePaper()
    return this.#live.linearScores()
  }

  /** The scores where they are old, and how long it took to follow the strokes since the last time, ms. */
  take(): { readonly scores: readonly MapScore[]; readonly tookMs: number } | null {
    if (!this.#areOld) return null
    const start = this.#host.now()
    const scores = this.#live.scores()
    const tookMs = this.#busyMs + this.#host.now() - start
    this.#areOld = false
    this.#busyMs = 0
    return { scores, tookMs }
  }

  #rescorePaper(): void {
    if (!this.#live.hasPaperMaps) return
    void this.#live.updatePaper(this.#document.objectUnion()).then((isNewest) => {
      if (!isNewest) return
      this.#areOld = true
      this.#host.changed()
    })
  }
}
