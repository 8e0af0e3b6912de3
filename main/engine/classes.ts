import { readFile } from 'node:fs/promises'
import { applyClassMap, parseClassMap } from '#common/classes/class-map.ts'
import { guessClassMap } from '#common/classes/guess.ts'
import { isPart, type ObjectChoice, type ObjectStanding } from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import { countImagesByLabel, getImage, type ProjectImage } from '#main/project/image-repository.ts'
import { countInstancesByCategory, listInstances } from '#main/project/mask-repository.ts'
import { countChosenByHand } from '#main/project/object-choice-repository.ts'
import { listModels } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { assignClassGroups, readClassGroups } from './class-groups.ts'
import {
  assignClassMap,
  labelOfCategory,
  modelMatching,
  namesOfModel,
  objectMatching,
  projectLabels,
  type ObjectMatching,
} from './class-matching.ts'
import { chooseObjects } from './object-choosing.ts'
import { choiceInForce, readObjectMasks } from './object-mask.ts'
import type { Services } from './services.ts'

type ClassProcedures = Pick<
  EngineHandlers,
  'classes.describe' | 'classes.groups' | 'classes.assign' | 'objects.choose' | 'instances.list'
>

export function classHandlers({ projects, now }: Services): ClassProcedures {
  return {
    'classes.describe': ({ project }) => describeMatching(projects.get(project)),

    'classes.groups': ({ project }) => readClassGroups(projects.get(project)),

    'classes.assign': async ({ project: handle, ...said }) => {
      const project = projects.get(handle)
      if ('map' in said) await assignClassGroups(project, said.map, now)
      else await assignClassMap(project, await readClassMap(said.file), now)
      return describeMatching(project)
    },

    'objects.choose': async ({ project: handle, choice }, context) => {
      const project = projects.get(handle)
      const nRescored = await chooseObjects(project, choice, { ...context, now })
      return { matching: await describeMatching(project), nRescored }
    },

    'instances.list': ({ project, after, limit }) =>
      listInstancePage(projects.get(project), { after: after as InstanceMaskId | null, limit }),
  }
}

async function listInstancePage(
  project: Project,
  { after, limit }: { readonly after: InstanceMaskId | null; readonly limit: number },
): ReturnType<ClassProcedures['instances.list']> {
  // one more than asked for tells whether there is a next page
  const found = await listInstances(project.read, { limit: limit + 1, ...(after === null ? {} : { after }) })
  const masks = found.slice(0, limit)
  const images = new Map<ImageId, ProjectImage>()
  for (const id of new Set(masks.map(({ instance }) => instance.imageId))) {
    images.set(id, await getImage(project.read, id))
  }
  const standings = await readStandings(project, images)
  const instances = masks.map(({ instance, revision }) => {
    const { file, label } = images.get(instance.imageId)!
    const { id, category, score } = instance
    const { number, auditor, mask } = revision
    const [x, y, w, h] = mask.bbox
    const bbox: [number, number, number, number] = [x, y, w, h]
    const standing = standings.get(id)!
    const isObject = isPart(standing)
    const facts = { id, image: file, label, category, score, area: mask.area, bbox, revision: number, auditor }
    return { ...facts, isObject, standing }
  })
  return { instances, next: found.length > limit ? masks.at(-1)!.instance.id : null }
}

/** @throws AppError 'file.missing', 'class-map.format' */
export async function readClassMap(path: string): Promise<ReturnType<typeof parseClassMap>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('file.missing', `the class map ${path} cannot be read`, { cause })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('class-map.format', `${path} is not JSON: ${(cause as Error).message}`, { cause })
  }
  return parseClassMap(json)
}

/** Where the instances of images stand. */
async function readStandings(
  project: Project,
  images: ReadonlyMap<ImageId, ProjectImage>,
): Promise<ReadonlyMap<InstanceMaskId, ObjectStanding>> {
  const matching = await objectMatching(project)
  const found = new Map<InstanceMaskId, ObjectStanding>()
  for (const { standings } of await readObjectMasks(project.read, [...images.values()], matching)) {
    for (const [id, standing] of standings) found.set(id, standing)
  }
  return found
}

/** How classes and categories are matched to labels now. */
export async function describeMatching(project: Project): Promise<ClassMatching> {
  const labels = await countImagesByLabel(project.read)
  const objects = await objectMatching(project)
  const names = labels.flatMap(({ label }) => (label === null ? [] : [label]))
  const categories = await countInstancesByCategory(project.read)
  const choice = await choiceInForce(project.read)
  const nByHand = await countChosenByHand(project.read)
  return {
    labels: labels.map(({ label, count }) => ({ label, nImages: count })),
    models: await describeModels(project),
    objects: {
      origin: objects.origin,
      rule: ruleInWords(objects, choice, nByHand),
      choice,
      nByHand,
      categories: categories.map(({ category, count }) => ({
        category,
        label: labelOfCategory(category, objects, names),
        nInstances: count,
      })),
    },
  }
}

async function describeModels(project: Project): Promise<ClassMatching['models']> {
  const labels = await projectLabels(project)
  const models: ClassMatching['models'] = []
  for (const model of await listModels(project.read)) {
    const names = namesOfModel(model)
    const { entries, origin } = await modelMatching(project, model, names)
    const mapped = applyClassMap({ classifier: entries }, names)
    const reasons = new Map(guessClassMap(names, labels).classifier.map((guess) => [guess.classIndex, guess.reason]))
    const groups = [...new Set(mapped)].flatMap((label) => {
      if (label === null) return []
      const indices = [...mapped.keys()].filter((index) => mapped[index] === label)
      return {
        label,
        classes: indices.map((index) => ({ index, name: names[index] ?? null })),
        reason: origin === 'guess' ? [...new Set(indices.map((index) => reasons.get(index)))].join(', ') : null,
      }
    })
    models.push({
      model: model.name,
      origin,
      groups,
      nUnmatchedClasses: mapped.filter((label) => label === null).length,
      unmatchedLabels: labels.filter((label) => !groups.some((group) => group.label === label)),
    })
  }
  return models
}

function ruleInWords(matching: ObjectMatching, { minConfidence, pick }: ObjectChoice, nByHand: number): string {
  const sure = `of these with a confidence of ${minConfidence} or more, or without one`
  return [
    categoriesInWords(matching),
    ...(minConfidence > 0 ? [sure] : []),
    ...(pick === 'biggest' ? ['of these the one with the largest mask'] : []),
    ...(nByHand > 0 ? [`in ${nByHand} ${nByHand === 1 ? 'image' : 'images'} those that were chosen by hand`] : []),
  ].join('; ')
}

function categoriesInWords({ rule, origin }: ObjectMatching): string {
  if (rule.kind === 'any-category') {
    const category = rule.category === null ? 'no category' : `the category “${rule.category}”`
    return `all instances have ${category}, which is no label: they count for every label`
  }
  const by = origin === 'guess' ? 'by the names of the categories' : 'by the class map'
  return `the instances whose category means the image's label, ${by}; where an image has no label, all of them`
}
