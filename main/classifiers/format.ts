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
  /** gives the output `logits`; lives as long as the source */
  network(inputShape: readonly number[]): Network
  /** its end, which the graph can hold; null: there are no gradients. Lives as long as the source. */
  readonly tail: NetworkTail | null
}

/** The end of a network, from a feature map on. Input shapes are those of photos, [height, width, 3]. */
export interface NetworkTail {
  /** What follows that feature map; its input is it, [height, width, channels]. */
  graph(inputShape: readonly number[]): Promise<Graph>
  /**
   * Runs what comes before.
   * @param input [n, height, width, 3] float32
   * @returns [n, …shape of the graph's input] float32
   */
  enter(input: Float32Array, n: number, inputShape: readonly number[]): Promise<Float32Array>
}

/** A kind of model file. */
export interface ClassifierFormat {
  readonly id: string
  /** what the user is told it is */
  readonly label: string
  /** file name endings, lower case */
  readonly endings: readonly string[]
  read(path: string): Promise<ModelSource>
}
