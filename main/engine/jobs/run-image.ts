import type { Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { PredictionId } from '#common/contract/ids.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { decodeNative, type EncodedNativeMap } from '#common/explanation/native-map.ts'
import {
  findExplanation,
  readNative,
  saveExplanation,
  type Explanation,
  type ExplanationKey,
} from '#main/project/explanation-repository.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import type { Model } from '#main/project/model-repository.ts'
import { findPrediction, savePrediction, type NewPrediction } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, saveScore, type NewScore } from '#main/project/score-repository.ts'
import { topClasses } from '../class-scores.ts'
import type { ObjectMatching } from '../class-matching.ts'
import type { RemoteClassifier } from '../compute-device.ts'
import { readObjectMask, type ObjectMask } from '../object-mask.ts'
import { requireUnchanged } from '../photo-files.ts'
import type { PhotoInput } from '../photo-input.ts'
import { logRescoring, rescoreImage } from '../review/rescore-image.ts'
import { explainingRuntime } from '../run-speed.ts'
import { maskOnGrids, scoreNative } from '../score-map.ts'

/** What is done to every image of a run, for one model. */
export interface ImageTask {
  readonly project: Project
  readonly model: Model
  /** the model's card as it was when the run began */
  readonly card: ModelCard
  readonly methods: readonly { readonly method: string; readonly options: JsonObject }[]
  /** the class that is explained; null: the one that is predicted */
  readonly classIndex: number | null
  readonly variant: Variant
  readonly maskVariant: Variant
  readonly matching: ObjectMatching
  readonly now: () => number
}

/** What there is already of one image's results. */
export interface ImageState {
  readonly image: ProjectImage
  readonly objectMask: ObjectMask
  readonly prediction: (NewPrediction & { readonly id: PredictionId }) | null
  /** by position in the task's methods */
  readonly explanations: readonly (Explanation | null)[]
  /** whether the score in force is that of the object mask as it is now */
  readonly isScored: readonly boolean[]
  /** true: nothing has to be computed by the classifier */
  readonly isExplained: boolean
  readonly isDone: boolean
}

/** Looks up what a run has to do for an image; what is there is not computed again. */
export async function lookUpImage(task: ImageTask, image: ProjectImage): Promise<ImageState> {
  const { project, model, methods, variant, maskVariant, matching } = task
  const objectMask = await readObjectMask(project.read, image, matching)
  const key = { imageId: image.id, modelId: model.id, imageSha256: image.sha256 }
  const prediction = await findPrediction(project.read, key)
  const explanations: (Explanation | null)[] = []
  const isScored: boolean[] = []
  for (const { method, options } of methods) {
    const explanation =
      prediction &&
      (await findExplanation(project.read, {
        predictionId: prediction.id,
        method,
        variant,
        options,
        classIndex: task.classIndex ?? prediction.classIndex,
      }))
    explanations.push(explanation)
    const scores = explanation ? await listScores(project.read, explanation.id) : []
    isScored.push(scores.findLast((score) => score.maskVariant === maskVariant)?.maskKey === objectMask.key)
  }
  const isExplained = prediction !== null && explanations.every((explanation) => explanation !== null)
  const isDone = isExplained && isScored.every(Boolean)
  return { image, objectMask, prediction, explanations, isScored, isExplained, isDone }
}

/** One explanation of an image, computed or found, with what is needed to score it. */
interface ImageExplanation {
  readonly key: Omit<ExplanationKey, 'predictionId'>
  readonly native: EncodedNativeMap
  readonly seconds: number
  readonly runtime: string
}

/** What the classifier's part of an image needs. */
export interface ImageComputing {
  readonly input: PhotoInput
  readonly classifier: RemoteClassifier
  readonly signal: AbortSignal
  readonly onShare: (share: number) => void
}

/** What is wanted of one image beside its state. */
export interface ImageWork {
  /** null: nothing has to be computed, see `isExplained` */
  readonly computing: ImageComputing | null
  /** runs in the transaction that keeps the results */
  readonly onKeep: (trx: Transaction<Schema>) => Promise<void>
}

/**
 * Classifies, explains and scores one image, as far as that is not done, and keeps all of it in one transaction.
 * @throws AppError 'image.changed' where the file is not the one that was imported; 'mask.size'; 'compute.died'; …
 */
