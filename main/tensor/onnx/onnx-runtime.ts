import { scoreHead, sizeOf, type Graph } from '../graph.ts'
import type { GradientNetwork, LayerGradients, Network, Runtime, ScoreKind } from '../runtime.ts'
import { compileOnnx, compileOnnxGradient, gradientNames } from './compile.ts'
import { inputName } from './forward.ts'
import { loadWhereQuicker } from './incremental/onnx-occlusion.ts'
import { closeSession, openSession, startOnnx, type Session } from './onnx-session.ts'

/** ONNX Runtime on the CPU. */
export const onnxRuntime: Runtime = {
  id: 'onnx',
  label: 'ONNX Runtime (CPU)',
  start: async () => {
    await startOnnx()
  },
  load: async (graph, outputs) =>
    new OnnxNetwork(await openSession(graph, (store) => compileOnnx(graph, outputs, store)), graph),
  runsEveryLayer: false,
  loadGradient: async (graph, layer) =>
    new OnnxGradientNetwork(await openSession(graph, (store) => compileOnnxGradient(graph, layer, store)), graph),
  loadOcclusion: (graph, target, grid, mostBytes) => loadWhereQuicker(graph, target, { grid, mostBytes }),
}

class OnnxNetwork implements Network {
  readonly #session: Session
  readonly #inputShape: readonly number[]

  constructor(session: Session, graph: Graph) {
    this.#session = session
    this.#inputShape = graph.nodes[graph.input]!.shape
  }

  async run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const { onnx, session } = this.#session
    const feeds = { [inputName]: new onnx.Tensor('float32', input, [n, ...this.#inputShape]) }
    const results = await session.run(feeds, [...wanted])
    return new Map(wanted.map((name) => [name, results[name]!.data as Float32Array]))
  }

  async dispose(): Promise<void> {
    await closeSession(this.#session)
  }
}

class OnnxGradientNetwork implements GradientNetwork {
  readonly #session: Session
  readonly #inputShape: readonly number[]
  readonly #nClasses: number

  constructor(session: Session, graph: Graph) {
    this.#session = session
    this.#inputShape = graph.nodes[graph.input]!.shape
    this.#nClasses = sizeOf(graph.nodes[scoreHead(graph).logits]!.shape)
  }

  async run(input: Float32Array, classes: readonly number[], of: ScoreKind): Promise<LayerGradients> {
    const {
      onnx: { Tensor },
      session,
    } = this.#session
    const n = classes.length
    const isClass = new Float32Array(n * this.#nClasses)
    classes.forEach((index, i) => (isClass[i * this.#nClasses + index] = 1))
    const { activation, gradient } = await session.run({
      [inputName]: new Tensor('float32', input, [n, ...this.#inputShape]),
      [gradientNames.classes]: new Tensor('float32', isClass, [n, this.#nClasses]),
      [gradientNames.isProbability]: new Tensor('float32', Float32Array.of(of === 'probability' ? 1 : 0), [1]),
    })
    return { activation: activation!.data as Float32Array, gradient: gradient!.data as Float32Array }
  }

  async dispose(): Promise<void> {
    await closeSession(this.#session)
  }
}
