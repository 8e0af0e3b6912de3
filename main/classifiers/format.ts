import type { Graph } from '#main/tensor/graph.ts'
import type { ModelFacts } from './model-card.ts'

/** A classifier read from disk, before a runtime is chosen. */
export interface ModelSource {
  readonly facts: ModelFacts
  /** sha256 over everything the model consists of, hex */
  readonly sha256: string
  /** @param inputShape [height, width, 3] */
  graph(inputShape: readonly number[]): Graph
  /** The model's own output for one input, by the framework that defines it: what a compiled network is checked with. */
  reference(input: Float32Array, inputShape: readonly number[]): Promise<Float32Array>
  dispose(): void
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
