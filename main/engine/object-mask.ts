import type { Kysely } from 'kysely'
import {
  everyInstance,
  isPart,
  standingsOf,
  type ObjectChoice,
  type ObjectRules,
  type ObjectStanding,
} from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { InstanceMaskId } from '#common/contract/ids.ts'
import { unionRle } from '#common/mask/combine.ts'
import type { Rle } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { currentMasks } from '#main/project/mask-repository.ts'
import type { CurrentMask, StoredMask } from '#main/project/mask-rows.ts'
import { handChoicesInForce, objectRuleInForce } from '#main/project/object-choice-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'
import type { ObjectMatching } from './class-matching.ts'

/** The object mask A of an image: the union of the instances that count for its label. */
export interface ObjectMask {
  /** names the revisions that were united, and the rule by which their categories were chosen */
  readonly key: string
  /** the union, at the photo's size; null: no instance counts */
  readonly rle: () => Rle | null
  /** all masks of the image that were looked at */
  readonly masks: readonly CurrentMask[]
  /** what decided which of them count */
  readonly rules: ObjectRules
  /** where each of them stands */
  readonly standings: ReadonlyMap<InstanceMaskId, ObjectStanding>
  /** those that count */
  readonly instances: ReadonlySet<InstanceMaskId>
}

/** The object mask of an image as it is now. @param choice instead of the one in force */
export async function readObjectMask(
  db: Kysely<Schema>,
  image: ProjectImage,
  matching: ObjectMatching,
  choice?: ObjectChoice,
): Promise<ObjectMask> {
  return (await readObjectMasks(db, [image], matching, choice))[0]!
}

/** The same for several images, in their order. */
export async function readObjectMasks(
  db: Kysely<Schema>,
  images: readonly ProjectImage[],
  { rule, entries: objectMap }: ObjectMatching,
  chosen?: ObjectChoice,
): Promise<ObjectMask[]> {
  const ids = images.map(({ id }) => id)
  const masks = await currentMasks(db, ids)
  const hands = await handChoicesInForce(db, ids)
  const choice = chosen ?? (await choiceInForce(db))
  return images.map((image) => {
    const leftOut = hands.get(image.id)?.leftOut ?? null
    return objectMaskOf(image, masks.get(image.id) ?? [], { rule, objectMap, choice, leftOut })
  })
}

/** What a person chose for the whole project; without that, every instance of the categories. */
export async function choiceInForce(db: Kysely<Schema>): Promise<ObjectChoice> {
  const { minConfidence, pick } = (await objectRuleInForce(db)) ?? everyInstance
  return { minConfidence, pick }
}

/** @throws AppError 'mask.size' (from `rle`) where a mask has another size than its photo */
export function objectMaskOf(image: ProjectImage, masks: readonly CurrentMask[], rules: ObjectRules): ObjectMask {
  const candidates = masks.map(({ instance: { id, category, score }, revision: { mask } }) => {
    return { id, category, score, area: mask.area }
  })
  const standings = standingsOf(candidates, image.label, rules)
  const chosen = masks.filter((_, place) => isPart(standings[place]!))
  const revisions = chosen.map(({ revision }) => revision)
  return {
    masks,
    rules,
    standings: new Map(masks.map(({ instance }, place) => [instance.id, standings[place]!])),
    instances: new Set(chosen.map(({ instance }) => instance.id)),
    // what else decided is not in it: the score depends on the masks alone, and is found again by any way to them
    key: hashMaskChoice(
      revisions.map(({ id }) => id),
      canonicalJson({ ...rules.rule }),
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
