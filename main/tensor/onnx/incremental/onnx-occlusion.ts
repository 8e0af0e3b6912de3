import type { Tensor } from 'onnxruntime-node'
import { yieldToEvents } from '../../classifier.ts'
import { sizeOf, type Graph } from '../../graph.ts'
import type { OccludedInput, OcclusionNetwork, OcclusionProgress, PatchGrid } from '../../runtime.ts'
import { inputName } from '../forward.ts'
import type { WeightStore } from '../model-builder.ts'
import { closeSession, openSession, type Session } from '../onnx-session.ts'
import { changedPixels, gatheringMatrix, placementMatrix, type Columns } from './changed-pixels.ts'
import { compileCleanWindows, type CleanWindows, type Gathering } from './clean-windows.ts'
import { compileIncremental, targetName, type IncrementalInputs } from './compile-incremental.ts'
import { costOfPlan, planWindows, type WindowPlan } from './plan-windows.ts'
import { poolFirst } from './pool-first.ts'

/** By so much the windows must be quicker, by estimate: the estimate is no measurement. */
const leastGain = 1.15
/** Multiply-adds that take as long as making two sessions ready. */
const preparing = 3e9

/**
 * Null where computing the hidden photos in full takes as little time.
 * @param mostBytes that the values of one call may take
 * @throws what compiling and ONNX Runtime throw
 */
export async function loadWhereQuicker(
  graph: Graph,
  target: number,
  { grid, mostBytes }: { readonly grid: PatchGrid; readonly mostBytes: number },
): Promise<OcclusionNetwork | null> {
  const swapped = poolFirst(graph)
  const plan = planWindows(swapped, target, grid)
  const inFull = costOfPlan(swapped, { ...plan, windowed: new Map() })
  const isQuicker = inFull - leastGain * costOfPlan(swapped, plan) > preparing
  return isQuicker ? loadPlanned(swapped, target, { plan, mostBytes }) : null
}

/** @param plan of the same graph, with the photo itself in windows at least */
export async function loadPlanned(
  graph: Graph,
  target: number,
  { plan, mostBytes }: { readonly plan: WindowPlan; readonly mostBytes: number },
): Promise<OcclusionNetwork> {
  let inputs: IncrementalInputs
  const windows = await openSession(graph, (store) => {
    const compiled = compileIncremental(graph, target, plan, store)
    inputs = compiled.inputs
    return compiled.model
  })
  let gatherings: readonly Gathering[]
  try {
    const compileClean = (store: WeightStore | null): Uint8Array => {
      const compiled = compileCleanWindows(graph, inputs.cleans, store)
      gatherings = compiled.gatherings
      return compiled.model
    }
    const clean = await openSession(graph, compileClean, { keepsMemory: false })
    const nCols = columnsPerCall(graph, { plan, cleans: inputs!.cleans, mostBytes })
    return new OnnxOcclusion(graph, { plan, target, inputs: inputs!, gatherings: gatherings!, nCols, windows, clean })
  } catch (error) {
    await closeSession(windows)
    throw error
  }
}

interface Parts {
  readonly plan: WindowPlan
  readonly target: number
  readonly inputs: IncrementalInputs
  readonly gatherings: readonly Gathering[]
  /** patch columns that are computed together */
  readonly nCols: number
  readonly windows: Session
  readonly clean: Session
}

class OnnxOcclusion implements OcclusionNetwork {
  readonly #graph: Graph
  readonly #parts: Parts

  constructor(graph: Graph, parts: Parts) {
    this.#graph = graph
    this.#parts = parts
  }

  async run(photo: OccludedInput, { signal, onProgress }: OcclusionProgress): Promise<Float32Array> {
    const { plan, target, nCols } = this.#parts
    const { rows, cols } = plan.grid
    const nValues = sizeOf(this.#graph.nodes[target]!.shape)
    const scores = new Float32Array(rows * cols * nValues)
    for (let from = 0, done = 0; from < cols; from += nCols) {
      const columns = { from, to: Math.min(from + nCols, cols) }
      signal.throwIfAborted()
      const shared = await this.#sharedByRows(photo, columns)
      for (let row = 0; row < rows; row++) {
        await yieldToEvents()
        signal.throwIfAborted()
        scores.set(await this.#row(photo, { row, columns, shared }), (row * cols + from) * nValues)
        done += columns.to - columns.from
        onProgress?.(done)
      }
    }
    return scores
  }

  async dispose(): Promise<void> {
    await closeSession(this.#parts.windows)
    await closeSession(this.#parts.clean)
  }

  /** What all patch rows take: the clean photo's windows and where windows stand in whole rows. */
  async #sharedByRows({ input }: OccludedInput, columns: Columns): Promise<Readonly<Record<string, Tensor>>> {
    const { inputs, gatherings, clean } = this.#parts
    const { Tensor } = clean.onnx
    const feeds: Record<string, Tensor> = {
      [inputName]: new Tensor('float32', input, [1, ...this.#graph.nodes[this.#graph.input]!.shape]),
    }
    const n = columns.to - columns.from
    for (const gathering of gatherings) {
      const { name, left, width, right, cols } = gathering
      const shape = [n, left + width + right, cols.sizes[0]!]
      feeds[name] = new Tensor('float32', gatheringMatrix(gathering, columns), shape)
    }
    const shared: Record<string, Tensor> = { ...(await clean.session.run(feeds)) }
    for (const placement of inputs.placements) {
      const shape = [n, placement.cols.sizes[0]!, placement.width]
      shared[placement.name] = new Tensor('float32', placementMatrix(placement, columns), shape)
    }
    return shared
  }

  async #row(
    photo: OccludedInput,
    { row, columns, shared }: { row: number; columns: Columns; shared: Readonly<Record<string, Tensor>> },
  ): Promise<Float32Array> {
    const { plan, inputs, windows } = this.#parts
    const { Tensor } = windows.onnx
    const { area } = plan.windowed.get(this.#graph.input)!
    const { data, shape } = changedPixels(photo, { grid: plan.grid, area, row, columns })
    const feeds: Record<string, Tensor> = { ...shared, [inputName]: new Tensor('float32', data, shape) }
    for (const { name, byRow } of inputs.integers) {
      const values = BigInt64Array.from(byRow[row]!, BigInt)
      feeds[name] = new Tensor('int64', values, [values.length])
    }
    const result = await windows.session.run(feeds)
    return result[targetName]!.data as Float32Array
  }
}

/** As many as leave their values room, the clean windows and the largest operation's. */
function columnsPerCall(
  graph: Graph,
  { plan, cleans, mostBytes }: { plan: WindowPlan; cleans: readonly CleanWindows[]; mostBytes: number },
): number {
  const cleanBytes = cleans.map(({ node, cols, top, bottom }) => {
    const [height, , channels] = graph.nodes[node]!.shape as [number, number, number]
    return cols ? 4 * (top + height + bottom) * cols.sizes[0]! * channels : 0
  })
  const largest = plan.needed.map((index) => {
    const made = plan.windowed.get(index)?.made
    const { shape } = graph.nodes[index]!
    return made ? Math.max(...made.rows.sizes) * made.cols.sizes[0]! * shape[2]! : sizeOf(shape)
  })
  // of an operation: its input, its output and one that waits for a branch
  const each = cleanBytes.reduce((a, b) => a + b, 0) + 3 * 4 * Math.max(...largest)
  const nCalls = Math.ceil(plan.grid.cols / Math.max(Math.floor(mostBytes / each), 1))
  return Math.ceil(plan.grid.cols / nCalls)
}
