import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { connect, type Client } from '#common/contract/rpc.ts'
import type { ClassifierInfo, ModelRequest as ModelRequestInput } from '#common/contract/procedures/models.ts'
import { ModelRequest } from '#common/contract/procedures/models.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { computeContract, type ComputeContract } from '#main/compute/contract.ts'
import type { ComputeProcess, StartCompute } from '#main/compute/host.ts'

/** A classifier loaded in the compute process that is running now; gone when that process dies. */
export interface RemoteClassifier {
  readonly info: ClassifierInfo
  /** @param images [n, height, width, 3] bytes at the classifier's input size */
  predict(images: Uint8Array, n: number, options: { signal: AbortSignal }): Promise<Scores>
  explain(
    request: ExplainRequest,
    options: { signal: AbortSignal; onShare: (share: number) => void },
  ): Promise<RawExplanation>
}

type Explain = ComputeContract['classifier.explain']
type Scores = z.output<ComputeContract['classifier.predict']['output']>
export type ExplainRequest = Omit<z.input<Explain['input']>, 'handle'>
export type RawExplanation = z.output<Explain['output']>

interface Running {
  readonly process: ComputeProcess
  readonly client: Client<ComputeContract>
  /** by model request; a failed loading is forgotten, so that it can be tried again */
  readonly classifiers: Map<string, Promise<RemoteClassifier>>
}

/**
 * The compute process of one device: started when it is first needed, started anew after it died. A call that was
 * under way when it died fails with 'compute.died'; whether to try again is for the caller to say.
 */
export class ComputeDevice {
  readonly #start: StartCompute
  #running: Running | undefined

  constructor(start: StartCompute) {
    this.#start = start
  }

  /** Loads a classifier, or gives the one that is loaded under the same request. */
  async classifier(request: ModelRequestInput, signal?: AbortSignal): Promise<RemoteClassifier> {
    const running = this.#ensure()
    const { path, card, runtime } = ModelRequest.parse(request)
    const key = canonicalJson({ path, card, runtime })
    let loading = running.classifiers.get(key)
    if (!loading) {
      loading = this.#calling(running, (client) => client['classifier.load']({ path, card, runtime }, { signal })).then(
        ({ handle, info }): RemoteClassifier => ({
          info,
          predict: (images, n, options) =>
            this.#calling(running, (client) => client['classifier.predict']({ handle, images, n }, options)),
          explain: (explained, { signal: stop, onShare }) =>
            this.#calling(running, (client) =>
              client['classifier.explain'](
                { ...explained, handle },
                { signal: stop, onEvent: ({ share }) => onShare(share) },
              ),
            ),
        }),
      )
      running.classifiers.set(key, loading)
      loading.catch(() => running.classifiers.delete(key))
    }
    return loading
  }

  /** Calls the process that is running now; says why where it dies during the call. */
  call<T>(work: (client: Client<ComputeContract>) => Promise<T>): Promise<T> {
    return this.#calling(this.#ensure(), work)
  }

  /** Process id of the running compute process, for tests that end it. */
  get pid(): number | undefined {
    return this.#running?.process.pid
  }

  async dispose(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (!running) return
    running.process.link.close()
    const timer = setTimeout(() => running.process.kill(), 2000)
    await running.process.exited
    clearTimeout(timer)
  }

  async #calling<T>(running: Running, work: (client: Client<ComputeContract>) => Promise<T>): Promise<T> {
    try {
      return await work(running.client)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'link.closed') throw error
      const why = await running.process.exited
      throw new AppError('compute.died', `the compute process died: ${why}`, {
        hint: 'What was finished is kept. If it happens again, there may be too little memory for the model.',
        cause: error,
      })
    }
  }

  #ensure(): Running {
    if (this.#running) return this.#running
    const process = this.#start()
    const running: Running = { process, client: connect(computeContract, process.link), classifiers: new Map() }
    this.#running = running
    void process.exited.then(() => {
      if (this.#running === running) this.#running = undefined
    })
    // the link notices first: a call made between the two must not go to a dead process
    process.link.onClose(() => {
      if (this.#running === running) this.#running = undefined
    })
    return running
  }
}
