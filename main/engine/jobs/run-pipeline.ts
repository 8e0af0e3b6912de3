import { parseClassMap } from '#common/classes/class-map.ts'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { ImageId } from '#common/contract/ids.ts'
import type { RunSpec } from '#common/contract/procedures/running.ts'
import { addJobFailure, updateJob } from '#main/project/job-repository.ts'
import { countImages, listFolders, listImages, type ProjectImage } from '#main/project/image-repository.ts'
import { findOrInsertModel, listModels, type Model } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import { explainerById } from '#main/explainers/registry.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import type { z } from 'zod'
import { assignClassMap, objectMatching, putMatchingInForce } from '../class-matching.ts'
import type { ComputeDevice, RemoteClassifier } from '../compute-device.ts'
import { failureOf } from '../failures.ts'
import { readPhotoInput, type PhotoInput } from '../photo-input.ts'
import { ProgressMeter } from '../progress.ts'
import type { JobContext } from './job-runner.ts'
import { lookUpImage, runImage, type ImageState, type ImageTask } from './run-image.ts'

export type ParsedRunSpec = z.output<typeof RunSpec>

/** What the pipeline works with. */
export interface PipelineParts {
  readonly project: Project
  readonly compute: ComputeDevice
  readonly spec: ParsedRunSpec
  /** the class map file's content, read when the run was asked for */
  readonly classMap: unknown
  readonly now: () => number
}

/** Photos that are decoded ahead of the model: enough that it never waits for a JPEG. */
const decodedAhead = 3
const pageSize = 500

/**
 * The run of a project: for each model and image classify, explain, score. What is there already is not done again,
 * so a run that was stopped goes on where it was. An image that fails is noted and the rest goes on.
 * @returns what the user should know beside the results
 */
export async function runPipeline(parts: PipelineParts, context: JobContext): Promise<readonly string[]> {
  const { project, compute, spec, now } = parts
  const meter = new ProgressMeter(context.report)
  meter.report('loading the classifiers', 0, null)
  const methods = spec.methods.map(({ method, options }) => ({ method, options: completeOptions(method, options) }))
  const models: { classifier: RemoteClassifier; model: Model }[] = []
  for (const request of spec.models) {
    const classifier = await compute.classifier(request, context.signal)
    models.push({ classifier, model: await keepModel(project, request.path, classifier, now) })
  }
  if (parts.classMap !== undefined) await assignClassMap(project, parseClassMap(parts.classMap), now)
  const notes = new Set(
    models.flatMap(({ classifier, model }) => classifier.info.notes.map((n) => `${model.name}: ${n}`)),
  )

  const nImages = await countRunImages(project, spec)
  const total = nImages * models.length
  await project.write(
    {
      actor: 'program',
      action: 'run.begin',
      subject: `job:${context.jobId}`,
      data: { nImages, nModels: models.length },
    },
    (trx) => updateJob(trx, context.jobId, { done: 0, total, now: now() }),
  )
  let done = 0
  for (const [index, { classifier, model }] of models.entries()) {
    const { note } = await putMatchingInForce(project, model, { info: classifier.info, now })
    if (note !== null) notes.add(note)
    const { variant, maskVariant } = spec
    const task: ImageTask = {
      project,
      model,
      methods,
      variant,
      maskVariant,
      matching: await objectMatching(project),
      now,
    }
    const runner = new ImageRunner(parts, task, spec.models[index]!, context)
    for await (const prepared of runner.prepare(runImages(project, spec))) {
      await runner.run(prepared, (share) => meter.report(model.name, done + share, total))
      done++
      meter.report(model.name, done, total)
    }
  }
  await project.write({ actor: 'program', action: 'run.end', subject: `job:${context.jobId}`, data: { done } }, (trx) =>
    updateJob(trx, context.jobId, { done, now: now() }),
  )
  return [...notes]
}

/** All options with their defaults, so that the same explanation has the same key however it was asked for. */
function completeOptions(method: string, options: Readonly<Record<string, unknown>>): JsonObject {
  const explainer = explainerById(method)
  const parsed = explainer.options.safeParse(options)
  if (parsed.success) return parsed.data as JsonObject
  throw new AppError('explainer.options', `${explainer.label}: ${describeIssues(parsed.error)}`)
}

