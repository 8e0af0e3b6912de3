import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Graph } from '../graph.ts'
import type { Network, Runtime } from '../runtime.ts'
import { compileOnnx, inputName } from './compile.ts'

/** ONNX Runtime on the CPU: prediction only. */
export const onnxRuntime: Runtime = {
  id: 'onnx',
  label: 'ONNX Runtime (CPU)',
  start: () => Promise.resolve(),
  load: async (graph, outputs) => {
    const model = compileOnnx(graph, outputs)
    const session = await InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 3 })
    return new OnnxNetwork(session, graph)
  },
  loadGradient: null,
}

class OnnxNetwork implements Network {
  readonly #session: InferenceSession
  readonly #inputShape: readonly number[]

  constructor(session: InferenceSession, graph: Graph) {
    this.#session = session
    this.#inputShape = graph.nodes[graph.input]!.shape
  }

  async run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const feeds = { [inputName]: new Tensor('float32', input, [n, ...this.#inputShape]) }
    const results = await this.#session.run(feeds, [...wanted])
    return new Map(wanted.map((name) => [name, results[name]!.data as Float32Array]))
  }

  async dispose(): Promise<void> {
    await this.#session.release()
  }
}
