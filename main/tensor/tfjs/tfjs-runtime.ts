import * as tf from '@tensorflow/tfjs'
import { scoreHead, type Graph } from '../graph.ts'
import type { GradientNetwork, Network, ScoreKind } from '../runtime.ts'
import { disposeConstants, runGraph, uploadConstants, type Constants } from './execute.ts'

/** Name of a TensorFlow.js backend, as it registers itself. */
export type BackendName = 'wasm' | 'tensorflow'

/** Loads a graph onto a TensorFlow.js backend that has been started. */
export async function loadTfjsNetwork(
  backend: BackendName,
  graph: Graph,
  outputs: ReadonlyMap<string, number>,
): Promise<Network> {
  await tf.setBackend(backend)
  return new TfjsNetwork(backend, graph, outputs)
}

/** Loads the part of a graph behind a layer for differentiation. */
export async function loadTfjsGradient(backend: BackendName, graph: Graph, layer: number): Promise<GradientNetwork> {
  await tf.setBackend(backend)
  return new TfjsGradientNetwork(backend, graph, layer)
}

class TfjsNetwork implements Network {
  readonly #backend: BackendName
  readonly #graph: Graph
  readonly #outputs: ReadonlyMap<string, number>
  readonly #constants: Constants

  constructor(backend: BackendName, graph: Graph, outputs: ReadonlyMap<string, number>) {
    this.#backend = backend
    this.#graph = graph
    this.#outputs = outputs
    this.#constants = uploadConstants(graph)
  }

  async run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    await tf.setBackend(this.#backend)
    const graph = this.#graph
    const results = tf.tidy(() => {
      const value = tf.tensor(input, [n, ...graph.nodes[graph.input]!.shape], 'float32')
      const targets = wanted.map((name) => this.#outputs.get(name)!)
      return runGraph(graph, this.#constants, { start: graph.input, value, targets })
    })
    const values = new Map(wanted.map((name, i) => [name, new Float32Array(results[i]!.dataSync())]))
    tf.dispose(results)
    return values
  }

  async dispose(): Promise<void> {
    await tf.setBackend(this.#backend)
    disposeConstants(this.#constants)
  }
}

class TfjsGradientNetwork implements GradientNetwork {
  readonly #backend: BackendName
  readonly #graph: Graph
  readonly #layer: number
  readonly #constants: Constants

  constructor(backend: BackendName, graph: Graph, layer: number) {
    this.#backend = backend
    this.#graph = graph
    this.#layer = layer
    this.#constants = uploadConstants(graph)
  }

  async gradient(activation: Float32Array, classIndex: number, of: ScoreKind): Promise<Float32Array> {
    await tf.setBackend(this.#backend)
    const { logits: logitsNode, activation: head } = scoreHead(this.#graph)
    const score = (value: tf.Tensor): tf.Tensor => {
      const [logits] = runGraph(this.#graph, this.#constants, { start: this.#layer, value, targets: [logitsNode] })
      const flat = tf.reshape(logits!, [-1]) as tf.Tensor1D
      // a one-hot sum, not tf.gather: the wasm backend has no kernel for gather's gradient
      const chosen = tf.oneHot(tf.scalar(classIndex, 'int32'), flat.size)
      return tf.sum(tf.mul(of === 'logit' ? flat : probabilities(flat, head), chosen))
    }
    const gradient = tf.tidy(() => {
      const value = tf.tensor(activation, [1, ...this.#graph.nodes[this.#layer]!.shape], 'float32')
      return tf.grad(score)(value)
    })
    const values = new Float32Array(gradient.dataSync())
    gradient.dispose()
    return values
  }

  dispose(): void {
    disposeConstants(this.#constants)
  }
}

function probabilities(logits: tf.Tensor1D, head: 'softmax' | 'sigmoid' | 'linear'): tf.Tensor1D {
  return head === 'sigmoid' ? tf.sigmoid(logits) : tf.softmax(logits)
}
