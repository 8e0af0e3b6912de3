import type { z } from 'zod'
import type { EngineContract, EngineHandlers } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ImageId, ModelId } from '#common/contract/ids.ts'
import type { HandlerContext } from '#common/contract/rpc.ts'
import { edgeMap } from '#common/explanation/edge-map.ts'
import type { Float64Map } from '#common/explanation/map.ts'
import { decodeNative, type EncodedNativeMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { structuralSimilarity } from '#common/explanation/structural-similarity.ts'
import { scoreMap } from '#common/score/score-map.ts'
import { rankCorrelation } from '#common/statistics/rank-correlation.ts'
import { spread } from '#common/statistics/spread.ts'
import { explainerById, requireVariant } from '#main/explainers/registry.ts'
import { getImage, listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { getModel } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { topClasses } from './class-scores.ts'
import { completeOptions } from './complete-options.ts'
import { withSecondTry, type RemoteClassifier } from './compute-device.ts'
import { readObjectMask } from './object-mask.ts'
import { locatePhoto, requireUnchanged } from './photo-files.ts'
import { readPhotoInput, type PhotoInput } from './photo-input.ts'
import { ProgressMeter } from './progress.ts'
import { loadProjectModel } from './project-model.ts'
import type { MatchingCache } from './review/matchings.ts'
import { maskOnGrids, scoreNative, type ScoringParts } from './score-map.ts'
import type { Services } from './services.ts'

type Check = EngineContract['explanation.check']
type Request = z.output<Check['input']>
type Checked = z.input<Check['output']>

/** Sanity checks of an explanation, as somebody asks for them. */
export function checkingHandlers(
  services: Services,
  matchings: MatchingCache,
): Pick<EngineHandlers, 'explanation.check'> {
  return {
    'explanation.check': async (request, context) => {
      const { method, variant, options } = request
      requireVariant(explainerById(method), variant)
      completeOptions(method, options) // so that a slip of the pen does not wait for the model to load
      const project = services.projects.get(request.project)
      const image = await getImage(project.read, request.image as ImageId)
      const { objects } = await matchings.of(project)
      const rle = (await readObjectMask(project.read, image, objects)).rle()
      const maskOn = maskOnGrids(() => rle, { photo: image, variant: request.maskVariant })
      return withSecondTry(async () => {
        const meter = new ProgressMeter((progress) => context.emit(progress))
        meter.report('loading the classifier', 0, null)
        const classifier = await loadModel(services, project, { request, signal: context.signal })
        const photo = await readPhoto(project, image, classifier)
        const scoring = { maskOn, input: classifier.info.card, variant: request.maskVariant }
        return check({ request, classifier, photo, scoring, meter, context })
      })
    },
  }
}

async function loadModel(
  { compute }: Services,
  project: Project,
  { request, signal }: { readonly request: Request; readonly signal: AbortSignal },
): Promise<RemoteClassifier> {
  const { model } = request
  if (typeof model !== 'number') return compute.classifier(model, signal)
  return loadProjectModel({ project, compute }, await getModel(project.read, model as ModelId), signal)
}

async function readPhoto(project: Project, image: ProjectImage, { info }: RemoteClassifier): Promise<PhotoInput> {
  const folder = (await listFolders(project.read)).get(image.folderId)!
  const photo = await readPhotoInput((await locatePhoto(folder, image)).path, info.card)
  requireUnchanged(image, photo.sha256)
  return photo
}

/** Everything that a check works with. */
interface Checking {
  readonly request: Request
  readonly classifier: RemoteClassifier
  readonly photo: PhotoInput
  readonly scoring: ScoringParts
  readonly meter: ProgressMeter
  readonly context: HandlerContext<Check>
}

async function check(checking: Checking): Promise<Checked> {
  const { request, classifier, photo, scoring, context } = checking
  const { image, method, variant, maskVariant } = request
  const { card } = classifier.info
  const predicted = topClasses(
    classifier.info,
    await classifier.predict(photo.input.data, 1, { signal: context.signal }),
    1,
  )
  const classIndex = request.classIndex ?? predicted[0]!.index
  const explain = explaining(checking, classIndex)

  const map = await explain(classifier, request.options, `explaining by ${method}`)
  const seeds = await seedBand(checking, explain, map)
  const randomised: Checked['randomised'][number][] = []
  let obstacle: string | null = null
  for (const weights of ['top', 'all'] as const) {
    try {
      const forgetful = await classifier.withRandomWeights(
        { weights, seed: request.seed },
        (random) => explain(random, request.options, `explaining random weights by ${method}`),
        context.signal,
      )
      randomised.push({ weights, ...scored(forgetful, scoring), ...similarity(map, forgetful, scoring.input) })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'model.not-randomised') throw error
      obstacle = error.message
    }
  }
  return {
    ...{ image, model: card.name, method, variant, maskVariant, classIndex },
    classLabel: card.labels?.[classIndex] ?? `class ${classIndex}`,
    grid: { width: card.width, height: card.height },
    map: scored(map, scoring),
    ...{ randomised, obstacle, seeds },
    baselines: {
      uniform: scoreDense(uniformMap(scoring.input), scoring),
      edges: scoreDense(edgeMap(photo.input), scoring),
    },
  }
}

type Options = Request['options']
type Explain = (classifier: RemoteClassifier, options: Options, step: string) => Promise<EncodedNativeMap>

/** Explains the photo again and again, and tells how far all of it is. */
function explaining({ request, photo, meter, context }: Checking, classIndex: number): Explain {
  const { method, variant } = request
  const total = 3 + (drawsNumbers(method) ? request.nSeeds - 1 : 0)
  let done = 0
  return async (classifier, options, step) => {
    meter.report(step, done, total)
    const { seconds: _, ...native } = await classifier.explain(
      { image: photo.input.data, classIndex, against: null, method, variant, options },
      { signal: context.signal, onShare: (share) => meter.report(step, done + share, total) },
    )
    done++
    return native
  }
}

/** Whether a method draws random numbers. */
function drawsNumbers(method: string): boolean {
  return 'seed' in explainerById(method).options.shape
}

/** The score with the seed that was asked for and with those after it. */
async function seedBand(
  { request, classifier, scoring }: Checking,
  explain: Explain,
  map: EncodedNativeMap,
): Promise<Checked['seeds']> {
  const { method, options, nSeeds } = request
  if (!drawsNumbers(method)) return null
  const first = Number(completeOptions(method, options)['seed'])
  const scores = [{ seed: first, obalex: scoreNative(map, scoring).obalex }]
  for (let i = 1; i < nSeeds; i++) {
    const seed = (first + i) % 2 ** 32
    const other = await explain(classifier, { ...options, seed }, `explaining by ${method} with the seed ${seed}`)
    scores.push({ seed, obalex: scoreNative(other, scoring).obalex })
  }
  return { scores, ...spread(scores.flatMap(({ obalex }) => obalex ?? [])) }
}

function scored(map: EncodedNativeMap, scoring: ScoringParts): Checked['map'] {
  return { ...map, score: scoreNative(map, scoring) }
}

function similarity(
  a: EncodedNativeMap,
  b: EncodedNativeMap,
  size: { readonly width: number; readonly height: number },
): Pick<Checked['randomised'][number], 'rankCorrelation' | 'ssim'> {
  const [x, y] = [renderMap(decodeNative(a), size), renderMap(decodeNative(b), size)]
  return { rankCorrelation: rankCorrelation(x.data, y.data), ssim: structuralSimilarity(x, y) }
}

function scoreDense(map: Float64Map, { maskOn, input, variant }: ScoringParts): Checked['map']['score'] {
  return scoreMap(maskOn(input), map, variant)
}

function uniformMap({ width, height }: { readonly width: number; readonly height: number }): Float64Map {
  return { width, height, data: new Float64Array(width * height).fill(1) }
}