async function keepModel(
  project: Project,
  path: string,
  { info }: RemoteClassifier,
  now: () => number,
): Promise<Model> {
  const card = { ...info.card, nClasses: info.nClasses }
  const facts = { name: info.card.name, path, sha256: info.sha256, card }
  const known = (await listModels(project.read)).find((model) => model.sha256 === info.sha256 && model.path === path)
  const name = known?.name ?? facts.name
  return project.write(
    ({ id }) => ({
      actor: 'program',
      action: 'model.use',
      subject: `model:${id}`,
      data: { name, sha256: info.sha256 },
    }),
    (trx) => findOrInsertModel(trx, { ...facts, name }, now()),
  )
}

async function countRunImages(project: Project, spec: ParsedRunSpec): Promise<number> {
  const n = await countImages(project.read, spec.split === null ? {} : { split: spec.split })
  return Math.min(n, spec.limit ?? n)
}

/** The images of a run in the project's order. */
export async function* runImages(
  project: Project,
  spec: Pick<ParsedRunSpec, 'limit' | 'split'>,
): AsyncGenerator<ProjectImage> {
  let after: ImageId | undefined
  let left = spec.limit ?? Infinity
  while (left > 0) {
    const page = { limit: Math.min(pageSize, left), ...(after === undefined ? {} : { after }) }
    const images = await listImages(project.read, spec.split === null ? {} : { split: spec.split }, page)
    yield* images
    left -= images.length
    if (images.length < page.limit) return
    after = images.at(-1)!.id
  }
}

/** An image that is ready to be computed, or why it is not. */
type Prepared =
  | { readonly image: ProjectImage; readonly state: ImageState; readonly input: PhotoInput | null }
  | { readonly image: ProjectImage; readonly error: unknown }

/** Runs the images of one model: decoding ahead, one more try where the compute process dies, failures noted. */
class ImageRunner {
  readonly #parts: PipelineParts
  readonly #task: ImageTask
  readonly #request: ParsedRunSpec['models'][number]
  readonly #context: JobContext

  constructor(parts: PipelineParts, task: ImageTask, request: ParsedRunSpec['models'][number], context: JobContext) {
    this.#parts = parts
    this.#task = task
    this.#request = request
    this.#context = context
  }

  async *prepare(images: AsyncIterable<ProjectImage>): AsyncGenerator<Prepared> {
    const folders = await listFolders(this.#parts.project.read)
    const { info } = await this.#parts.compute.classifier(this.#request, this.#context.signal)
    yield* inOrderAhead(images, decodedAhead, async (image): Promise<Prepared> => {
      try {
        const state = await lookUpImage(this.#task, image)
        if (state.isExplained) return { image, state, input: null }
        const path = await resolveInside(folders.get(image.folderId)!, image.file)
        return { image, state, input: await readPhotoInput(path, info.card) }
      } catch (error) {
        return { image, error }
      }
    })
  }

  async run(prepared: Prepared, onShare: (share: number) => void): Promise<void> {
    const { signal } = this.#context
    signal.throwIfAborted()
    try {
      if ('error' in prepared) throw prepared.error
      if (prepared.state.isDone) return
      await this.#runTwice(prepared, onShare)
    } catch (error) {
      signal.throwIfAborted()
      await this.#noteFailure(prepared.image, error)
    }
  }

  /** A process that died may have been the victim of something else: the image gets one more try in a fresh one. */
  async #runTwice(prepared: Extract<Prepared, { state: ImageState }>, onShare: (share: number) => void): Promise<void> {
    const run = async (): Promise<void> => {
      const { signal } = this.#context
      const classifier = await this.#parts.compute.classifier(this.#request, signal)
      await runImage(this.#task, prepared.state, { input: prepared.input, classifier, signal, onShare })
    }
    try {
      await run()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'compute.died') throw error
      await run()
    }
  }

  async #noteFailure(image: ProjectImage, error: unknown): Promise<void> {
    if (isFatal(error)) throw error
    const { code, message } = failureOf(image.file, error)
    const { project, now } = this.#parts
    const { jobId } = this.#context
    await project.write(
      { actor: 'program', action: 'image.fail', subject: `image:${image.id}`, data: { code } },
      (trx) => addJobFailure(trx, jobId, { imageId: image.id, code, message, at: now() }),
    )
  }
}

/** Errors that are not about one image: going on would fail for all of them, or lose work. */
function isFatal(error: unknown): boolean {
  if (!(error instanceof AppError)) return true
  return error.code.startsWith('project.') || error.code === 'file.unwritable' || error.code.startsWith('model.')
}
