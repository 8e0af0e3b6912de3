import { countOverlap, iou } from '#common/mask/overlap.ts'
import type { Rle } from '#common/mask/rle.ts'
import type { CurrentMask } from '#main/project/mask-rows.ts'
import { rleOf } from './object-mask.ts'

/**
 * The instance that a correction is of: the one it overlaps most (by IoU, of equal ones the first), among those of its
 * category where the image has any.
 * @returns null where it overlaps none
 */
export function matchInstance(
  { category, rle }: { readonly category: string | null; readonly rle: Rle },
  masks: readonly CurrentMask[],
): CurrentMask | null {
  const sameCategory = masks.filter(({ instance }) => instance.category === category)
  let best: CurrentMask | null = null
  let bestIou = 0
  for (const candidate of sameCategory.length > 0 ? sameCategory : masks) {
    const { mask } = candidate.revision
    if (mask.width !== rle.width || mask.height !== rle.height) continue
    const overlap = iou(countOverlap(rleOf(mask), rle)) ?? 0
    if (overlap > bestIou) [best, bestIou] = [candidate, overlap]
  }
  return best
}
