import type { z } from 'zod'
import type { ClassMap } from '#common/classes/class-map.ts'
import type { RunSpec } from '#common/contract/procedures/running.ts'
import { updateJob } from '#main/project/job-repository.ts'
import { findOrInsertModel, listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { assignClassMap, objectMatching, putMatchingInForce } from '../class-matching.ts'
import { completeOptions } from '../complete-options.ts'
import { withSecondTry, type ComputeDevice, type RemoteClassifier } from '../compute-device.ts'
import { ProgressMeter } from '../progress.ts'
import { countRunImages, runImages } from '../run-images.ts'
import { imageSeconds } from '../run-speed.ts'
import type { Speeds } from '../speeds.ts'
import { ImageRunner } from './image-runner.ts'
import type { JobContext, JobOutcome } from './job-runner.ts'
import type { ImageTask } from './run-image.ts'

export type ParsedRunSpec = z.output<typeof RunSpec>

/** What the pipeline works with. */
export interface PipelineParts {
  readonly project: Project
  readonly compute: ComputeDevice
  /** how long it took here before */
  readonly speeds: Pick<Speeds, 'secondsPerImage'>
  readonly spec: ParsedRunSpec
  /** read when the run was asked for */
  readonly classMap: ClassMap | undefined
  readonly now: () => number
}

/** A model of the run, as it is loaded and as the project keeps it. */
interface RunModel {
  readonly request: ParsedRunSpec['models'][number]
  readonly info: RemoteClassifier['info']
  readonly model: Model
}

/**
 * The run of a project: for each model and image classify, explain, score. What is there already is not done again,
 * so a run that was stopped goes on where it was. An image that fails is noted and the rest goes on.
 */
export async function runPipeline(parts: PipelineParts, context: JobContext): Promise<JobOutcome> {
  const { project, compute, spec, classMap, now } = parts
  const meter = new ProgressMeter(context.report)
  meter.report('loading the classifiers', 0, null)
  const models = await loadModels(parts, context)
  if (classMap !== undefined) await assignClassMap(project, classMap, now)
  const notes = new Set(models.flatMap(({ info, model }) => info.notes.map((note) => `${model.name}: ${note}`)))
  const nImages = await countRunImages(project, spec)
  const total = nImages * models.length
  const expected = await Promise.all(models.map(({ info }) => expectedMsPerImage(parts, info)))
  await begin(parts, context, total)
  let done = 0
  for (const [index, { request, info, model }] of models.entries()) {
    // those of this model, and all of each one after it
    const msLeft = (): number | null =>
      expected
        .slice(index)
        .reduce<number | null>(
          (sum, ms, i) =>
            sum === null || ms === null ? null : sum + ms * (i === 0 ? nImages * (index + 1) - done : nImages),
          0,
        )
    const { note } = await putMatchingInForce(project, model, { info, now })
    if (note !== null) notes.add(note)
    const runner = new ImageRunner({ compute, request }, await taskOf(parts, { info, model }), context)
    for await (const prepared of runner.prepare(runImages(project, spec))) {
      await runner.run(prepared, { done, onShare: (share) => meter.report(model.name, done + share, total, msLeft()) })
      done++
      meter.report(model.name, done, total, msLeft())
    }
  }
  await project.write({ actor: 'program', action: 'run.end', subject: `job:${context.jobId}`, data: { done } }, (trx) =>
    updateJob(trx, context.jobId, { done, now: now() }),
  )
  return { notes: [...notes], modelIds: models.map(({ model }) => model.id) }
}

/** What an image takes by what ran here before; null: not all of it ever ran. */
async function expectedMsPerImage(
  { speeds, spec }: PipelineParts,
  info: RemoteClassifier['info'],
): Promise<number | null> {
  const { prediction, methods } = await imageSeconds(speeds, info, spec)
  return [prediction, ...methods.map(({ seconds }) => seconds)].reduce<number | null>(
    (sum, seconds) => (sum === null || seconds === null ? null : sum + 1000 * seconds),
    0,
  )
}

async function loadModels(parts: PipelineParts, context: JobContext): Promise<RunModel[]> {
  const { compute, spec } = parts
  const models: RunModel[] = []
  for (const request of spec.models) {
    const { info } = await withSecondTry(() => compute.classifier(request, context.signal))
    models.push({ request, info, model: await keepModel(parts, request.path, info) })
  }
  return models
}

async function keepModel(
  { project, now }: PipelineParts,
  path: string,
  info: RemoteClassifier['info'],
): Promise<Model> {
  const { card, sha256, nClasses } = info
  const known = (await listModels(project.read)).find((model) => model.sha256 === sha256 && model.path === path)
  const name = known?.name ?? card.name
  return project.write<Model>(
    ({ id }) => ({ actor: 'program', action: 'model.use', subject: `model:${id}`, data: { name, sha256 } }),
    (trx) => findOrInsertModel(trx, { name, path, sha256, card: { ...card, nClasses } }, now()),
  )
}

async function begin({ project, spec, now }: PipelineParts, { jobId }: JobContext, total: number): Promise<void> {
  const nModels = spec.models.length
  const data = { nImages: total / nModels, nModels }
  await project.write({ actor: 'program', action: 'run.begin', subject: `job:${jobId}`, data }, (trx) =>
    updateJob(trx, jobId, { done: 0, total, now: now() }),
  )
}

async function taskOf(
  { project, spec, now }: PipelineParts,
  { info, model }: Pick<RunModel, 'info' | 'model'>,
): Promise<ImageTask> {
  const { variant, maskVariant } = spec
  const methods = spec.methods.map(({ method, options }) => ({ method, options: completeOptions(method, options) }))
  const matching = await objectMatching(project)
  return { project, model, card: info.card, methods, classIndex: null, variant, maskVariant, matching, now }
}