export async function runImage(task: ImageTask, state: ImageState, work: ImageWork): Promise<void> {
  const { card, maskVariant } = task
  const { image, objectMask } = state
  const { computing } = work
  if (computing) requireUnchanged(image, computing.input.sha256)
  const rle = objectMask.rle() // before the long part: a mask that does not fit makes that part useless
  const prediction = state.prediction ?? (await predict(task, state, computing!))
  const classIndex = task.classIndex ?? prediction.classIndex
  const explanations = await explainAll(task, state, { classIndex, computing })
  const maskOn = maskOnGrids(() => rle, { photo: image, variant: maskVariant })
  const scores = explanations.map(({ native }) => scoreNative(native, { maskOn, input: card, variant: maskVariant }))
  await keepResults(task, state, { prediction, explanations, scores, onKeep: work.onKeep })
}

/** What a model says of an image. */
export async function predict(
  { model }: Pick<ImageTask, 'model'>,
  { image }: Pick<ImageState, 'image'>,
  { input, classifier, signal }: Omit<ImageComputing, 'onShare'>,
): Promise<NewPrediction> {
  const { info } = classifier
  const top = topClasses(info, await classifier.predict(input.input.data, 1, { signal }), 5)
  const [best] = top
  return {
    imageId: image.id,
    modelId: model.id,
    imageSha256: image.sha256,
    classIndex: best!.index,
    classLabel: best!.label ?? `class ${best!.index}`,
    probability: best!.probability,
    logit: best!.logit,
    top: top.map(({ index, probability, logit }) => [index, probability, logit]),
    runtime: info.predictionRuntime,
  }
}

async function explainAll(
  { project, methods, variant }: ImageTask,
  { explanations }: ImageState,
  { classIndex, computing }: { readonly classIndex: number; readonly computing: ImageComputing | null },
): Promise<ImageExplanation[]> {
  const results: ImageExplanation[] = []
  for (const [position, { method, options }] of methods.entries()) {
    const key = { method, variant, options, classIndex }
    const known = explanations[position]
    if (known) {
      const native = await readNative(project.read, known)
      results.push({ key, native, seconds: known.seconds, runtime: known.runtime })
      continue
    }
    const { input, classifier, signal, onShare } = computing!
    const { seconds, ...native } = await classifier.explain(
      { image: input.input.data, ...key, options: { ...options } },
      { signal, onShare: (share) => onShare((position + share) / methods.length) },
    )
    results.push({ key, native, seconds, runtime: explainingRuntime(classifier.info) })
  }
  return results
}

interface ImageResults {
  readonly prediction: NewPrediction
  readonly explanations: readonly ImageExplanation[]
  readonly scores: readonly Omit<NewScore, 'explanationId' | 'maskVariant' | 'maskKey'>[]
  readonly onKeep: ImageWork['onKeep']
}

async function keepResults(
  { project, model, classIndex, maskVariant, matching, now }: ImageTask,
  { image, objectMask, isScored }: ImageState,
  { prediction, explanations, scores, onKeep }: ImageResults,
): Promise<void> {
  await project.write(
    {
      actor: 'program',
      action: 'image.score',
      subject: `image:${image.id}`,
      data: {
        model: model.id,
        imageSha256: image.sha256,
        class: prediction.classIndex,
        ...(classIndex === null ? {} : { explained: classIndex }),
        maskVariant,
        maskKey: objectMask.key,
        scores: explanations.map(({ key: { method, variant } }, i) => ({ method, variant, obalex: scores[i]!.obalex })),
      },
    },
    async (trx) => {
      const predictionId = await savePrediction(trx, prediction, now())
      for (const [position, explanation] of explanations.entries()) {
        const explanationId = await saveExplanation(trx, factsOf(explanation, predictionId), now())
        if (isScored[position]) continue
        await saveScore(trx, { ...scores[position]!, explanationId, maskVariant, maskKey: objectMask.key }, now())
      }
      // a person may have chosen or painted another object meanwhile
      const inForce = await readObjectMask(trx, image, matching)
      if (inForce.key !== objectMask.key) {
        await logRescoring(trx, image, await rescoreImage(trx, { image, objectMask: inForce, now: now() }), now())
      }
      await onKeep(trx)
    },
  )
}

function factsOf(
  { key, native, seconds, runtime }: ImageExplanation,
  predictionId: PredictionId,
): Parameters<typeof saveExplanation>[1] {
  const header = JSON.parse(native.header) as JsonObject
  const note = decodeNative(native).note ?? null
  return { ...key, predictionId, header, bytes: native.values, note, runtime, seconds }
}
