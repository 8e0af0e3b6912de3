import { AppError } from '#common/contract/errors.ts'
import type { CardOptions, ClassifierInfo, ModelCard, RuntimePreference } from '#common/contract/procedures/models.ts'
import type { Classifier, LayerGradient } from '#main/tensor/classifier.ts'
import { foldGraph } from '#main/tensor/fold.ts'
import { macsOf, nodeIndex, scoreHead, type Graph } from '#main/tensor/graph.ts'
import type { GradientNetwork, Network, Runtime, ScoreKind } from '#main/tensor/runtime.ts'
import type { RuntimeChoice } from '#main/tensor/choose-runtime.ts'
import type { ModelSource } from './format.ts'
import { completeCard } from './model-card.ts'
import { classifierFormatOf } from './registry.ts'

/** Multiply-adds that one call may take: about 100 ms on two cores of each runtime. */
const macsPerCall = { onnx: 5e9, tensorflow: 4e9, wasm: 7e8 } as const
const maxBatchSize = 32

/** Largest relative difference of a compiled network's scores from TensorFlow.js's that counts as rounding. */
const checkTolerance = 1e-3

/**
 * Reads a classifier, completes its card, compiles it for the chosen runtimes and checks the result once against the
 * framework that defines the model.
 * @throws AppError 'model.*', 'runtime.unavailable'
 */
export async function loadClassifier(
  path: string,
  options: { readonly card: CardOptions; readonly runtime: RuntimePreference },
  choose: (preference: RuntimePreference) => Promise<RuntimeChoice>,
): Promise<Classifier> {
  const source = await classifierFormatOf(path).read(path)
  let isOwned = false
  try {
    const card = await completeCard(path, options.card, source.facts)
    const inputShape = [card.height, card.width, 3]
    const graph = source.graph(inputShape)
    if (card.layer !== null) nodeIndex(graph, card.layer)
    const choice = await choose(options.runtime)
    const notes = [...choice.notes]
    const { network, runtime } = await loadChecked(source, graph, card, choice, notes)
    const info: ClassifierInfo = {
      card,
      sha256: source.sha256,
      nClasses: source.facts.nClasses,
      predictionRuntime: runtime.id,
      gradientRuntime: choice.gradients.id,
      notes,
    }
    // opaque layers run inside the model that was read: it must live as long as the classifier
    isOwned = graph.nodes.some((node) => node.op === 'opaque')
    return new LoadedClassifier({ info, graph, network, runtime, choice, ownedSource: isOwned ? source : null })
  } finally {
    if (!isOwned) source.dispose()
  }
}

const logitsOutput = 'logits'
const activationOutput = 'activation'

async function loadNetwork(runtime: Runtime, graph: Graph, layer: string | null): Promise<Network> {
  const outputs = new Map([[logitsOutput, scoreHead(graph).logits]])
  if (layer !== null) outputs.set(activationOutput, nodeIndex(graph, layer))
  return runtime.load(foldGraph(graph, new Set(outputs.values())), outputs)
}

/** The first of the runtimes whose network agrees with the model's own framework. */
async function loadChecked(
  source: ModelSource,
  graph: Graph,
  card: ModelCard,
  choice: RuntimeChoice,
  notes: string[],
): Promise<{ network: Network; runtime: Runtime }> {
  const inputShape = [card.height, card.width, 3]
  const input = checkInput(inputShape)
  const expected = await source.reference(input, inputShape)
  for (const runtime of choice.predictions) {
    let network: Network | undefined
    try {
      network = await loadNetwork(runtime, graph, card.layer)
      const logits = (await network.run(input, 1, [logitsOutput])).get(logitsOutput)!
      const difference = relativeDifference(probabilitiesOf(graph, logits), expected)
      if (difference <= checkTolerance) return { network, runtime }
      notes.push(
        `${runtime.label} is not used: its result differs from TensorFlow.js by ${difference.toExponential(1)}`,
      )
    } catch (error) {
      // whatever keeps one runtime from a model, another may compute it; the user is told
      notes.push(`${runtime.label} is not used: ${firstLine(error)}`)
    }
    await network?.dispose()
  }
  throw new AppError('model.check-failed', `no runtime computes ${card.name} as TensorFlow.js does`, {
    hint: notes.join('; '),
  })
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
}

/** Deterministic, within what every preprocessing gives. */
function checkInput(shape: readonly number[]): Float32Array {
  const size = shape.reduce((product, n) => product * n, 1)
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011))
}

