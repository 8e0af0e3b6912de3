import type { z } from 'zod'
import type { ImageId, ModelId } from '#common/contract/ids.ts'
import type { EngineContract, EngineHandlers } from '#common/contract/index.ts'
import type { HandlerContext } from '#common/contract/rpc.ts'
import { explainerById, requireVariant } from '#main/explainers/registry.ts'
import { findExplanation } from '#main/project/explanation-repository.ts'
import { getImage, listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { machineMasks } from '#main/project/mask-repository.ts'
import { getModel } from '#main/project/model-repository.ts'
import { findPrediction, type NewPrediction } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import { knownOptions } from './complete-options.ts'
import { withSecondTry } from './compute-device.ts'
import {
  lookUpImage,
  predict,
  runImage,
  type ImageComputing,
  type ImageState,
  type ImageTask,
} from './jobs/run-image.ts'
import { locatePhoto, requireUnchanged } from './photo-files.ts'
import { readPhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import { loadProjectModel } from './project-model.ts'
import type { MatchingCache } from './review/matchings.ts'
import { readObjectMask } from './object-mask.ts'
import { objectKeys } from './review/read-image.ts'
import { aboutMap, readStoredMaps } from './review/stored-maps.ts'
import { maskOnGrids, scoreNative } from './score-map.ts'
import type { Services } from './services.ts'
import { cardOf } from './stored-card.ts'

type Explanation = EngineContract['image.explain']
type Request = z.output<Explanation['input']>
type Explained = z.input<Explanation['output']>

/** Explains images of a project one by one, as somebody looks at them. */
export function imageExplainingHandlers(
  services: Services,
  matchings: MatchingCache,
): Pick<EngineHandlers, 'image.explain'> {
  return {
    'image.explain': async (request, context) => {
      const explaining = await prepare(services, matchings, { request, context })
      const isKept = request.against === null && explaining.task.project.mode === 'write'
      return isKept || explaining.state.isDone ? keptMap(explaining) : passingMap(explaining)
    },
  }
}

/** One image, and everything that it is explained with. */
interface Explaining {
  readonly task: ImageTask
  readonly image: ProjectImage
  readonly state: ImageState
  readonly against: number | null
  /** loads the classifier and decodes the photo */
  readonly compute: () => Promise<ImageComputing>
}

async function prepare(
  { projects, compute, now }: Services,
  matchings: MatchingCache,
  { request, context }: { readonly request: Request; readonly context: HandlerContext<Explanation> },
): Promise<Explaining> {
  const project = projects.get(request.project)
  const { method, variant, maskVariant, classIndex, against } = request
  const image = await getImage(project.read, request.image as ImageId)
  const model = await getModel(project.read, request.model as ModelId)
  const methods = [{ method, options: knownOptions(method, request.options) }]
  const { objects: matching } = await matchings.of(project)
  const task = { project, model, card: cardOf(model), methods, classIndex, variant, maskVariant, matching, now }
  const state = await lookUpImage(task, image)
  if (!state.isExplained || against !== null) requireVariant(explainerById(method), variant)
  const meter = new ProgressMeter((progress) => context.emit(progress))
  return {
    ...{ task, image, against },
    // a difference is another map than that of its first class
    state: against === null ? state : { ...state, isExplained: false, isDone: false },
    compute: async () => {
      const { signal } = context
      meter.report(`loading ${model.name}`, 0, null)
      const classifier = await loadProjectModel({ project, compute }, model, signal)
      const input = await readPhotoInput(await pathOf(project, image), task.card)
      const onShare = (share: number): void => meter.report(`explaining by ${method}`, share * 100, 100)
      return { input, classifier, signal, onShare }
    },
  }
}

async function pathOf({ read }: Project, image: ProjectImage): Promise<string> {
  const folder = (await listFolders(read)).get(image.folderId)!
  return (await locatePhoto(folder, image)).path
}

/** Takes the map from the project; what is not there yet is computed and kept. */
async function keptMap(explaining: Explaining): Promise<Explained> {
  const { task, image, state, compute } = explaining
  const { project, model, methods, variant, maskVariant } = task
  if (!state.isDone) {
    await withSecondTry(async () =>
      runImage(task, state, {
        computing: state.isExplained ? null : await compute(),
        onKeep: () => Promise.resolve(),
      }),
    )
  }
  const prediction = (await findPrediction(project.read, keyOf(model.id, image)))!
  const classIndex = task.classIndex ?? prediction.classIndex
  const explanation = await findExplanation(project.read, {
    ...{ predictionId: prediction.id, ...methods[0]!, variant, classIndex },
  })
  const keys = await keysOf(explaining)
  const context = { prediction, judged: task, keys }
  const maps = await readStoredMaps(project.read, explanation!, context)
  return {
    ...maps.find((map) => map.maskVariant === maskVariant)!,
    ...{ against: null, probability: probabilityOf(prediction, classIndex), seconds: explanation!.seconds },
  }
}

/** Computes the map, and keeps nothing. */
async function passingMap(explaining: Explaining): Promise<Explained> {
  const { task, image, state, against, compute } = explaining
  const { methods, variant, maskVariant, card } = task
  const { method, options } = methods[0]!
  const rle = state.objectMask.rle() // before the long part: a mask that does not fit makes that part useless
  return withSecondTry(async () => {
    const computing = await compute()
    requireUnchanged(image, computing.input.sha256)
    const { classifier, signal, onShare, input } = computing
    const prediction = state.prediction ?? (await predict(task, { image }, computing))
    const classIndex = task.classIndex ?? prediction.classIndex
    const { seconds, ...native } = await classifier.explain(
      { image: input.input.data, method, variant, options: { ...options }, classIndex, against },
      { signal, onShare },
    )
    const maskOn = maskOnGrids(() => rle, { photo: image, variant: maskVariant })
    const score = scoreNative(native, { maskOn, input: card, variant: maskVariant })
    const { machine, current } = await keysOf(explaining)
    return {
      ...{ id: null, against, options, maskVariant, seconds, ...native },
      ...aboutMap({ method, variant, classIndex }, native, { prediction, judged: task }),
      ...{ score, machineScore: machine === current ? score : null },
      probability: probabilityOf(prediction, classIndex),
    }
  })
}

async function keysOf({ task, image }: Explaining): Promise<{ readonly machine: string; readonly current: string }> {
  const { project, matching } = task
  const objectMask = await readObjectMask(project.read, image, matching)
  return objectKeys(image, { objectMask, machines: await machineMasks(project.read, image.id) })
}

function keyOf(modelId: ModelId, { id, sha256 }: ProjectImage): Parameters<typeof findPrediction>[1] {
  return { imageId: id, modelId, imageSha256: sha256 }
}

/** Predictions keep their likeliest classes only. */
function probabilityOf({ top }: Pick<NewPrediction, 'top'>, classIndex: number): number | null {
  return top.find(([index]) => index === classIndex)?.[1] ?? null
}
