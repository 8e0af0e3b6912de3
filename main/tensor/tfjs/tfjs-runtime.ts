import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { dependencies, scoreHead, type Graph } from '../graph.ts'
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
    this.#constants = uploadConstants(graph, dependencies(graph, [...outputs.values()]))
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
    const behind = dependencies(graph, [scoreHead(graph).logits], layer).filter((index) => index !== layer)
    this.#constants = uploadConstants(graph, behind)
  }

  async gradient(activation: Float32Array, classIndex: number, of: ScoreKind): Promise<Float32Array> {
    await tf.setBackend(this.#backend)
    const { logits: logitsNode, activation: head } = scoreHead(this.#graph)
    const score = (value: tf.Tensor): tf.Tensor => {
      const [logits] = runGraph(this.#graph, this.#constants, { start: this.#layer, value, targets: [logitsNode] })
      const flat = tf.reshape<tf.Rank.R1>(logits!, [-1])
      const scores = of === 'logit' ? flat : probabilities(flat, head)
      // a slice, not tf.gather: the wasm backend has no kernel for gather's gradient
      return tf.reshape(tf.slice(scores, classIndex, 1), [])
    }
    const gradient = tf.tidy(() => {
      const value = tf.tensor(activation, [1, ...this.#graph.nodes[this.#layer]!.shape], 'float32')
      return this.#differentiate(score, value)
    })
    const values = new Float32Array(gradient.dataSync())
    gradient.dispose()
    return values
  }

  #differentiate(score: (value: tf.Tensor) => tf.Tensor, value: tf.Tensor): tf.Tensor {
    try {
      return tf.grad(score)(value)
    } catch (cause) {
      disposeTape()
      const message = cause instanceof Error ? cause.message : ''
      if (!/not registered for backend|gradient function not found|not yet supported/.test(message)) throw cause
      const layer = this.#graph.nodes[this.#layer]!.name
      throw new AppError(
        'runtime.unavailable',
        `what follows the layer “${layer}” cannot be differentiated: ${message}`,
        {
          hint: 'Choose a layer nearer to the output, or explain by occlusion.',
          cause,
        },
      )
    }
  }

  dispose(): void {
    disposeConstants(this.#constants)
  }
}

/** TF.js frees the tensors that it saved for a gradient only where the gradient succeeds. */
function disposeTape(): void {
  const { state } = tf.engine()
  for (const { saved } of state.activeTape) tf.dispose(saved ?? [])
  state.activeTape = []
}

function probabilities(logits: tf.Tensor1D, head: 'softmax' | 'sigmoid' | 'linear'): tf.Tensor1D {
  return head === 'sigmoid' ? tf.sigmoid(logits) : tf.softmax(logits)
}