function relativeDifference(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0
  let scale = 1e-6
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!)
    largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
    scale = Math.max(scale, Math.abs(expected[i]!))
  }
  return largest / scale
}

/** What the model itself would put out for these logits. */
function probabilitiesOf(graph: Graph, logits: ArrayLike<number>): Float64Array {
  const { activation } = scoreHead(graph)
  if (activation === 'softmax') return softmax(logits)
  const values = Float64Array.from(logits)
  return activation === 'sigmoid' ? values.map((z) => 1 / (1 + Math.exp(-z))) : values
}

function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits)
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i]! - top)
  return values.map((value) => value / sum)
}

interface LoadedParts {
  readonly info: ClassifierInfo
  readonly graph: Graph
  readonly network: Network
  readonly runtime: Runtime
  readonly choice: RuntimeChoice
  readonly ownedSource: ModelSource | null
}

class LoadedClassifier implements Classifier {
  readonly info: ClassifierInfo
  readonly batchSize: number
  readonly #parts: LoadedParts
  /** by layer; the card's own layer is an output of the main network, others get one of their own */
  readonly #layerNetworks = new Map<string, Network>()
  readonly #gradients = new Map<string, GradientNetwork>()

  constructor(parts: LoadedParts) {
    this.#parts = parts
    this.info = parts.info
    const fitting = Math.floor(macsPerCall[parts.runtime.id] / macsOf(parts.graph))
    this.batchSize = Math.min(Math.max(fitting, 1), maxBatchSize)
    if (parts.info.card.layer !== null) this.#layerNetworks.set(parts.info.card.layer, parts.network)
  }

  async logits(inputs: Float32Array, n: number): Promise<Float32Array> {
    return (await this.#parts.network.run(inputs, n, [logitsOutput])).get(logitsOutput)!
  }

  /** A linear head gives scores of any scale: softmax makes them comparable. */
  probabilities(logits: ArrayLike<number>): Float64Array {
    const isSigmoid = scoreHead(this.#parts.graph).activation === 'sigmoid'
    return isSigmoid ? probabilitiesOf(this.#parts.graph, logits) : softmax(logits)
  }

  async layerGradient(
    input: Float32Array,
    classIndex: number,
    of: ScoreKind,
    layer = this.info.card.layer,
  ): Promise<LayerGradient> {
    if (layer === null) {
      throw new AppError('model.layer-missing', `${this.info.card.name} has no layer with a spatial extent`, {
        hint: 'Grad-CAM needs a convolutional layer; use occlusion.',
      })
    }
    const { graph } = this.#parts
    const [height, width, channels] = spatialShape(graph, layer)
    const network = await this.#networkOf(layer)
    const activation = (await network.run(input, 1, [activationOutput])).get(activationOutput)!
    const gradient = await (await this.#gradientOf(layer)).gradient(activation, classIndex, of)
    return { height, width, channels, activation, gradient }
  }

  async dispose(): Promise<void> {
    for (const network of new Set([this.#parts.network, ...this.#layerNetworks.values()])) await network.dispose()
    for (const gradient of this.#gradients.values()) gradient.dispose()
    this.#parts.ownedSource?.dispose()
  }

  async #networkOf(layer: string): Promise<Network> {
    let network = this.#layerNetworks.get(layer)
    if (!network) {
      network = await loadNetwork(this.#parts.runtime, this.#parts.graph, layer)
      this.#layerNetworks.set(layer, network)
    }
    return network
  }

  async #gradientOf(layer: string): Promise<GradientNetwork> {
    let gradient = this.#gradients.get(layer)
    if (!gradient) {
      const { graph, choice } = this.#parts
      gradient = await choice.gradients.loadGradient(graph, nodeIndex(graph, layer))
      this.#gradients.set(layer, gradient)
    }
    return gradient
  }
}

/** @throws AppError 'model.layer-missing' for a layer whose value is not [height, width, channels] */
function spatialShape(graph: Graph, layer: string): readonly [number, number, number] {
  const { shape } = graph.nodes[nodeIndex(graph, layer)]!
  if (shape.length === 3) return shape as unknown as readonly [number, number, number]
  throw new AppError(
    'model.layer-missing',
    `the layer “${layer}” has no spatial extent (its shape is [${shape.join(', ')}])`,
    {
      hint: 'Choose a convolutional layer.',
    },
  )
}
