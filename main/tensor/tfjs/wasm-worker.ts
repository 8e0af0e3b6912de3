import { parentPort } from 'node:worker_threads'
import type { Graph } from '../graph.ts'
import type { Network } from '../runtime.ts'
import { loadTfjsNetwork } from './tfjs-runtime.ts'
import { startWasmBackend } from './wasm-backend.ts'

/** What a thread is asked for; each request is answered in turn. */
export type WorkerRequest =
  | {
      readonly kind: 'load'
      readonly network: number
      /** of plain data only */
      readonly graph: Graph
      readonly outputs: ReadonlyMap<string, number>
    }
  | {
      readonly kind: 'run'
      readonly network: number
      readonly input: Float32Array
      readonly n: number
      readonly wanted: readonly string[]
    }
  | { readonly kind: 'unload'; readonly network: number }

/** The values of a run, none for the other requests; or why it failed. */
export type WorkerAnswer = { readonly values: ReadonlyMap<string, Float32Array> } | { readonly error: string }

/** A thread with a WebAssembly backend of its own. */
const port = parentPort!
const networks = new Map<number, Network>()
const none: ReadonlyMap<string, Float32Array> = new Map()

port.on('message', (request: WorkerRequest) => {
  void answer(request).then((result) => port.postMessage(result))
})

async function answer(request: WorkerRequest): Promise<WorkerAnswer> {
  try {
    return { values: await perform(request) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

async function perform(request: WorkerRequest): Promise<ReadonlyMap<string, Float32Array>> {
  const known = networks.get(request.network)
  switch (request.kind) {
    case 'load':
      await startWasmBackend()
      networks.set(request.network, await loadTfjsNetwork('wasm', request.graph, request.outputs))
      return none
    case 'run':
      return known!.run(request.input, request.n, request.wanted)
    case 'unload':
      networks.delete(request.network)
      await known?.dispose()
      return none
  }
}
