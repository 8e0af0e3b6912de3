import type { Graph } from '#main/tensor/graph.ts'
import type { Network } from '#main/tensor/runtime.ts'
import type { ModelFacts } from './model-card.ts'

/** A classifier read from disk, before a runtime is chosen. */
export interface ModelSource {
  readonly facts: ModelFacts
  /** sha256 over everything the model consists of, hex */
  readonly sha256: string
  /** Whether constants of the graph are read from the source when they are needed: then it must live as long as the graph. */
  readonly isReadLater?: true
  /** @param inputShape [height, width, 3] */
  graph(inputShape: readonly number[]): Graph
  /** Where the graph has no operation for a part of the model: what runs it as it is. The graph's middle is opaque then. */
  readonly asItIs?: AsItIs
  /** Whose output `reference` gives: part of a sentence, “differs from …”. */
  readonly referenceName: string
  /** The model's own output for one input, by the framework that defines it: what a compiled network is checked with. */
  reference(input: Float32Array, inputShape: readonly number[]): Promise<Float32Array>
  dispose(): void
}

/** The way to run a model that the graph cannot hold: ONNX Runtime, on the file itself. */
export interface AsItIs {
  /** what has no place in the graph: part of a sentence */
  readonly obstacle: string
  /** multiply-adds of one input, near enough to size batches by */
  readonly macs: number
  /** of its weights */
  readonly bytes: number
  /** gives the output `logits`, and `features` where there is a tail; lives as long as the source */
  network(inputShape: readonly number[]): Network
  /**
   * Its end from a feature map on, which the graph can hold: the graph's input is that map, [height, width, channels].
   * Null: there are no gradients. Lives as long as the source.
   * @param inputShape that of photos, [height, width, 3]
   */
  readonly tail: ((inputShape: readonly number[]) => Promise<Graph>) | null
}

/** Names of a classifier's outputs. */
export const outputNames = {
  /** class scores before the last activation */
  logits: 'logits',
  /** the feature map that its tail begins with */
  features: 'features',
} as const

/** A kind of model file. */
export interface ClassifierFormat {
  readonly id: string
  /** what the user is told it is */
  readonly label: string
  /** file name endings, lower case */
  readonly endings: readonly string[]
  read(path: string): Promise<ModelSource>
}
