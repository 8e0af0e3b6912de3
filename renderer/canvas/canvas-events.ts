import type { ContourComparison } from './contour-comparison.ts'
import type { MapScore } from './live-scores.ts'
import type { CorrectionMetrics } from './mask-document.ts'
import type { OpenPreview } from './mask-preview.ts'
import type { StrokeBar } from './stroke-trail.ts'
import type { Point } from './viewport.ts'

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
  /** the instance at hand (null: the image has none), and the areas of all, in pixels by id, after each stroke */
  instances(atHand: number | null, areas: ReadonlyMap<number, number>): void
  /** Some time after a stroke; null while it is not known. */
  contours(comparison: ContourComparison | null): void
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
