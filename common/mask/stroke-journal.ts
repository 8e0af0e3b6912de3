import { AppError } from '../contract/errors.ts'
import { type Bitmap } from './bitmap.ts'
import { tileSide, type TilePatch } from './tile-patch.ts'

/** What a step of a stroke journal does: paint, or go a step back or forth in what was painted. */
export interface StrokeStep {
  readonly kind: 'paint' | 'undo' | 'redo'
}

/** Where a journal stands. A paint that is not in either list was undone and then painted over: it is out of reach. */
export interface JournalState<Step extends StrokeStep> {
  /** the paints that are in force, the oldest first: applied one after the other they make the mask */
  readonly applied: readonly Step[]
  /** the paints that can be taken up again; the last one comes first */
  readonly undone: readonly Step[]
  readonly canUndo: boolean
  readonly canRedo: boolean
}

/**
 * Follows the steps of one instance's journal from its beginning: an undo takes back the newest paint in force, a redo
 * takes up the one that was taken back last, and a paint after an undo cuts off what could be taken up again.
 * @param steps in the order in which they were appended
 * @throws AppError 'mask.no-step' for an undo or a redo with nothing to take back or up
 */
export function replayJournal<Step extends StrokeStep>(steps: Iterable<Step>): JournalState<Step> {
  const applied: Step[] = []
  let undone: Step[] = []
  for (const step of steps) {
    if (step.kind === 'paint') {
      applied.push(step)
      undone = []
      continue
    }
    const [from, to] = step.kind === 'undo' ? [applied, undone] : [undone, applied]
    const moved = from.pop()
    if (moved === undefined) throw noStep(step.kind)
    to.push(moved)
  }
  return { applied, undone, canUndo: applied.length > 0, canRedo: undone.length > 0 }
}

/** The error for an undo or a redo with nothing to take back or up. */
export function noStep(direction: 'undo' | 'redo'): AppError {
  const what = direction === 'undo' ? 'no stroke that could be undone' : 'no stroke that could be done again'
  return new AppError('mask.no-step', `there is ${what}`, { hint: 'Nothing was changed.' })
}

/**
 * How many pixels a patch adds to a mask, and how many it removes.
 * @param bitmap as it is before the patch, values 0 and 1; not changed
 */
export function countStroke(
  { width, height, data }: Bitmap,
  tiles: readonly TilePatch[],
): { readonly added: number; readonly removed: number } {
  let [changed, removed] = [0, 0]
  for (const { column, row, bits } of tiles) {
    const [x0, y0] = [column * tileSide, row * tileSide]
    const [nColumns, nRows] = [Math.min(tileSide, width - x0), Math.min(tileSide, height - y0)]
    for (let y = 0; y < nRows; y++) {
      const from = (y0 + y) * width + x0
      const fromByte = (y * tileSide) >> 3
      for (let x = 0; x < nColumns; x++) {
        const flips = (bits[fromByte + (x >> 3)]! >> (x & 7)) & 1
        changed += flips
        removed += flips & data[from + x]!
      }
    }
  }
  return { added: changed - removed, removed }
}
