import type { ScoreNumbers } from '../contract/procedures/scoring.ts'
import type { DenseMap } from '../explanation/map.ts'
import { authorsResize } from '../mask/authors-resize.ts'
import type { Bitmap } from '../mask/bitmap.ts'
import { coverMask, type MaskGrid } from '../mask/coverage.ts'
import type { PixelRectangle } from '../mask/rectangle.ts'
import type { Rle } from '../mask/rle.ts'
import { auc, pointingGame, relevanceRank, topK } from './localisation.ts'
import { obalexScore, type ScoreVariant } from './obalex.ts'

/**
 * Brings an object mask to the grid of an explanation map: by coverage, or in variant `paper` by the authors' rule.
 * @param window the part of the photo that the classifier saw; default the whole
 * @throws AppError as `coverMask`, `authorsResize`
 */
export function maskOnGrid(
  mask: Bitmap | Rle,
  grid: { readonly width: number; readonly height: number },
  { variant, window }: { readonly variant: ScoreVariant; readonly window?: PixelRectangle },
): MaskGrid {
  return variant === 'paper' ? authorsResize(mask, grid, window) : coverMask(mask, grid, window)
}

/**
 * ObAlEx of a map and everything that is shown beside it, all on one grid.
 * @throws AppError as `obalexScore`
 */
export function scoreMap(mask: MaskGrid, map: DenseMap, variant: ScoreVariant): ScoreNumbers {
  const input = { width: map.width, height: map.height, mask: mask.data, map: map.data }
  const { reason, ...score } = obalexScore({ ...input, variant })
  return {
    ...score,
    reason: reason ?? null,
    pointingGame: pointingGame(input),
    relevanceRank: relevanceRank(input),
    topK: topK(input),
    auc: auc(input),
  }
}
