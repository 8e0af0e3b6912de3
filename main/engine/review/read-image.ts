import type { ImageId } from '#common/contract/ids.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import type { ReviewedImage, ReviewedInstance, StoredMap } from '#common/contract/procedures/reviewing.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { listExplanations, readNative } from '#main/project/explanation-repository.ts'
import { getImage, listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { currentMasks, machineMasks } from '#main/project/mask-repository.ts'
import type { CurrentMask, MaskRevision } from '#main/project/mask-rows.ts'
import { listPredictionsOfImage, type Prediction } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import { newestReview } from '#main/project/review-repository.ts'
import { listScores, type MaskVariant, type Score } from '#main/project/score-repository.ts'
import { listSteps } from '#main/project/stroke-repository.ts'
import { objectMaskOf, rleOf } from '../object-mask.ts'
import type { PhotoFiles } from '../photo-files.ts'
import type { JudgedModel, MatchingCache } from './matchings.ts'
import { journalOf } from './stroke-journals.ts'

type Machines = ReadonlyMap<number, MaskRevision>

/** Everything that reviewing an image needs but its pixels. @throws AppError 'record.missing' */
export async function readReviewedImage(
  project: Project,
  id: ImageId,
  { photos, matchings }: { readonly photos: PhotoFiles; readonly matchings: MatchingCache },
): Promise<ReviewedImage> {
  const { read } = project
  const image = await getImage(read, id)
  const folder = (await listFolders(read)).get(image.folderId)!
  const masks = (await currentMasks(read, [id])).get(id) ?? []
  const machines = await machineMasks(read, id)
  const predictions = await listPredictionsOfImage(read, id)
  // after the predictions, so that it has their models
  const { models, objects: matching } = await matchings.of(project)
  const machineKey = objectMaskOf(image, machineOnly(masks, machines), matching).key
  const { key, instances: objects } = objectMaskOf(image, masks, matching)
  const review = await newestReview(read, id)
  const { file, width, height, label } = image
  return {
    ...{ id, file, folder, width, height, label },
    importedAt: image.createdAt,
    photoChangedAt: null,
    ...(await photos.state(folder, image)),
    instances: await Promise.all(masks.map((mask) => instanceOf(project, mask, { machines, objects }))),
    maps: await mapsOf(project, predictions, { models, keys: { machine: machineKey, current: key } }),
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
  /** of the object mask before any correction, and as it is now */
  readonly keys: { readonly machine: string; readonly current: string }
}

/** The maps of an image, one for each mask rule that it was scored by. */
async function mapsOf(
  { read }: Project,
  predictions: readonly Prediction[],
  { models, keys }: MapsContext,
): Promise<StoredMap[]> {
  const maps: StoredMap[] = []
  for (const prediction of predictions) {
    const { model, card } = models.get(prediction.modelId)!
    const { width, height, fit, labels } = card
    for (const explanation of await listExplanations(read, prediction.id)) {
      const { id, method, variant, classIndex } = explanation
      const scores = await listScores(read, id)
      const classLabel = classIndex === prediction.classIndex ? prediction.classLabel : labels?.[classIndex]
      const map = {
        ...{ id, model: model.name, method, variant: variant as Variant, classIndex },
        classLabel: classLabel ?? `class ${classIndex}`,
        ...(await readNative(read, explanation)),
        grid: { width, height, fit },
      }
      maps.push(...variantsOf(scores).map((maskVariant) => ({ ...map, ...scoresOf(scores, maskVariant, keys) })))
    }
  }
  return maps
}

function variantsOf(scores: readonly Score[]): MaskVariant[] {
  const variants = new Set(scores.map(({ maskVariant }) => maskVariant))
  return variants.size > 0 ? [...variants] : ['standard']
}

function scoresOf(
  scores: readonly Score[],
  maskVariant: MaskVariant,
  { machine, current }: MapsContext['keys'],
): Pick<StoredMap, 'maskVariant' | 'machineScore' | 'score'> {
  const numbersOf = (key: string): ScoreNumbers | null => {
    const found = scores.find((score) => score.maskVariant === maskVariant && score.maskKey === key)
    return found ? scoreNumbers(found) : null
  }
  return { maskVariant, machineScore: numbersOf(machine), score: numbersOf(current) }
}

function scoreNumbers({ obalex, areaShare, lift, normalized, reason, ...rest }: Score): ScoreNumbers {
  const { pointingGame, relevanceRank, topK, auc } = rest
  return { obalex, areaShare, lift, normalized, reason, pointingGame, relevanceRank, topK, auc }
}

function judged(
  { modelId, classIndex, classLabel, probability }: Prediction,
  { label }: ProjectImage,
  models: ReadonlyMap<number, JudgedModel>,
): ReviewedImage['predictions'][number] {
  const { model, judge } = models.get(modelId)!
  return { model: model.name, label: classLabel, probability, isCorrect: judge(classIndex, label) }
}
