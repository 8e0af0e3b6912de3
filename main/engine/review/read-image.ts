import type { ImageId } from '#common/contract/ids.ts'
import type { ReviewedImage, ReviewedInstance, StoredMap } from '#common/contract/procedures/reviewing.ts'
import { listExplanations } from '#main/project/explanation-repository.ts'
import { getImage, listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { machineMasks } from '#main/project/mask-repository.ts'
import type { CurrentMask, MaskRevision } from '#main/project/mask-rows.ts'
import { listPredictionsOfImage, type Prediction } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import { newestReview } from '#main/project/review-repository.ts'
import { listSteps } from '#main/project/stroke-repository.ts'
import { objectMaskOf, readObjectMask, rleOf, type ObjectMask } from '../object-mask.ts'
import type { PhotoFiles } from '../photo-files.ts'
import { knownCorrectness } from '../score-table.ts'
import type { JudgedModel, MatchingCache } from './matchings.ts'
import { readStoredMaps, type MapContext } from './stored-maps.ts'
import { journalOf } from './stroke-journals.ts'

type Machines = ReadonlyMap<number, MaskRevision>

interface ReadingParts {
  readonly photos: PhotoFiles
  readonly matchings: MatchingCache
  /** whose maps */
  readonly classes: 'predicted' | 'all'
}

/** Everything that reviewing an image needs but its pixels. @throws AppError 'record.missing' */
export async function readReviewedImage(
  project: Project,
  id: ImageId,
  { photos, matchings, classes }: ReadingParts,
): Promise<ReviewedImage> {
  const { read } = project
  const image = await getImage(read, id)
  const folder = (await listFolders(read)).get(image.folderId)!
  const machines = await machineMasks(read, id)
  const predictions = await listPredictionsOfImage(read, id)
  // after the predictions, so that it has their models
  const { models, objects: matching } = await matchings.of(project)
  const objectMask = await readObjectMask(read, image, matching)
  const { masks, rules, instances: objects } = objectMask
  const keys = objectKeys(image, { objectMask, machines })
  const review = await newestReview(read, id)
  const { file, width, height, label } = image
  return {
    ...{ id, file, folder, width, height, label },
    importedAt: image.createdAt,
    photoChangedAt: null,
    ...(await photos.state(folder, image)),
    instances: await Promise.all(masks.map((mask) => instanceOf(project, mask, { machines, objects }))),
    object: {
      rule: { ...rules.rule },
      objectMap: rules.objectMap,
      choice: { ...rules.choice },
      leftOut: rules.leftOut && [...rules.leftOut],
    },
    maps: await mapsOf(project, predictions, { models, keys, classes }),
    predictions: predictions.map((prediction) => judged(prediction, image, models)),
    review: review && {
      verdict: review.verdict,
      reasons: [...review.reasons],
      comment: review.comment,
      auditor: review.auditor,
      at: review.createdAt,
    },
  }
}

interface ObjectParts {
  readonly objectMask: ObjectMask
  readonly machines: Machines
}

/** Names the object mask of an image before any correction, and as it is now. */
export function objectKeys(image: ProjectImage, { objectMask, machines }: ObjectParts): MapContext['keys'] {
  return { machine: machineObject(image, { objectMask, machines }).key, current: objectMask.key }
}

/** The object mask before any correction, by the same rules. */
export function machineObject(
  image: ProjectImage,
  { objectMask: { masks, rules }, machines }: ObjectParts,
): ObjectMask {
  return objectMaskOf(image, machineOnly(masks, machines), rules)
}

/** The objects as they were before anybody corrected them; those that a person drew did not exist. */
function machineOnly(masks: readonly CurrentMask[], machines: Machines): CurrentMask[] {
  return masks.flatMap(({ instance }) => {
    const revision = machines.get(instance.id)
    return revision ? [{ instance, revision }] : []
  })
}

async function instanceOf(
  { read }: Project,
  current: CurrentMask,
  { machines, objects }: { readonly machines: Machines; readonly objects: ReadonlySet<number> },
): Promise<ReviewedInstance> {
  const { id, category, score, isCrowd } = current.instance
  const { kind, number, auditor, mask } = current.revision
  const machine = machines.get(id)
  return {
    ...{ id, category, score, isCrowd },
    isObject: objects.has(id),
    machine: machine ? rleOf(machine.mask) : null,
    correction: kind === 'correction' ? rleOf(mask) : null,
    revision: number,
    auditor,
    journal: await listSteps(read, journalOf(current)),
  }
}

interface MapsContext {
  readonly models: ReadonlyMap<number, JudgedModel>
  readonly keys: MapContext['keys']
  readonly classes: 'predicted' | 'all'
}

/** The maps of an image, one for each mask rule that it was scored by. */
async function mapsOf(
  { read }: Project,
  predictions: readonly Prediction[],
  { models, keys, classes }: MapsContext,
): Promise<StoredMap[]> {
  const maps: StoredMap[] = []
  for (const prediction of predictions) {
    const judged = models.get(prediction.modelId)!
    for (const explanation of await listExplanations(read, prediction.id)) {
      if (classes === 'predicted' && explanation.classIndex !== prediction.classIndex) continue
      maps.push(...(await readStoredMaps(read, explanation, { prediction, judged, keys })))
    }
  }
  return maps
}

function judged(
  { modelId, classIndex, classLabel, probability, runtime: predictionRuntime }: Prediction,
  { label }: ProjectImage,
  models: ReadonlyMap<number, JudgedModel>,
): ReviewedImage['predictions'][number] {
  const { model, judge } = models.get(modelId)!
  const isCorrect = knownCorrectness(judge({ classIndex, label, predictionRuntime }))
  return { modelId, model: model.name, classIndex, label: classLabel, probability, isCorrect }
}
