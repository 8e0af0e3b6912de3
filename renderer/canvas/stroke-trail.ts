import type { CanvasImage, OpenedImage } from './canvas-image.ts'
import type { History, PaintCommand } from './history.ts'
import { gridMaps, LiveScores, type MapScore } from './live-scores.ts'
import { MaskDocument } from './mask-document.ts'

/** A stroke as the journal's chart shows it. */
export interface StrokeBar {
  readonly instance: number
  readonly added: number
  readonly removed: number
  /** taken back: it can be done again */
  readonly isUndone: boolean
  /**
   * ObAlEx after it, by map; null: no score. Without an entry: not known yet, or a map of the authors' mask rule, whose
   * score takes too long for every stroke of the past.
   */
  readonly scores: ReadonlyMap<number, number | null>
}

type Scores = ReadonlyMap<number, number | null>

const none: Scores = new Map()

/** Which scores an image had after each of its strokes. What lies below a stroke never changes, so they hold. */
export class StrokeTrail {
  readonly #scores = new WeakMap<PaintCommand, Scores>()

  /** Takes note of the scores after a stroke. */
  record(command: PaintCommand, scores: readonly MapScore[]): void {
    this.#scores.set(command, new Map(scores.map(({ map, obalex }) => [map, obalex])))
  }

  /** Finds out the scores after the strokes that an image was opened with: paints them again, on masks of its own. */
  trace(image: CanvasImage, { base, done }: Pick<OpenedImage, 'base' | 'done'>): void {
    if (done.length === 0) return
    const document = new MaskDocument(image, base, image.objectOf)
    const linear = image.maps.filter(({ maskVariant }) => maskVariant !== 'paper')
    const live = new LiveScores(image, linear, gridMaps(image, linear), noPaper)
    document.onUnion = (y, x0, x1, isObject) => live.changeRun(y, x0, x1, isObject)
    live.reset(document.objectUnion())
    for (const command of done) {
      document.applyPaint(command.instance, command.tiles)
      if (document.settle()) live.reset(document.objectUnion())
      this.record(command, live.linearScores())
    }
  }

  /** The strokes in force, the oldest first, and then those that can be done again. */
  bars({ done, undone }: Pick<History, 'done' | 'undone'>): StrokeBar[] {
    const bar = (command: PaintCommand, isUndone: boolean): StrokeBar => {
      const { instance, added, removed } = command
      return { instance, added, removed, isUndone, scores: this.#scores.get(command) ?? none }
    }
    return [
      ...done.map((command) => bar(command, false)),
      ...[...undone].reverse().map((command) => bar(command, true)),
    ]
  }
}

const noPaper = { score: () => Promise.resolve([]) }
