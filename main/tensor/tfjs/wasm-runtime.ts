import type { Runtime } from '../runtime.ts'
import { loadTfjsGradient } from './tfjs-runtime.ts'
import { startWasmBackend } from './wasm-backend.ts'
import { loadWasmNetwork } from './wasm-network.ts'

/**
 * TensorFlow.js on WebAssembly: always there. Batches are predicted by a thread a core, single photos, gradients and
 * training by the thread that asks.
 */
export const wasmRuntime: Runtime = {
  id: 'wasm',
  label: 'TensorFlow.js (WebAssembly)',
  start: startWasmBackend,
  load: (graph, outputs) => loadWasmNetwork(graph, outputs),
  runsEveryLayer: true,
  loadGradient: (graph, layer) => loadTfjsGradient('wasm', graph, layer),
}
