import type { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ImageId, ModelId } from '#common/contract/ids.ts'
import type { EngineContract, EngineHandlers } from '#common/contract/index.ts'
import { averageObalexInParts, type AverageEntry, type Correctness } from '#common/score/average.ts'
import { readAuditHead } from '#main/project/audit-log.ts'
import { getImage } from '#main/project/image-repository.ts'
import { getModel } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { listScoresForAverages, type AveragedScore } from '#main/project/score-repository.ts'
import { knownOptions } from './complete-options.ts'
import { inTurns } from './in-turns.ts'
import { allScores, averageEntry, bootstrapSeed, judgeOf } from './score-table.ts'
import type { Services } from './services.ts'

type Distribution = z.input<EngineContract['scores.distribution']['output']>
type Setting = Omit<z.output<EngineContract['scores.distribution']['input']>, 'project'>
type DoubtfulRequest = Omit<z.output<EngineContract['scores.doubtful']['input']>, 'project'>
type Doubtful = z.input<EngineContract['scores.doubtful']['output']>

/** How the scores of one line of the score table are spread over the images. */
export function distributionHandlers({
  projects,
}: Pick<Services, 'projects'>): Pick<EngineHandlers, 'scores.distribution' | 'scores.doubtful'> {
  const distributions = new Distributions()
  return {
    'scores.distribution': ({ project, ...setting }) => distributions.of(projects.get(project), setting),

    'scores.doubtful': async ({ project: handle, threshold, after, limit, ...setting }) => {
      const project = projects.get(handle)
      return doubtfulImages(project, await distributions.of(project, setting), { threshold, after, limit })
    },
  }
}

/** Of 100,000 images one takes some megabytes. */
const maxKept = 8

/** Keeps what was asked for last, as long as nothing in the project changes: every change is in its audit log. */
class Distributions {
  readonly #known = new WeakMap<Project, { readonly seq: number; readonly kept: Map<string, Promise<Distribution>> }>()

  /** @throws AppError 'record.missing', 'explainer.options' */
  async of(project: Project, setting: Setting): Promise<Distribution> {
    const options = knownOptions(setting.method, setting.options)
    const key = canonicalJson({ ...setting, options })
    const { seq } = await readAuditHead(project.read)
    const known = this.#known.get(project)
    const kept = known?.seq === seq ? known.kept : new Map<string, Promise<Distribution>>()
    this.#known.set(project, { seq, kept })
    const distribution =
      kept.get(key) ?? distributionOf(project, { ...setting, options: options as Setting['options'] })
    kept.delete(key) // to the end: the one that was asked for last
    kept.set(key, distribution)
    distribution.catch(() => kept.delete(key))
    if (kept.size > maxKept) kept.delete(kept.keys().next().value!)
    return distribution
  }
}

const correctnessCodes = new Map<Correctness, number>([
  [false, 0],
  [true, 1],
  ['assumed', 2],
  [null, 3],
])
const isRight = correctnessCodes.get(true)!

async function distributionOf(project: Project, setting: Setting): Promise<Distribution> {
  const { method, variant, options, maskVariant } = setting
  const model = await getModel(project.read, setting.model as ModelId)
  const judge = await judgeOf(project, model)
  const choice = { modelId: model.id, maskVariant, setting: { method, variant, options: canonicalJson(options) } }
  const scores: AveragedScore[] = []
  const entries: AverageEntry[] = []
  for await (const score of allScores((page) => listScoresForAverages(project.read, choice, page))) {
    scores.push(score)
    entries.push(averageEntry(score, judge(score)))
  }
  const { interval, ...average } = await inTurns(averageObalexInParts(entries, { seed: bootstrapSeed }))
  const numbers = (of: (score: AveragedScore) => number | null): Float64Array =>
    Float64Array.from(scores, (score) => of(score) ?? NaN)
  return {
    images: numbers(({ imageId }) => imageId),
    obalex: numbers(({ obalex }) => obalex),
    areaShare: numbers(({ areaShare }) => areaShare),
    lift: numbers(({ lift }) => lift),
    normalized: numbers(({ normalized }) => normalized),
    isCorrect: Uint8Array.from(entries, ({ correct }) => correctnessCodes.get(correct)!),
    average: {
      ...{ modelId: model.id, model: model.name, method, variant, options, maskVariant },
      ...average,
      interval: interval && [interval[0], interval[1]],
    },
  }
}

async function doubtfulImages(
  { read }: Project,
  { images, obalex, areaShare, lift, normalized, isCorrect }: Distribution,
  { threshold, after, limit }: Pick<DoubtfulRequest, 'threshold' | 'after' | 'limit'>,
): Promise<Doubtful> {
  // the project's order is that of the ids, so places are compared where scores are equal; NaN is below nothing
  const doubtful = [...images.keys()]
    .filter((i) => isCorrect[i] === isRight && normalized[i]! < threshold)
    .sort((a, b) => normalized[a]! - normalized[b]! || a - b)
  const isAfter = (i: number): boolean =>
    after === null ||
    normalized[i]! > after.normalized ||
    (normalized[i] === after.normalized && images[i]! > after.image)
  const rest = doubtful.filter(isAfter)
  const page = rest.slice(0, limit)
  const last = rest.length > limit ? page.at(-1)! : null
  return {
    images: await Promise.all(
      page.map(async (i) => {
        const { id, file, label } = await getImage(read, images[i]! as ImageId)
        const numbers = { obalex: obalex[i]!, areaShare: areaShare[i]!, lift: lift[i]!, normalized: normalized[i]! }
        return { image: id, file, label, ...numbers }
      }),
    ),
    total: doubtful.length,
    next: last === null ? null : { normalized: normalized[last]!, image: images[last]! },
  }
}
