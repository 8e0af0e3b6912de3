import type { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { connect, type Client } from '#common/contract/rpc.ts'
import type { ClassifierInfo, ModelRequest as ModelRequestInput } from '#common/contract/procedures/models.ts'
import { ModelRequest } from '#common/contract/procedures/models.ts'
import type { SpeedKey } from '#common/contract/procedures/runtimes.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { computeContract, type ComputeContract } from '#main/compute/contract.ts'
import type { ComputeProcess, StartCompute } from '#main/compute/host.ts'
import { untilAborted } from '#main/compute/until-aborted.ts'
import { noteEnd } from '#main/tensor/native/load-mark.ts'
import { modelStamp } from './model-stamp.ts'
import { explainingRuntime, workOf } from './run-speed.ts'
import type { Speeds } from './speeds.ts'

/**
 * A classifier loaded in the compute process that is running now; gone when that process dies. A call that is aborted
 * fails at once: native code cannot be stopped, so the process goes on to the end of the batch under way, unasked.
 */
export interface RemoteClassifier {
  readonly info: ClassifierInfo
  /** @param images [n, height, width, 3] bytes at the classifier's input size */
  predict(images: Uint8Array, n: number, options: { signal: AbortSignal }): Promise<Scores>
  explain(
    request: ExplainRequest,
    options: { signal: AbortSignal; onShare: (share: number) => void },
  ): Promise<RawExplanation>
  /**
   * Does work with the same network whose weights are random ones; it is not kept.
   * @throws AppError 'model.not-randomised'; what the work throws
   */
  withRandomWeights<T>(
    randomised: Randomisation,
    work: (classifier: RemoteClassifier) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>
}

type Randomisation = NonNullable<z.input<ComputeContract['classifier.load']['input']>['randomised']>

type Explain = ComputeContract['classifier.explain']
type Scores = z.output<ComputeContract['classifier.predict']['output']>
type ExplainRequest = Omit<z.input<Explain['input']>, 'handle'>
type RawExplanation = z.output<Explain['output']>

interface Loading {
  readonly stamp: string | null
  readonly loaded: Promise<{ readonly handle: number; readonly classifier: RemoteClassifier }>
}

/** A classifier of the compute process, and what it was loaded by. */
interface Handled {
  readonly handle: number
  readonly info: ClassifierInfo
  readonly request: z.output<typeof ModelRequest>
}

interface Running {
  readonly process: ComputeProcess
  readonly client: Client<ComputeContract>
  /** by model request; a failed loading is forgotten, so that it can be tried again */
  readonly loadings: Map<string, Loading>
  /** calls that it has not answered yet */
  nCalls: number
}

/**
 * Does work of a compute process. One that died may have been the victim of something else (of another program's hunger
 * for memory, say): the work gets one more try, in a fresh process.
 * @throws AppError 'compute.died' where that one died, too; what the work throws
 */
export async function withSecondTry<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'compute.died') throw error
    return work()
  }
}

/**
 * The compute process of one device: started when it is first needed, started anew after it died. A call that was
 * under way when it died fails with 'compute.died'; whether to try again is for the caller to say.
 */
export class ComputeDevice {
  readonly #start: StartCompute
  readonly #speeds: Pick<Speeds, 'record'> | null
  #running: Running | undefined
  /** those that nobody asks any more, until they have ended */
  readonly #left = new Set<Running>()
  #isDisposed = false

  /** @param speeds takes how long calls took */
  constructor(start: StartCompute, speeds: Pick<Speeds, 'record'> | null = null) {
    this.#start = start
    this.#speeds = speeds
  }

  /**
   * Loads a classifier, or gives the one that is loaded under the same request, unless its files were replaced since.
   * Who else waits for the same loading is not disturbed by an abort, so the loading itself goes on.
   */
  async classifier(request: ModelRequestInput, signal?: AbortSignal): Promise<RemoteClassifier> {
    const parsed = ModelRequest.parse(request)
    const key = canonicalJson(parsed)
    const stamp = await modelStamp(parsed.path)
    const running = this.#ensure()
    const known = running.loadings.get(key)
    // a model whose file is out of reach (a disk that was taken out) stays usable while it is loaded
    const isCurrent = known !== undefined && (stamp === null || known.stamp === stamp)
    const loading = isCurrent ? known : this.#load(running, parsed, stamp)
    if (loading !== known) {
      running.loadings.set(key, loading)
      loading.loaded.catch(() => {
        if (running.loadings.get(key) === loading) running.loadings.delete(key)
      })
      if (known) void this.#unload(running, known)
    }
    return (await untilAborted(loading.loaded, signal)).classifier
  }

  /** Calls the process that is running now; says why where it dies during the call. */
  async call<T>(work: (client: Client<ComputeContract>) => Promise<T>): Promise<T> {
    return this.#calling(this.#ensure(), work)
  }

