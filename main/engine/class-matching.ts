import { applyClassMap, type ClassMap } from '#common/classes/class-map.ts'
import { guessClassMap, guessObjectMap } from '#common/classes/guess.ts'
import { countsForLabel, objectRule, type ObjectRule } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { ModelCard } from '#common/contract/procedures/models.ts'
import {
  classMapInForce,
  saveClassMap,
  type ClassMap as StoredClassMap,
  type NewClassMap,
} from '#main/project/class-map-repository.ts'
import { countImagesByLabel } from '#main/project/image-repository.ts'
import { countInstancesByCategory } from '#main/project/mask-repository.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'

/** Entries of a class map and where they come from; a guess is made anew when labels or classes change. */
export interface Matching {
  readonly entries: Readonly<Record<string, string>>
  readonly origin: StoredClassMap['origin']
}

/** The names that class maps go by: the model's own, else the numbers of the classes. */
function classNamesOf(card: ModelCard, nClasses: number): readonly string[] {
  return card.labels ?? Array.from({ length: nClasses }, (_, index) => String(index))
}

/** Labels that the images of a project have. */
export async function projectLabels(project: Project): Promise<string[]> {
  const counts = await countImagesByLabel(project.read)
  return counts.flatMap(({ label }) => (label === null ? [] : [label]))
}

/** What is in force for a model: what the user gave, else what is guessed from the names now. */
export async function modelMatching(project: Project, model: Model, names: readonly string[]): Promise<Matching> {
  const stored = await classMapInForce(project.read, model.id)
  if (stored && stored.origin !== 'guess') return stored
  const { classifier } = guessClassMap(names, await projectLabels(project))
  // by index: names may occur twice
  return {
    entries: Object.fromEntries(classifier.map(({ classIndex, label }) => [classIndex, label])),
    origin: 'guess',
  }
}

/** Which categories of instances are an image's object, in the words of common/classes. */
export interface ObjectMatching extends Matching {
  readonly rule: ObjectRule
}

export async function objectMatching(project: Project): Promise<ObjectMatching> {
  const labels = await projectLabels(project)
  const categories = (await countInstancesByCategory(project.read)).map(({ category }) => category)
  const stored = await classMapInForce(project.read, null)
  if (stored && stored.origin !== 'guess') return { ...stored, rule: { kind: 'matching' } }
  const { objects } = guessObjectMap(
    categories.filter((category) => category !== null),
    labels,
  )
  return {
    entries: Object.fromEntries(objects.map(({ category, label }) => [category, label])),
    origin: 'guess',
    rule: objectRule(categories, labels),
  }
}

/** The label whose images a category's instances count for; null where there is none, or where they count for all. */
export function labelOfCategory(
  category: string | null,
  { rule, entries: objectMap }: ObjectMatching,
  labels: readonly string[],
): string | null {
  if (rule.kind === 'any-category' || category === null) return null
  if (Object.hasOwn(objectMap, category)) return objectMap[category]! || null
  return labels.find((label) => countsForLabel(category, label, { rule, objectMap })) ?? null
}

/**
 * The label of every class of a model, null where none is matched; the matching is kept in the project, and a guess is
 * told in one sentence.
 */
export async function putMatchingInForce(
  project: Project,
  model: Model,
  { info, now }: { readonly info: ClassifierInfo; readonly now: () => number },
): Promise<{ labels: (string | null)[]; note: string | null }> {
  const names = classNamesOf(info.card, info.nClasses)
  const matching = await modelMatching(project, model, names)
  const stored = await classMapInForce(project.read, model.id)
  const isKept = stored?.origin === matching.origin && canonicalJson(stored.entries) === canonicalJson(matching.entries)
  if (!isKept) {
    await project.write(
      {
        actor: 'program',
        action: 'class-map.guess',
        subject: `model:${model.id}`,
        data: { entries: matching.entries },
      },
      (trx) => saveClassMap(trx, { modelId: model.id, ...matching }, now()),
    )
  }
  const labels = applyClassMap({ classifier: matching.entries }, names)
  return { labels, note: matching.origin === 'guess' ? guessInWords(model.name, labels) : null }
}

function guessInWords(name: string, labels: readonly (string | null)[]): string {
  const counts = new Map<string, number>()
  for (const label of labels) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1)
  if (counts.size === 0) return `${name}: none of its classes is matched to a label; say how with --class-map`
  const groups = [...counts].map(([label, n]) => `${label} = ${n} ${n === 1 ? 'class' : 'classes'}`)
  return `${name}: classes matched to labels by their names: ${groups.join(', ')}`
}

/**
 * Puts a class map that the user gave in force. A key may belong to one model of several; one that belongs to none is
 * an error, and nothing is changed. A map that is in force already is not put there again.
 * @throws AppError 'class-map.format'
 */
export async function assignClassMap(project: Project, map: ClassMap, now: () => number): Promise<void> {
  const changed: NewClassMap[] = []
  for (const stored of await storedMaps(project, map)) {
    const known = await classMapInForce(project.read, stored.modelId)
    const isKnown = known?.origin === 'file' && canonicalJson(known.entries) === canonicalJson(stored.entries)
    if (!isKnown) changed.push(stored)
  }
  if (changed.length === 0) return
  await project.write(
    { actor: 'user', action: 'class-map.assign', subject: 'project', data: { map: { ...map } } },
    async (trx) => {
      for (const stored of changed) await saveClassMap(trx, stored, now())
    },
  )
}

/** The parts of a class map as they are kept: those of each model, and that of the objects. */
async function storedMaps(project: Project, map: ClassMap): Promise<NewClassMap[]> {
  const models = (await listModels(project.read)).map((model) => ({ model, names: namesOfModel(model) }))
  const keys = Object.entries(map.classifier)
  if (keys.length > 0 && models.length === 0) {
    throw new AppError('class-map.format', 'the project has no classifier yet whose classes could be mapped', {
      hint: 'Give the class map to the run that brings the classifier in: obalex run … --class-map FILE.',
    })
  }
  for (const [key, label] of keys) {
    const errors = models.map(({ names }) => keyError(key, label, names))
    if (errors.every((error) => error !== null)) throw errors[0]!
  }
  const maps = models.flatMap(({ model, names }): NewClassMap[] => {
    const entries = Object.fromEntries(keys.filter(([key, label]) => keyError(key, label, names) === null))
    applyClassMap({ classifier: entries }, names) // throws where two keys give one class two labels
    return Object.keys(entries).length > 0 ? [{ modelId: model.id, entries, origin: 'file' }] : []
  })
  const hasObjects = Object.keys(map.objects).length > 0
  return hasObjects ? [...maps, { modelId: null, entries: map.objects, origin: 'file' }] : maps
}

function keyError(key: string, label: string, names: readonly string[]): AppError | null {
  try {
    applyClassMap({ classifier: { [key]: label } }, names)
    return null
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** A stored model says how many classes it has by its labels, or by the number that is kept beside its card. */
export function namesOfModel(model: Model): readonly string[] {
  const { nClasses, ...card } = model.card
  return classNamesOf(ModelCard.parse(card), typeof nClasses === 'number' ? nClasses : 0)
}
