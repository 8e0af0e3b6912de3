import { AppError } from '#common/contract/errors.ts'
import type { ModelRequest } from '#common/contract/procedures/models.ts'
import { listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import { updateJob } from '#main/project/job-repository.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { withSecondTry, type ComputeDevice, type RemoteClassifier } from '../compute-device.ts'
import { readPhotoInput, type PhotoInput } from '../photo-input.ts'
import { isModel } from '../project-model.ts'
import { noteImageFailure } from './image-failures.ts'
import type { JobContext } from './job-runner.ts'
import { lookUpImage, runImage, type ImageState, type ImageTask } from './run-image.ts'

/** Photos that are decoded ahead of the model: enough that it never waits for a JPEG. */
const decodedAhead = 3

/** An image that is ready to be computed, or why it is not. */
export type Prepared =
  | { readonly image: ProjectImage; readonly state: ImageState; readonly input: PhotoInput | null }
  | { readonly image: ProjectImage; readonly error: unknown }

/** How far the run is, as an image begins. */
export interface Place {
  /** images before this one, of all models */
  readonly done: number
  readonly onShare: (share: number) => void
}

/** Runs the images of one model: decoding ahead, one more try where the compute process dies, failures noted. */
export class ImageRunner {
  readonly #compute: ComputeDevice
  readonly #request: ModelRequest
  readonly #task: ImageTask
  readonly #context: JobContext

  /** @param model what the task's model is loaded by */
  constructor(
    model: { readonly compute: ComputeDevice; readonly request: ModelRequest },
    task: ImageTask,
    context: JobContext,
  ) {
    this.#compute = model.compute
    this.#request = model.request
    this.#task = task
    this.#context = context
  }

  /** Looks up what there is of each image, and decodes those that the classifier is needed for. */
  async *prepare(images: AsyncIterable<ProjectImage>): AsyncGenerator<Prepared> {
    const { project, card } = this.#task
    const folders = await listFolders(project.read)
    yield* inOrderAhead(images, decodedAhead, async (image): Promise<Prepared> => {
      try {
        const state = await lookUpImage(this.#task, image)
        if (state.isExplained) return { image, state, input: null }
        const path = await resolveInside(folders.get(image.folderId)!, image.file)
        return { image, state, input: await readPhotoInput(path, card) }
      } catch (error) {
        return { image, error }
      }
    })
  }

  /** @throws what is not about this image alone, after which going on makes no sense */
  async run(prepared: Prepared, place: Place): Promise<void> {
    const { signal } = this.#context
    signal.throwIfAborted()
    try {
      if ('error' in prepared) throw prepared.error
      if (!prepared.state.isDone) await withSecondTry(() => this.#runOnce(prepared, place))
    } catch (error) {
      signal.throwIfAborted()
      const { project, now } = this.#task
      const { image } = prepared
      await noteImageFailure({ project, jobId: this.#context.jobId, image, done: place.done, now }, error)
    }
  }

  async #runOnce({ state, input }: Extract<Prepared, { state: ImageState }>, { done, onShare }: Place): Promise<void> {
    const { signal, jobId } = this.#context
    await runImage(this.#task, state, {
      computing: input && { input, classifier: await this.#classifier(), signal, onShare },
      onKeep: (trx) => updateJob(trx, jobId, { done: done + 1, now: this.#task.now() }),
    })
  }

  /** Asked for anew each time: the process may have died and have loaded it again. */
  async #classifier(): Promise<RemoteClassifier> {
    const classifier = await this.#compute.classifier(this.#request, this.#context.signal)
    const { info } = classifier
    const { model, card } = this.#task
    if (isModel(info, model, card)) return classifier
    throw new AppError('model.changed', `${model.name} was replaced while the run used it`, {
      hint: 'What was finished belongs to the model as it was. Start the run again to take it as it is now.',
    })
  }
}