  /** Takes how long work took that `call` did. */
  noteSpeed(key: SpeedKey, secondsPerImage: number): void {
    this.#speeds?.record(key, secondsPerImage)
  }

  /**
   * What is asked from now on goes to a fresh process, which looks anew at what it can compute with. The one before
   * ends once it has answered what it was asked.
   */
  renew(): void {
    const running = this.#running
    this.#running = undefined
    if (!running) return
    this.#left.add(running)
    this.#endWhenIdle(running)
  }

  /** Process id of the running compute process, for tests that end it. */
  get pid(): number | undefined {
    return this.#running?.process.pid
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true
    const all = [...this.#left, ...(this.#running ? [this.#running] : [])]
    this.#running = undefined
    await Promise.all(all.map(({ process }) => endProcess(process)))
  }

  #load(running: Running, request: z.output<typeof ModelRequest>, stamp: string | null): Loading {
    const load = async (): Promise<Awaited<Loading['loaded']>> => {
      const { handle, info } = await this.#calling(running, (client) => client['classifier.load'](request))
      return { handle, classifier: this.#remote(running, { handle, info, request }) }
    }
    return { stamp, loaded: load() }
  }

  #remote(running: Running, { handle, info, request: loadedAs }: Handled): RemoteClassifier {
    const note = this.#noteSpeed(info)
    return {
      info,
      predict: async (images, n, options) => {
        const call = this.#calling(running, (client) => client['classifier.predict']({ handle, images, n }, options))
        const scores = await untilAborted(call, options.signal)
        note(info.predictionRuntime, 'predict', scores.seconds / n)
        return scores
      },
      explain: async (request, { signal, onShare }) => {
        const call = this.#calling(running, (client) =>
          client['classifier.explain']({ ...request, handle }, { signal, onEvent: ({ share }) => onShare(share) }),
        )
        const explanation = await untilAborted(call, signal)
        note(explainingRuntime(info), workOf(request), explanation.seconds)
        return explanation
      },
      withRandomWeights: async (randomised, work, signal) => {
        const load = this.#calling(running, (client) => client['classifier.load']({ ...loadedAs, randomised }))
        // one that nobody waits for any more is freed, too
        const loaded = load.then(({ handle, info }) => ({
          handle,
          classifier: this.#remote(running, { handle, info, request: loadedAs }),
        }))
        try {
          return await work((await untilAborted(loaded, signal)).classifier)
        } finally {
          void this.#unload(running, { loaded })
        }
      },
    }
  }

  /** What is done for the first time is left out: it loads and makes ready what later calls find. */
  #noteSpeed({ sha256 }: ClassifierInfo): (runtime: string, work: string, secondsPerImage: number) => void {
    const done = new Set<string>()
    return (runtime, work, secondsPerImage) => {
      if (done.has(work)) this.#speeds?.record({ sha256, runtime, work }, secondsPerImage)
      done.add(work)
    }
  }

  /** Frees a classifier whose files were replaced; calls that it was given before are answered still. */
  async #unload({ client }: Running, { loaded }: Pick<Loading, 'loaded'>): Promise<void> {
    try {
      await client['classifier.unload']({ handle: (await loaded).handle })
    } catch {
      // it was never loaded, or went with its process
    }
  }

  async #calling<T>(running: Running, work: (client: Client<ComputeContract>) => Promise<T>): Promise<T> {
    running.nCalls++
    try {
      return await work(running.client)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'link.closed') throw error
      const why = await running.process.exited
      throw new AppError('compute.died', `the compute process died: ${why}`, {
        hint: 'What was finished is kept. If it happens again, there may be too little memory for the model.',
        cause: error,
      })
    } finally {
      running.nCalls--
      if (this.#left.has(running)) this.#endWhenIdle(running)
    }
  }

  #endWhenIdle(running: Running): void {
    if (running.nCalls === 0) running.process.link.close()
  }

  #ensure(): Running {
    if (this.#running) return this.#running
    if (this.#isDisposed) throw new AppError('link.closed', 'the engine is closing')
    const process = this.#start()
    const client = connect(computeContract, process.link)
    const running: Running = { process, client, loadings: new Map(), nCalls: 0 }
    this.#running = running
    const forget = (): void => {
      if (this.#running === running) this.#running = undefined
    }
    // the link notices first: a call made between the two must not go to a dead process
    process.link.onClose(forget)
    void process.exited.then((why) => {
      if (!this.#isDisposed) noteEnd(process.pid, why)
      this.#left.delete(running)
      forget()
      process.link.close() // one that could not even be started never had its link closed
    })
    return running
  }
}

async function endProcess(process: ComputeProcess): Promise<void> {
  process.link.close()
  const timer = setTimeout(() => process.kill(), 2000)
  await process.exited
  clearTimeout(timer)
}
