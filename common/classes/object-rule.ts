import { isSameName } from './fold.ts'
import { guessObjectMap } from './guess.ts'

/** Which instances of an image make up its object mask; the rule in force is shown. */
export type ObjectRule =
  /** All annotations share this category (or have none), which is no label: it counts for every label. */
  | { readonly kind: 'any-category'; readonly category: string | null }
  /** The instances whose category means the image's label. */
  | { readonly kind: 'matching' }

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

/**
 * The instances that make up an image's object mask (their union is A).
 * @param instances the image's instances
 * @param label the image's label; null if it has none: then there is nothing to match, and every instance counts
 * @param options rule: see `objectRule`; objectMap: category → label, a category that it leaves out means itself, one with '' nothing
 * @returns those that count, in their order
 */
export function objectInstances<T extends { readonly category: string | null }>(
  instances: readonly T[],
  label: string | null,
  { rule, objectMap }: { readonly rule: ObjectRule; readonly objectMap: Readonly<Record<string, string>> },
): T[] {
  if (label === null) return [...instances]
  return instances.filter(({ category }) => {
    if (rule.kind === 'any-category') return category === rule.category
    if (category === null) return false
    const meant = Object.hasOwn(objectMap, category) ? objectMap[category]! : category
    return meant !== '' && isSameName(meant, label)
  })
}
