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
import { outputNames, type AsItIs, type ModelSource } from './format.ts'
import { IncrementalOcclusion } from './incremental-occlusion.ts'
import { loadGradient } from './load-gradient.ts'
import { RememberedResults, type SavedTime } from './remembered-results.ts'

/** What can be done with a classifier that has no gradients. */
export const withoutGradients = 'Explain it by occlusion, LIME or RISE.'

export interface LoadedParts {
  readonly info: ClassifierInfo
  readonly graph: Graph
  /** gives the logits, and the features where something differentiable starts from them */
  readonly network: Network
  readonly runtime: Runtime
  /** those first that leave less to compute; none: there are no gradients */
  readonly differentiables: readonly Differentiable[]
  /** null: the graph holds the whole network */
  readonly asItIs: AsItIs | null
  readonly ownedSource: ModelSource | null
}

/** What gradients are computed of: the network, or its end. */
export interface Differentiable {
  readonly graph: Graph
  /** best first */
  readonly runtimes: readonly Runtime[]
  /** what the graph's input is: the photo, or the output `features` of the network */
  readonly startsFrom: 'photo' | 'features'
}

/** What the network computed of photos. */
interface Pass {
  readonly logits: Float32Array
  /** null: nothing starts from them */
  readonly features: Float32Array | null
}

/** A classifier whose network was loaded and checked. */
export class LoadedClassifier implements Classifier {
  readonly info: ClassifierInfo
  readonly batchSize: number
  readonly bytes: number
  readonly #parts: LoadedParts
  /** by layer */
  readonly #gradientNetworks = new Map<string, Promise<GradientNetwork>>()
  readonly #saved: SavedTime = { seconds: 0 }
  readonly #passes = new RememberedResults<Pass>(this.#saved)
  readonly #gradients = new RememberedResults<ClassGradients>(this.#saved)
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
    return this.#saved.seconds
  }

  async logits(inputs: Float32Array, n: number): Promise<Float32Array> {
    return (await this.#parts.network.run(inputs, n, [outputNames.logits])).get(outputNames.logits)!
  }

  async cleanLogits(input: Float32Array): Promise<Float32Array> {
    return (await this.#passOf(input, 1)).logits
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
    const { differentiables, asItIs } = this.#parts
    if (differentiables.length === 0) {
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
    const differentiable =
      differentiables.find(({ graph }) => graph.nodes.some(({ name }) => name === layer)) ?? differentiables.at(-1)!
    const [height, width, channels] = spatialShape(differentiable.graph, layer)
    return this.#gradients.of(inputs, JSON.stringify([layer, classes, of]), async () => {
      const network = await this.#gradientNetworkOf(differentiable, layer)
      const isFromPhoto = differentiable.startsFrom === 'photo'
      const entered = isFromPhoto ? inputs : (await this.#passOf(inputs, classes.length)).features!
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
    for (const gradient of this.#gradientNetworks.values()) await (await gradient).dispose()
    this.#parts.ownedSource?.dispose()
  }

  async #passOf(inputs: Float32Array, n: number): Promise<Pass> {
    const { logits, features } = outputNames
    const { network, differentiables } = this.#parts
    const hasFeatures = differentiables.some(({ startsFrom }) => startsFrom === 'features')
    return this.#passes.of(inputs, '', async () => {
      const found = await network.run(inputs, n, hasFeatures ? [logits, features] : [logits])
      return { logits: found.get(logits)!, features: found.get(features) ?? null }
    })
  }

  async #gradientNetworkOf({ graph, runtimes }: Differentiable, layer: string): Promise<GradientNetwork> {
    let gradient = this.#gradientNetworks.get(layer)
    if (!gradient) {
      gradient = loadGradient(graph, nodeIndex(graph, layer), runtimes)
      this.#gradientNetworks.set(layer, gradient)
      gradient.catch(() => this.#gradientNetworks.delete(layer))
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
