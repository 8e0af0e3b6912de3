import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { decodeNative, type EncodedNativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { inputWindow, type PixelSize } from '#common/image/geometry.ts'
import { authorsResize } from '#common/mask/authors-resize.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import type { Rle } from '#common/mask/rle.ts'
import { coverMask, type MaskGrid } from '#common/mask/coverage.ts'
import type { PixelRectangle } from '#common/mask/rectangle.ts'
import { auc, pointingGame, relevanceRank, topK } from '#common/score/localisation.ts'
import { obalexScore } from '#common/score/obalex.ts'

/**
 * Brings an object mask to the grid of an explanation map: by coverage, or in variant `paper` by the authors' rule.
 * @param window the part of the photo that the classifier saw; default the whole
 */
export function maskOnGrid(
  mask: Bitmap | Rle,
  grid: { readonly width: number; readonly height: number },
  { variant, window }: { readonly variant: Variant; readonly window?: PixelRectangle },
): MaskGrid {
  return variant === 'paper' ? authorsResize(mask, grid, window) : coverMask(mask, grid, window)
}

/** The object mask of a photo on the grid of a classifier's input; all 0 where no instance counts (null). */
export function objectOnGrid(
  rle: Rle | null,
  { photo, card, variant }: { readonly photo: PixelSize; readonly card: ModelCard; readonly variant: Variant },
): MaskGrid {
  const { width, height, fit } = card
  if (rle === null) return { width, height, data: new Float32Array(width * height) }
  return maskOnGrid(rle, card, { variant, window: inputWindow(photo, card, fit) })
}

/** As `scoreMap`, of a map as it is kept. */
export function scoreNative(
  mask: MaskGrid,
  native: EncodedNativeMap,
  { card, variant }: { readonly card: ModelCard; readonly variant: Variant },
): ScoreNumbers {
  return scoreMap(mask, renderMap(decodeNative(native), card), variant)
}

/** ObAlEx of a map and everything that is shown beside it, all on one grid. */
export function scoreMap(mask: MaskGrid, map: DenseMap, variant: Variant): ScoreNumbers {
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
