import { objectInstances } from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { InstanceMaskId } from '#common/contract/ids.ts'
import { unionRle } from '#common/mask/combine.ts'
import type { Rle } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import type { CurrentMask, StoredMask } from '#main/project/mask-rows.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'
import type { ObjectMatching } from './class-matching.ts'

/** The object mask A of an image: the union of the instances that count for its label. */
export interface ObjectMask {
  /** names the revisions that were united, and the rule by which they were chosen */
  readonly key: string
  /** the union, at the photo's size; null: no instance counts */
  readonly rle: () => Rle | null
  /** those that count */
  readonly instances: ReadonlySet<InstanceMaskId>
}

/** @throws AppError 'mask.size' (from `rle`) where a mask has another size than its photo */
export function objectMaskOf(image: ProjectImage, masks: readonly CurrentMask[], matching: ObjectMatching): ObjectMask {
  const instances = masks.map((mask) => ({ category: mask.instance.category, mask }))
  const chosen = objectInstances(instances, image.label, { rule: matching.rule, objectMap: matching.entries })
  const revisions = chosen.map(({ mask }) => mask.revision)
  return {
    instances: new Set(chosen.map(({ mask }) => mask.instance.id)),
    key: hashMaskChoice(
      revisions.map(({ id }) => id),
      canonicalJson({ ...matching.rule }),
    ),
    rle: () => {
      if (revisions.length === 0) return null
      for (const { mask } of revisions) requirePhotoSize(image, mask)
      return unionRle(
        revisions.map(({ mask }) => rleOf(mask)),
        image,
      )
    },
  }
}

/** A stored mask as run lengths. */
export function rleOf({ width, height, counts }: StoredMask): Rle {
  return { width, height, counts: decompressCounts(counts, width * height) }
}

/** @throws AppError 'mask.size' where a mask has another size than its photo */
export function requirePhotoSize(image: ProjectImage, mask: StoredMask): void {
  if (mask.width === image.width && mask.height === image.height) return
  throw new AppError(
    'mask.size',
    `a mask of ${image.file} has ${mask.width}×${mask.height} pixels, the photo ${image.width}×${image.height}`,
    { hint: 'The mask belongs to another version of the photo.' },
  )
}
