import { totalmem } from 'node:os'
import { AppError } from '#common/contract/errors.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import type { Classifier } from '#main/tensor/classifier.ts'

interface Entry<Request> {
  readonly request: Request
  readonly info: ClassifierInfo
  /** null: dropped, to be loaded again when it is asked for */
  classifier: Classifier | null
}

/**
 * The classifiers of a compute process, by handle: loaded once, and dropped where the memory is wanted for others, the
 * one that was not used for longest first. One that was dropped keeps its handle and comes back when it is asked for.
 * Calls must come one after the other.
 */
export class LoadedClassifiers<Request> {
  readonly #load: (request: Request) => Promise<Classifier>
  readonly #mostBytes: number
  /** in the order of their use, the longest unused first */
  readonly #entries = new Map<number, Entry<Request>>()
  #nextHandle = 1

  /** @param mostBytes weights that may be loaded at a time; one classifier may have more. Default: a quarter of the memory */
  constructor(load: (request: Request) => Promise<Classifier>, mostBytes = totalmem() / 4) {
    this.#load = load
    this.#mostBytes = mostBytes
  }

  /** @throws what loading throws */
  async add(request: Request): Promise<{ handle: number; info: ClassifierInfo }> {
    const classifier = await this.#load(request)
    const handle = this.#nextHandle++
    this.#entries.set(handle, { request, info: classifier.info, classifier })
    await this.#dropOthers(handle)
    return { handle, info: classifier.info }
  }

  /** @throws AppError 'model.changed' where its files were replaced; what loading throws */
  async get(handle: number): Promise<Classifier> {
    const entry = this.#entries.get(handle)
    if (!entry) throw changed()
    this.#entries.delete(handle)
    this.#entries.set(handle, entry)
    entry.classifier ??= await this.#loadAgain(entry)
    await this.#dropOthers(handle)
    return entry.classifier
  }

  async remove(handle: number): Promise<void> {
    const entry = this.#entries.get(handle)
    this.#entries.delete(handle)
    await entry?.classifier?.dispose()
  }

  async #loadAgain({ request, info }: Entry<Request>): Promise<Classifier> {
    const classifier = await this.#load(request)
    if (classifier.info.sha256 === info.sha256) return classifier
    await classifier.dispose()
    throw changed()
  }

  async #dropOthers(kept: number): Promise<void> {
    const loaded = [...this.#entries].filter(([, { classifier }]) => classifier !== null)
    let bytes = loaded.reduce((sum, [, { classifier }]) => sum + classifier!.bytes, 0)
    for (const [handle, entry] of loaded) {
      if (bytes <= this.#mostBytes || handle === kept) return
      bytes -= entry.classifier!.bytes
      await entry.classifier!.dispose()
      entry.classifier = null
    }
  }
}

function changed(): AppError {
  return new AppError('model.changed', 'the model was replaced on the disk while it was in use', {
    hint: 'Start again: the model is then taken as it is now.',
  })
}
