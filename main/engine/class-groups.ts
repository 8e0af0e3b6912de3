import { applyClassMap } from '#common/classes/class-map.ts'
import { guessClassMap } from '#common/classes/guess.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ClassGrouping, ClassGroups } from '#common/contract/procedures/classes.ts'
import { classMapInForce, saveClassMap, type NewClassMap } from '#main/project/class-map-repository.ts'
import { countChosenByHand } from '#main/project/object-choice-repository.ts'
import { countInstancesByCategory } from '#main/project/mask-repository.ts'
import { listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { labelOfCategory, modelMatching, namesOfModel, objectMatching, projectLabels } from './class-matching.ts'
import { choiceInForce } from './object-mask.ts'
import { cardOf } from './stored-card.ts'

/** Every class and category with the label it means now, for a person to change. */
export async function readClassGroups(project: Project): Promise<ClassGroups> {
  const labels = await projectLabels(project)
  const models: ClassGroups['models'] = []
  for (const model of await listModels(project.read)) models.push(await groupsOf(project, model, labels))
  const objects = await objectMatching(project)
  const categories = await countInstancesByCategory(project.read)
  return {
    labels,
    models,
    objects: {
      origin: objects.origin,
      isAnyCategory: objects.rule.kind === 'any-category',
      choice: await choiceInForce(project.read),
      nByHand: await countChosenByHand(project.read),
      categories: categories.flatMap(({ category, count: nInstances }) =>
        category === null ? [] : [{ category, label: labelOfCategory(category, objects, labels), nInstances }],
      ),
    },
  }
}

async function groupsOf(
  project: Project,
  model: Model,
  labels: readonly string[],
): Promise<ClassGroups['models'][number]> {
  const names = namesOfModel(model)
  const isNamed = cardOf(model).labels !== null
  const { entries, origin } = await modelMatching(project, model, names)
  const mapped = applyClassMap({ classifier: entries }, names)
  const guesses = new Map(guessClassMap(names, labels).classifier.map((guess) => [guess.classIndex, guess]))
  const classes = names.map((name, index) => {
    const guess = guesses.get(index)
    return {
      name: isNamed ? name : null,
      label: mapped[index] ?? null,
      guess: guess === undefined ? null : { label: guess.label, reason: guess.reason },
    }
  })
  return { id: model.id, name: model.name, origin, classes }
}

/**
 * Puts what a person grouped in force, all of it or nothing. A part that is in force already is not put there again.
 * @throws AppError 'record.missing' for a model, 'class-map.format' for a class that there is not
 */
export async function assignClassGroups(project: Project, map: ClassGrouping, now: () => number): Promise<void> {
  const changed: NewClassMap[] = []
  for (const wanted of await wantedMaps(project, map)) {
    const known = await classMapInForce(project.read, wanted.modelId)
    const isKnown = known?.origin === 'user' && canonicalJson(known.entries) === canonicalJson(wanted.entries)
    if (!isKnown) changed.push(wanted)
  }
  if (changed.length === 0) return
  const models = changed.flatMap(({ modelId, entries }) => (modelId === null ? [] : [{ model: modelId, entries }]))
  const objects = changed.find(({ modelId }) => modelId === null)?.entries ?? null
  await project.write(
    { actor: 'user', action: 'class-map.assign', subject: 'project', data: { models, objects } },
    async (trx) => {
      for (const each of changed) await saveClassMap(trx, each, now())
    },
  )
}

async function wantedMaps(project: Project, map: ClassGrouping): Promise<NewClassMap[]> {
  const known = await listModels(project.read)
  const maps = map.models.map(({ model: id, entries }): NewClassMap => {
    const model = known.find((each) => each.id === id)
    if (!model) throw new AppError('record.missing', `the project has no classifier ${id}`)
    applyClassMap({ classifier: entries }, namesOfModel(model)) // throws for a class that it has not
    return { modelId: model.id, entries, origin: 'user' }
  })
  return map.objects === null ? maps : [...maps, { modelId: null, entries: map.objects, origin: 'user' }]
}
