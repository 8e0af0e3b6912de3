import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { dependencies, scoreHead, sizeOf, type Graph } from '../graph.ts'
import type { GradientNetwork, LayerGradients, Network, ScoreKind } from '../runtime.ts'
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

/** Loads a graph for differentiation at one layer. */
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
      return runGraph(graph, this.#constants, new Map([[graph.input, value]]), targets)
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
  readonly #reachesScore: boolean
  readonly #constants: Constants

  constructor(backend: BackendName, graph: Graph, layer: number) {
    this.#backend = backend
    this.#graph = graph
    this.#layer = layer
    const { logits } = scoreHead(graph)
    this.#reachesScore = dependencies(graph, [logits]).includes(layer)
    this.#constants = uploadConstants(graph, dependencies(graph, [logits, layer]))
  }

  async run(input: Float32Array, classes: readonly number[], of: ScoreKind): Promise<LayerGradients> {
    await tf.setBackend(this.#backend)
    const { nodes, input: start } = this.#graph
    const [inputSize, layerSize] = [sizeOf(nodes[start]!.shape), sizeOf(nodes[this.#layer]!.shape)]
    const activation = new Float32Array(classes.length * layerSize)
    const gradient = new Float32Array(classes.length * layerSize)
    classes.forEach((classIndex, i) => {
      // one after the other: a tape keeps every value between the layer and the score
      const image = input.subarray(i * inputSize, (i + 1) * inputSize)
      const results = tf.tidy(() => this.#runOne(tf.tensor(image, [1, ...nodes[start]!.shape]), classIndex, of))
      activation.set(results[0].dataSync(), i * layerSize)
      gradient.set(results[1].dataSync(), i * layerSize)
      tf.dispose(results)
    })
    return { activation, gradient }
  }

  /** Value of the layer, and the gradient there; TF.js refuses one that nothing leads from, which is zero. */
  #runOne(input: tf.Tensor, classIndex: number, of: ScoreKind): [tf.Tensor, tf.Tensor] {
    const { logits, activation: head } = scoreHead(this.#graph)
    const given = new Map([[this.#graph.input, input]])
    const [value] = runGraph(this.#graph, this.#constants, given, [this.#layer])
    if (!this.#reachesScore) return [value!, tf.zerosLike(value!)]
    const score = (layer: tf.Tensor): tf.Tensor => {
      // what does not depend on the layer comes from the input again, unless nothing needs it
      const [result] = runGraph(this.#graph, this.#constants, new Map([...given, [this.#layer, layer]]), [logits])
      const flat = tf.reshape<tf.Rank.R1>(result!, [-1])
      const scores = of === 'logit' ? flat : probabilities(flat, head)
      // a slice, not tf.gather: the wasm backend has no kernel for gather's gradient
      return tf.reshape(tf.slice(scores, classIndex, 1), [])
    }
    return [value!, this.#differentiate(score, value!)]
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

  async dispose(): Promise<void> {
    await tf.setBackend(this.#backend)
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
