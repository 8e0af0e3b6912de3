import type { RuntimeId } from '#common/contract/procedures/models.ts'
import type { Graph } from './graph.ts'

/** A network that is ready to run on one runtime. Owned by whoever loaded it; `dispose` frees weights and sessions. */
export interface Network {
  /**
   * Runs a batch.
   * @param input [n, height, width, channels] float32
   * @param wanted names of the outputs to return
   * @returns by output name, [n, …shape of the node] float32
   */
  run(input: Float32Array, n: number, wanted: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>
  dispose(): Promise<void>
}

/** What a class score is differentiated as. */
export type ScoreKind = 'logit' | 'probability'

/** The part of a network behind one layer, ready to be differentiated. */
export interface GradientNetwork {
  /**
   * Gradient of one class score with respect to the layer's value.
   * @param activation value of the layer, [height, width, channels] float32
   * @returns the same shape
   */
  gradient(activation: Float32Array, classIndex: number, of: ScoreKind): Promise<Float32Array>
  dispose(): void
}

/** A way to compute. One object a process; loading it proves nothing: see probe.ts. */
export interface Runtime {
  readonly id: RuntimeId
  readonly label: string
  /** loads native code or wasm; throws an AppError 'runtime.unavailable' with the reason */
  start(): Promise<void>
  /** @param outputs public name → node index */
  load(graph: Graph, outputs: ReadonlyMap<string, number>): Promise<Network>
  /** null: this runtime has no gradients. @param layer index of the node whose value is given */
  readonly loadGradient: ((graph: Graph, layer: number) => Promise<GradientNetwork>) | null
}
