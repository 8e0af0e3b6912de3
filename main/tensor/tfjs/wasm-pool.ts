import * as os from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Graph } from '../graph.ts'
import type { WorkerAnswer, WorkerRequest } from './wasm-worker.ts'

type Values = ReadonlyMap<string, Float32Array>

/** A run of a few inputs, as a network is asked for it. */
export interface Run {
  readonly input: Float32Array
  readonly n: number
  readonly wanted: readonly string[]
}

/** A network that every thread of a pool has. */
export interface PooledNetwork {
  /** @returns the values of each run, in the order of the runs. @throws what a thread says; where one ended */
  run(runs: readonly Run[]): Promise<Values[]>
  dispose(): Promise<void>
}

/** Each thread has its weights and some 50 MB of its own. */
const maxThreads = 8
/** Node 16, of the oldest Electron that is tested, counts processors only. */
function processors(): number {
  return 'availableParallelism' in os ? os.availableParallelism() : (os as { cpus(): unknown[] }).cpus().length
}

/**
 * Threads with a WebAssembly backend each: started for the first network, ended with the last one. Where one fails,
 * whoever asks it is told; new ones are started once every network has left.
 */
export class WasmPool {
  /** threads that it starts */
  readonly most: number
  readonly #startThread: () => Worker
  #threads: readonly WasmThread[] = []
  #nNetworks = 0
  #next = 1

  constructor({ most = Math.min(processors(), maxThreads), startThread = startWorker } = {}) {
    this.most = most
    this.#startThread = startThread
  }

  /** how many run now */
  get nThreads(): number {
    return this.#threads.length
  }

  /**
   * Loads a network into every thread.
   * @param graph of plain data only: it is copied
   * @returns null where threads bring nothing: there is one core, or they cannot be started
   */
  async load(graph: Graph, outputs: ReadonlyMap<string, number>): Promise<PooledNetwork | null> {
    if (this.most < 2) return null
    const network = this.#next++
    this.#nNetworks++
    try {
      if (this.#threads.length === 0) {
        this.#threads = Array.from({ length: this.most }, () => new WasmThread(this.#startThread()))
      }
      const threads = this.#threads
      await Promise.all(threads.map((thread) => thread.ask({ kind: 'load', network, graph, outputs })))
      return {
        run: (runs) => runOn(threads, network, runs),
        dispose: async () => {
          await Promise.allSettled(threads.map((thread) => thread.ask({ kind: 'unload', network })))
          await this.#leave()
        },
      }
    } catch {
      await this.#end()
      await this.#leave()
      return null
    }
  }

  async #leave(): Promise<void> {
    if (--this.#nNetworks === 0) await this.#end()
  }

  async #end(): Promise<void> {
    const threads = this.#threads
    this.#threads = []
    await Promise.all(threads.map((thread) => thread.end()))
  }
}

function startWorker(): Worker {
  // beside this file: from source, bundled for Node, and bundled for Electron
  return new Worker(fileURLToPath(new URL(`./wasm-worker${extname(import.meta.url)}`, import.meta.url)))
}

/** Every thread takes the next run as soon as it is free. */
async function runOn(threads: readonly WasmThread[], network: number, runs: readonly Run[]): Promise<Values[]> {
  const values = new Array<Values>(runs.length)
  const queue = runs.entries()
  await Promise.all(
    threads.map(async (thread) => {
      for (const [i, run] of queue) values[i] = await thread.ask({ kind: 'run', network, ...run })
    }),
  )
  return values
}

interface Asked {
  readonly resolve: (values: Values) => void
  readonly reject: (reason: Error) => void
}

class WasmThread {
  readonly #worker: Worker
  /** in the order in which they will be answered */
  readonly #asked: Asked[] = []
  #ended: Error | undefined

  constructor(worker: Worker) {
    this.#worker = worker
    worker.unref() // it holds the process only while it computes
    worker.on('message', (answer: WorkerAnswer) => {
      const { resolve, reject } = this.#asked.shift()!
      if (this.#asked.length === 0) worker.unref()
      if ('error' in answer) reject(new Error(answer.error))
      else resolve(answer.values)
    })
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', () => this.#fail(new Error('a thread of the WebAssembly backend ended')))
  }

  ask(request: WorkerRequest): Promise<Values> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended)
        return
      }
      this.#asked.push({ resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage(request)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(reason: Error): void {
    this.#ended ??= reason
    for (const { reject } of this.#asked.splice(0)) reject(reason)
  }
}
