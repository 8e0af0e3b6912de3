import { AppError } from '#common/contract/errors.ts'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import type { ClassGradients, Classifier } from '#main/tensor/classifier.ts'
import { nodeIndex, scoreHead, weightBytesOf, type Graph } from '#main/tensor/graph.ts'
import type {
  GradientNetwork,
  Network,
  OccludedInput,
  OcclusionProgress,
  PatchGrid,
  Runtime,
  ScoreKind,
} from '#main/tensor/runtime.ts'
import { batchSizeOf } from './batch-size.ts'
import { probabilitiesOf, softmax } from './compare-outputs.ts'
import type { AsItIs, ModelSource } from './format.ts'
import { IncrementalOcclusion } from './incremental-occlusion.ts'
import { loadGradient } from './load-gradient.ts'
import { RememberedGradients } from './remembered-gradients.ts'

/** Name of the output with the class scores before the last activation. */
export const logitsOutput = 'logits'

/** What can be done with a classifier that has no gradients. */
export const withoutGradients = 'Explain it by occlusion, LIME or RISE.'

export interface LoadedParts {
  readonly info: ClassifierInfo
  readonly graph: Graph
  readonly network: Network
  readonly runtime: Runtime
  /** null: there are no gradients */
  readonly differentiable: Differentiable | null
  /** null: the graph holds the whole network */
  readonly asItIs: AsItIs | null
  readonly ownedSource: ModelSource | null
}

/** What gradients are computed of: the network, or its end. */
export interface Differentiable {
  readonly graph: Graph
  /** best first */
  readonly runtimes: readonly Runtime[]
  /**
   * Runs what comes before the graph.
   * @param inputs [n, height, width, 3]
   * @returns [n, …shape of the graph's input]
   */
  enter(inputs: Float32Array, n: number): Promise<Float32Array>
}

/** A classifier whose network was loaded and checked. */
export class LoadedClassifier implements Classifier {
  readonly info: ClassifierInfo
  readonly batchSize: number
  readonly bytes: number
  readonly #parts: LoadedParts
  /** by layer */
  readonly #gradients = new Map<string, Promise<GradientNetwork>>()
  readonly #remembered = new RememberedGradients()

  /** null: the runtime is not handed the graph */
  readonly #incremental: IncrementalOcclusion | null

  constructor(parts: LoadedParts) {
    this.#parts = parts
    const notes = [...parts.info.notes]
    this.info = { ...parts.info, notes }
    this.#incremental = parts.asItIs
      ? null
      : new IncrementalOcclusion({
          graph: parts.graph,
          runtime: parts.runtime,
          inFull: (input) => this.logits(input, 1),
          onObstacle: (reason) => notes.push(`Occlusion computes every hidden photo in full: ${reason}`),
        })
    this.batchSize = batchSizeOf(parts.graph, parts.runtime.id, parts.asItIs?.macs)
    this.bytes = parts.asItIs?.bytes ?? weightBytesOf(parts.graph)
  }

  get savedSeconds(): number {
    return this.#remembered.savedSeconds
  }

  async logits(inputs: Float32Array, n: number): Promise<Float32Array> {
    return (await this.#parts.network.run(inputs, n, [logitsOutput])).get(logitsOutput)!
  }

  /** A linear head gives scores of any scale: softmax makes them comparable. */
  probabilities(logits: ArrayLike<number>): Float64Array {
    const isSigmoid = scoreHead(this.#parts.graph).activation === 'sigmoid'
    return isSigmoid ? probabilitiesOf(this.#parts.graph, logits) : softmax(logits)
  }

  async layerGradients(
    inputs: Float32Array,
    classes: readonly number[],
    of: ScoreKind,
    layer = this.info.card.layer,
  ): Promise<ClassGradients> {
    const { differentiable, asItIs } = this.#parts
    if (differentiable === null) {
      const why = asItIs?.obstacle ?? 'no runtime here can'
      throw new AppError('runtime.unavailable', `${this.info.card.name} cannot be differentiated: ${why}`, {
        hint: withoutGradients,
      })
    }
    if (layer === null) {
      throw new AppError('model.layer-missing', `${this.info.card.name} has no layer with a spatial extent`, {
        hint: 'Grad-CAM needs a convolutional layer; use occlusion.',
      })
    }
    const [height, width, channels] = spatialShape(differentiable.graph, layer)
    return this.#remembered.of(inputs, JSON.stringify([layer, classes, of]), async () => {
      const network = await this.#gradientOf(differentiable, layer)
      const entered = await differentiable.enter(inputs, classes.length)
      return { height, width, channels, ...(await network.run(entered, classes, of)) }
    })
  }

  async occludedLogits(
    photo: OccludedInput,
    grid: PatchGrid,
    progress: OcclusionProgress,
  ): Promise<Float32Array | null> {
    return this.#incremental?.logits(photo, grid, progress) ?? null
  }

  async dispose(): Promise<void> {
    await this.#incremental?.dispose()
    await this.#parts.network.dispose()
    for (const gradient of this.#gradients.values()) await (await gradient).dispose()
    this.#parts.ownedSource?.dispose()
  }

  async #gradientOf({ graph, runtimes }: Differentiable, layer: string): Promise<GradientNetwork> {
    let gradient = this.#gradients.get(layer)
    if (!gradient) {
      gradient = loadGradient(graph, nodeIndex(graph, layer), runtimes)
      this.#gradients.set(layer, gradient)
      gradient.catch(() => this.#gradients.delete(layer))
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
