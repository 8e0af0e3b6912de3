import type { ObjectChoice } from '#common/classes/object-rule.ts'
import type { ClassGrouping, ClassGroups } from '#common/contract/procedures/classes.ts'

export type GroupedModel = ClassGroups['models'][number]
type Labels = readonly (string | null)[]

/** Which label each class and category is to mean. */
export interface ClassDraft {
  /** by id of the model, then by class index; null: none */
  readonly models: Readonly<Record<number, Labels>>
  /** by place in the list of categories; null: none, or every label where the only category counts for all */
  readonly categories: Labels
  /** which masks of the right categories are the object */
  readonly choice: ObjectChoice
}

/** As it is in force. */
export function draftOf({ models, objects }: ClassGroups): ClassDraft {
  return {
    models: Object.fromEntries(models.map(({ id, classes }) => [id, classes.map(({ label }) => label)])),
    categories: objects.categories.map(({ label }) => label),
    choice: objects.choice,
  }
}

/** @param places of classes or categories */
export function withLabel(labels: Labels, places: Iterable<number>, label: string | null): Labels {
  const chosen = new Set(places)
  return labels.map((known, place) => (chosen.has(place) ? label : known))
}

export function isModelChanged({ id, classes }: GroupedModel, draft: ClassDraft): boolean {
  return classes.some(({ label }, index) => label !== draft.models[id]![index])
}

export function areObjectsChanged({ objects }: ClassGroups, draft: ClassDraft): boolean {
  return objects.categories.some(({ label }, place) => label !== draft.categories[place])
}

export function isChoiceChanged({ objects: { choice } }: ClassGroups, draft: ClassDraft): boolean {
  return choice.minConfidence !== draft.choice.minConfidence || choice.pick !== draft.choice.pick
}

/** The parts that are to be put in force: those that were changed. */
export function groupingOf(groups: ClassGroups, draft: ClassDraft): ClassGrouping {
  const { models, objects } = groups
  return {
    models: models
      .filter((model) => isModelChanged(model, draft))
      .map(({ id }) => ({ model: id, entries: entriesOf(draft.models[id]!, String) })),
    objects: areObjectsChanged(groups, draft)
      ? Object.fromEntries(objects.categories.map(({ category }, place) => [category, draft.categories[place] ?? '']))
      : null,
  }
}

/**
 * A class map file (`obalex run --class-map`) that says of a model's classes and the categories what the draft says. A
 * class goes by its name, or by its index where the name is another one's as well.
 * @param model null: of the categories alone
 */
export function classMapOf(
  { objects }: ClassGroups,
  draft: ClassDraft,
  model: GroupedModel | null,
): { readonly classifier: Readonly<Record<string, string>>; readonly objects: Readonly<Record<string, string>> } {
  const isEvery = objects.isAnyCategory && draft.categories.every((label) => label === null)
  return {
    classifier: model === null ? {} : entriesOf(draft.models[model.id]!, keysOf(model)),
    objects: isEvery
      ? {}
      : Object.fromEntries(objects.categories.map(({ category }, place) => [category, draft.categories[place] ?? ''])),
  }
}

function keysOf({ classes }: GroupedModel): (index: number) => string {
  const folded = classes.map(({ name }) => name?.trim().toLowerCase() ?? '')
  const nOf = new Map<string, number>()
  for (const name of folded) nOf.set(name, (nOf.get(name) ?? 0) + 1)
  // a number is read as an index
  const isOwn = (name: string): boolean => name !== '' && !/^\d+$/.test(name) && nOf.get(name) === 1
  return (index) => (isOwn(folded[index]!) ? classes[index]!.name! : String(index))
}

function entriesOf(labels: Labels, keyOf: (index: number) => string): Record<string, string> {
  return Object.fromEntries(labels.flatMap((label, index) => (label === null ? [] : [[keyOf(index), label]])))
}
