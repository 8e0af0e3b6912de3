import './no-telemetry.ts' // first: before the library is loaded
import type * as OnnxRuntimeNode from 'onnxruntime-node'
import { AppError } from '#common/contract/errors.ts'
import type { Graph } from '../graph.ts'
import type { Network, Runtime } from '../runtime.ts'
import { compileOnnx, inputName } from './compile.ts'

type Library = typeof OnnxRuntimeNode

let library: Promise<Library> | undefined

/** ONNX Runtime on the CPU: prediction only. */
export const onnxRuntime: Runtime = {
  id: 'onnx',
  label: 'ONNX Runtime (CPU)',
  start: async () => {
    await startOnnx()
  },
  load: async (graph, outputs) => {
    const onnx = await startOnnx()
    const model = compileOnnx(graph, outputs)
    const session = await onnx.InferenceSession.create(model, {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      // onnxruntime 1.30 moves zero padding into MaxPool, whose own padding is −∞: wrong for negative values
      extra: { optimization: { disable_specified_optimizers: 'Pad_Fusion' } },
    })
    return new OnnxNetwork(onnx, session, graph)
  },
  loadGradient: null,
}

/** Not a static import: where the native library does not load, the other runtimes still have to. */
function startOnnx(): Promise<Library> {
  return (library ??= import('onnxruntime-node').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('runtime.unavailable', `its library cannot be loaded: ${reason.split('\n')[0] ?? ''}`, { cause })
  }))
}

class OnnxNetwork implements Network {
  readonly #onnx: Library
  readonly #session: OnnxRuntimeNode.InferenceSession
  readonly #inputShape: readonly number[]

  constructor(onnx: Library, session: OnnxRuntimeNode.InferenceSession, graph: Graph) {
    this.#onnx = onnx
    this.#session = session
    this.#inputShape = graph.nodes[graph.input]!.shape
  }

  async run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const feeds = { [inputName]: new this.#onnx.Tensor('float32', input, [n, ...this.#inputShape]) }
    const results = await this.#session.run(feeds, [...wanted])
    return new Map(wanted.map((name) => [name, results[name]!.data as Float32Array]))
  }

  async dispose(): Promise<void> {
    await this.#session.release()
  }
}
