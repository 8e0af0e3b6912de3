import { isSameName } from './fold.ts'
import { guessObjectMap } from './guess.ts'

/** Which categories of an image make up its object mask; the rule in force is shown. */
export type ObjectRule =
  /** All annotations share this category (or have none), which is no label: it counts for every label. */
  | { readonly kind: 'any-category'; readonly category: string | null }
  /** The instances whose category means the image's label. */
  | { readonly kind: 'matching' }

/** How much of what the categories leave is taken: all of it, or the instance with the largest mask. */
export const objectPicks = ['union', 'biggest'] as const
export type ObjectPick = (typeof objectPicks)[number]

/** What a person chose for a whole project beside the categories. */
export interface ObjectChoice {
  /** 0…1, of what a detector said; an instance without a score always counts */
  readonly minConfidence: number
  readonly pick: ObjectPick
}

/** As long as nobody chose: every instance of the categories. */
export const everyInstance: ObjectChoice = { minConfidence: 0, pick: 'union' }

/** All that decides which instances of an image are its object. */
export interface ObjectRules {
  /** see `objectRule` */
  readonly rule: ObjectRule
  /** category → label; a category that it leaves out means itself, one with '' nothing */
  readonly objectMap: Readonly<Record<string, string>>
  readonly choice: ObjectChoice
  /**
   * Ids of the instances of this image that a person left out. It stands above all other rules: every other instance is
   * part of the object, also one that comes afterwards. null: nobody chose by hand.
   */
  readonly leftOut: readonly number[] | null
}

/** What the rules look at. */
export interface ObjectCandidate {
  readonly id: number
  readonly category: string | null
  /** 0…1; null: no detector said how sure it was */
  readonly score: number | null
  /** pixels of its mask as it is now */
  readonly area: number
}

/** Whether an instance is part of the object (the first two), and why. */
export const objectStandings = ['rule', 'by-hand', 'other-class', 'low-confidence', 'not-biggest', 'left-out'] as const
export type ObjectStanding = (typeof objectStandings)[number]

/**
 * The rule for a dataset. Where all of its annotations share one category that means none of its labels (the pets'
 * only category is `pet`), that category counts for every label; else instances must match.
 * @param categories the categories of the annotations, repeated or not; null for one that has none
 * @param labels the labels of the images, repeated or not
 */
export function objectRule(categories: readonly (string | null)[], labels: readonly string[]): ObjectRule {
  const [category, ...others] = new Set(categories)
  if (category === undefined || others.length > 0) return { kind: 'matching' }
  const isLabel = category !== null && guessObjectMap([category], labels).objects.length > 0
  return isLabel ? { kind: 'matching' } : { kind: 'any-category', category }
}

/** Whether instances of a category count for a label. @param label null: the image has none, and everything counts */
export function countsForLabel(
  category: string | null,
  label: string | null,
  { rule, objectMap }: Pick<ObjectRules, 'rule' | 'objectMap'>,
): boolean {
  if (label === null) return true
  if (rule.kind === 'any-category') return category === rule.category
  if (category === null) return false
  const meant = Object.hasOwn(objectMap, category) ? objectMap[category]! : category
  return meant !== '' && isSameName(meant, label)
}

/** Whether a detector was sure enough of an instance. */
export function isSureEnough({ score }: Pick<ObjectCandidate, 'score'>, { minConfidence }: ObjectChoice): boolean {
  return score === null || score >= minConfidence
}

/** The one with the largest mask, of equal ones that with the lowest id; undefined where there is none. */
export function biggestOf<T extends Pick<ObjectCandidate, 'id' | 'area'>>(instances: readonly T[]): T | undefined {
  return instances.reduce<T | undefined>((best, each) => {
    if (best === undefined || each.area > best.area) return each
    return each.area === best.area && each.id < best.id ? each : best
  }, undefined)
}

/**
 * Which instances of an image make up its object mask (their union is A), and why the others do not: first the category,
 * then the confidence, then the size; what a person chose by hand stands above all of that.
 * @param label of the image; null: it has none, and no category keeps an instance out
 * @returns by place in `instances`
 */
export function standingsOf(
  instances: readonly ObjectCandidate[],
  label: string | null,
  rules: ObjectRules,
): ObjectStanding[] {
  const { choice, leftOut } = rules
  if (leftOut !== null) return instances.map(({ id }) => (leftOut.includes(id) ? 'left-out' : 'by-hand'))
  const standings = instances.map((instance): ObjectStanding => {
    if (!countsForLabel(instance.category, label, rules)) return 'other-class'
    return isSureEnough(instance, choice) ? 'rule' : 'low-confidence'
  })
  if (choice.pick === 'union') return standings
  const biggest = biggestOf(instances.filter((_, place) => standings[place] === 'rule'))
  return standings.map((standing, place) =>
    standing === 'rule' && instances[place] !== biggest ? 'not-biggest' : standing,
  )
}

/** Whether an instance of this standing is part of the object mask. */
export function isPart(standing: ObjectStanding): boolean {
  return standing === 'rule' || standing === 'by-hand'
}
