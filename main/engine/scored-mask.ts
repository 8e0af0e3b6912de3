import type { ObjectRule } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { MaskRevision } from '#main/project/mask-rows.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'

/** An object of an image with all outlines that it has had, the oldest first. */
export interface InstanceHistory {
  readonly category: string | null
  readonly revisions: readonly MaskRevision[]
}

/** An image has few categories; more of them are not tried out. */
const maxCategories = 10

/**
 * Finds the outlines that a score was computed with by the key that it names them by. Rules choose whole categories of
 * the outlines that were the newest at some time, so that all of that is tried, the latest first.
 * @param instances those of the score's image
 * @param allCategories of the objects of the project: a rule may be about one that the image does not have
 * @returns null where nothing that the image has had gives this key
 */
export function findScoredMask(
  key: string,
  instances: readonly InstanceHistory[],
  allCategories: readonly (string | null)[],
): readonly MaskRevision[] | null {
  const categories = [...new Set(instances.map(({ category }) => category))]
  const rules = rulesFor(allCategories).map((rule) => canonicalJson({ ...rule }))
  for (const time of timesOf(instances)) {
    for (const chosen of subsetsOf(categories)) {
      const revisions = instances
        .filter(({ category }) => chosen.includes(category))
        .flatMap(({ revisions }) => revisions.findLast(({ id }) => id <= time) ?? [])
      const ids = revisions.map(({ id }) => id)
      if (rules.some((rule) => hashMaskChoice(ids, rule) === key)) return revisions
    }
  }
  return null
}

function rulesFor(categories: readonly (string | null)[]): ObjectRule[] {
  return [{ kind: 'matching' }, ...categories.map((category): ObjectRule => ({ kind: 'any-category', category }))]
}

/** Each revision begins a time. */
function timesOf(instances: readonly InstanceHistory[]): number[] {
  const ids = instances.flatMap(({ revisions }) => revisions.map(({ id }): number => id))
  return [...ids.sort((a, b) => b - a), 0]
}

function subsetsOf<T>(items: readonly T[]): T[][] {
  if (items.length > maxCategories) return [[...items], [], ...items.map((item) => [item])]
  const subsets = Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, i) => (bits >> i) & 1))
  return subsets.reverse() // all of them first
}
