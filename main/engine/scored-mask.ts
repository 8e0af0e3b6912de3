import { biggestOf, isSureEnough, type ObjectChoice, type ObjectRule } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { InstanceMaskId } from '#common/contract/ids.ts'
import type { MaskRevision } from '#main/project/mask-rows.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'

/** An object of an image with all outlines that it has had, the oldest first. */
export interface InstanceHistory {
  readonly id: InstanceMaskId
  readonly category: string | null
  readonly score: number | null
  readonly revisions: readonly MaskRevision[]
}

/** By what the outlines may have been chosen, beside whole categories. */
export interface ChoiceHistory {
  /** of the objects of the project: a rule may be about one that the image does not have */
  readonly categories: readonly (string | null)[]
  /** all that the project has had, `everyInstance` included, the newest first */
  readonly choices: readonly ObjectChoice[]
  /** instances that a person left out of the object of this image, each time that one chose by hand */
  readonly leftOuts: readonly (readonly InstanceMaskId[])[]
}

/** An image has few categories; more of them are not tried out. */
const maxCategories = 10

/**
 * Finds the outlines that a score was computed with by the key that it names them by. Rules choose among the outlines
 * that were the newest at some time, by whole categories and then by what was ever chosen in the project, or by hand; all
 * of that is tried, the latest first.
 * @param instances those of the score's image
 * @returns null where nothing that the image has had gives this key
 */
export function findScoredMask(
  key: string,
  instances: readonly InstanceHistory[],
  history: ChoiceHistory,
): readonly MaskRevision[] | null {
  const rules = rulesFor(history.categories).map((rule) => canonicalJson({ ...rule }))
  for (const time of timesOf(instances)) {
    for (const chosen of candidatesAt(time, instances, history)) {
      const ids = chosen.map(({ revision }) => revision.id)
      if (rules.some((rule) => hashMaskChoice(ids, rule) === key)) return chosen.map(({ revision }) => revision)
    }
  }
  return null
}

type Outlined = Omit<InstanceHistory, 'revisions'> & { readonly revision: MaskRevision; readonly area: number }

/** All that may have been the object at a time, each set of outlines once. */
function* candidatesAt(
  time: number,
  instances: readonly InstanceHistory[],
  { choices, leftOuts }: ChoiceHistory,
): Generator<readonly Outlined[]> {
  const outlined = instances.flatMap(({ revisions, ...instance }): Outlined[] => {
    const revision = revisions.findLast(({ id }) => id <= time)
    return revision ? [{ ...instance, revision, area: revision.mask.area }] : []
  })
  const seen = new Set<string>()
  const isNew = (chosen: readonly Outlined[]): boolean => {
    const name = chosen.map(({ id }) => id).join()
    return !seen.has(name) && seen.add(name).size > 0
  }
  for (const leftOut of leftOuts) {
    const chosen = outlined.filter(({ id }) => !leftOut.includes(id))
    if (isNew(chosen)) yield chosen
  }
  for (const categories of subsetsOf([...new Set(instances.map(({ category }) => category))])) {
    const ofCategories = outlined.filter(({ category }) => categories.includes(category))
    for (const choice of choices) {
      const chosen = chosenBy(choice, ofCategories)
      if (isNew(chosen)) yield chosen
    }
  }
}

function chosenBy(choice: ObjectChoice, instances: readonly Outlined[]): readonly Outlined[] {
  const sure = instances.filter((instance) => isSureEnough(instance, choice))
  if (choice.pick === 'union') return sure
  const biggest = biggestOf(sure)
  return biggest ? [biggest] : []
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
