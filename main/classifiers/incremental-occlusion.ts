import { foldGraph } from '#main/tensor/fold.ts'
import { scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'
import { writeOccluded } from '#main/tensor/occluded-logits.ts'
import type { OccludedInput, OcclusionNetwork, OcclusionProgress, PatchGrid, Runtime } from '#main/tensor/runtime.ts'
import { bytesPerCall } from './batch-size.ts'

/** Largest difference from computing in full that counts as rounding, as a share of the range of the class scores. */
const tolerance = 1e-4

export interface IncrementalParts {
  readonly graph: Graph
  readonly runtime: Runtime
  /** class scores of one input, computed in full */
  readonly inFull: (input: Float32Array) => Promise<Float32Array>
  /** is told why it is not used */
  readonly onObstacle: (reason: string) => void
}

/**
 * Class scores of hidden photos from what the patches change, where a runtime has a way to compute that and it takes less
 * time. What the first photo gives is compared with computing in full once; after an obstacle it is not tried again.
 */
export class IncrementalOcclusion {
  readonly #parts: IncrementalParts
  /** of the grid that was asked for last: an explanation asks for the same one photo after photo */
  #loaded: { readonly key: string; readonly network: Promise<OcclusionNetwork | null>; isChecked: boolean } | undefined
  #isUnusable: boolean

  constructor(parts: IncrementalParts) {
    this.#parts = parts
    this.#isUnusable = parts.runtime.loadOcclusion === undefined
  }

  /** @returns [rows · cols, classes], or null where the hidden photos are to be computed in full */
  async logits(photo: OccludedInput, grid: PatchGrid, progress: OcclusionProgress): Promise<Float32Array | null> {
    if (this.#isUnusable) return null
    try {
      const network = await this.#networkOf(grid)
      if (!network) return null
      const found = await network.run(photo, progress)
      if (this.#loaded!.isChecked) return found
      const difference = await this.#difference(photo, grid, found)
      if (difference <= tolerance) {
        this.#loaded!.isChecked = true
        return found
      }
      await this.#giveUp(`it differs from computing in full by ${difference.toExponential(1)}`)
    } catch (error) {
      progress.signal.throwIfAborted()
      await this.#giveUp(String(error instanceof Error ? error.message : error).split('\n')[0] ?? '')
    }
    return null
  }

  async dispose(): Promise<void> {
    // one that could not be loaded has nothing to dispose
    const network = await this.#loaded?.network.catch(() => null)
    this.#loaded = undefined
    await network?.dispose()
  }

  async #networkOf(grid: PatchGrid): Promise<OcclusionNetwork | null> {
    const key = JSON.stringify(grid)
    if (this.#loaded?.key !== key) {
      await this.dispose()
      const { graph, runtime } = this.#parts
      const target = scoreHead(graph).logits
      const network = runtime.loadOcclusion!(foldGraph(graph, new Set([target])), target, grid, bytesPerCall)
      this.#loaded = { key, network, isChecked: false }
    }
    return this.#loaded.network
  }

  /** As a share of the scores' range, for the first patch and one in the middle; infinite where one is not a number. */
  async #difference(photo: OccludedInput, grid: PatchGrid, found: Float32Array): Promise<number> {
    const { graph, inFull } = this.#parts
    const nClasses = sizeOf(graph.nodes[scoreHead(graph).logits]!.shape)
    const hidden = new Float32Array(photo.input.length)
    let largest = 0
    for (const index of [0, Math.floor((grid.rows * grid.cols) / 2)]) {
      writeOccluded(photo, grid, index, hidden)
      const expected = await inFull(hidden)
      const range =
        expected.reduce((a, b) => Math.max(a, b), -Infinity) - expected.reduce((a, b) => Math.min(a, b), Infinity)
      const differences = expected.map((score, i) => Math.abs(score - found[index * nClasses + i]!))
      const difference = differences.reduce((a, b) => Math.max(a, b), 0) / Math.max(range, Number.MIN_VALUE)
      largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference)
    }
    return largest
  }

  async #giveUp(reason: string): Promise<void> {
    this.#isUnusable = true
    await this.dispose()
    this.#parts.onObstacle(reason)
  }
}
