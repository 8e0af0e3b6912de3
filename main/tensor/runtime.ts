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

/** Values of a layer and gradients there, [n, height, width, channels] float32 each. */
export interface LayerGradients {
  readonly activation: Float32Array
  readonly gradient: Float32Array
}

/** A network that is ready to be differentiated at one layer. */
export interface GradientNetwork {
  /**
   * One pass forward and back.
   * @param input [n, height, width, channels] float32
   * @param classes the class whose score is differentiated, one a photo
   */
  run(input: Float32Array, classes: readonly number[], of: ScoreKind): Promise<LayerGradients>
  dispose(): Promise<void>
}

/** Where a square patch hides a photo: at multiples of a step from its corner. Lengths in pixels. */
export interface PatchGrid {
  readonly patch: number
  readonly stride: number
  readonly rows: number
  readonly cols: number
}

/** A photo, and what stands in its place where a patch hides it, [height, width, channels] float32 each. */
export interface OccludedInput {
  readonly input: Float32Array
  readonly filling: Float32Array
  readonly width: number
}

export interface OcclusionProgress {
  readonly signal: AbortSignal
  /** @param done patches of all so far */
  readonly onProgress?: (done: number) => void
}

/** A network that is ready to compute a photo with each patch of a grid hidden, from what the patch can change. */
export interface OcclusionNetwork {
  /** @returns [rows · cols, values of the target], the grid row by row */
  run(photo: OccludedInput, progress: OcclusionProgress): Promise<Float32Array>
  dispose(): Promise<void>
}

/** A way to compute. One object a process; loading it proves nothing: see probe.ts. */
export interface Runtime {
  readonly id: RuntimeId
  readonly label: string
  /** loads native code or wasm; throws an AppError 'runtime.unavailable' with the reason */
  start(): Promise<void>
  /** @param outputs public name → node index */
  load(graph: Graph, outputs: ReadonlyMap<string, number>): Promise<Network>
  /** @param layer index of the node at which is differentiated */
  loadGradient(graph: Graph, layer: number): Promise<GradientNetwork>
  /**
   * Left out: it has no way to compute only what a patch changes. Null: that would not take less time.
   * @param target index of the node that is wanted
   * @param mostBytes that the values of one call may take
   */
  readonly loadOcclusion?: (
    graph: Graph,
    target: number,
    grid: PatchGrid,
    mostBytes: number,
  ) => Promise<OcclusionNetwork | null>
  /** whether it runs `opaque` nodes too: layers that the graph has no operation for */
  readonly runsEveryLayer: boolean
}
