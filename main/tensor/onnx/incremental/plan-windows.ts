import { dependencies, type Graph } from '../../graph.ts'
import type { PatchGrid } from '../../runtime.ts'
import { WindowPlacer, type WindowedNode } from './place-windows.ts'
import { costInFull, costInWindows } from './window-costs.ts'

export interface WindowPlan {
  readonly grid: PatchGrid
  /** nodes that the target depends on, in order */
  readonly needed: readonly number[]
  /** by node; those needed that are not in here are computed in full */
  readonly windowed: ReadonlyMap<number, WindowedNode>
}

/** Windows are not widened further: most of a deeper map is computed anyway. */
const widestAlignment = 64

/**
 * Finds, layer by layer, what the patches of a grid can change, for those layers for which computing only that is exact
 * and takes less time. Tries by how much the windows' columns have to be widened to lie alike to the strides.
 * @param target index of the node that is wanted
 */
export function planWindows(graph: Graph, target: number, grid: PatchGrid): WindowPlan {
  const alignments = new Set([1])
  for (const node of graph.nodes) {
    if (!('window' in node)) continue
    for (const alignment of [...alignments]) {
      if (alignment * node.window.strides[1] <= widestAlignment) alignments.add(alignment * node.window.strides[1])
    }
  }
  const plans = [...alignments].map((alignment) =>
    worthwhile(graph, possibleWindows(graph, target, { grid, alignment })),
  )
  return plans.reduce((best, plan) => (costOfPlan(graph, plan) < costOfPlan(graph, best) ? plan : best))
}

/**
 * Goes on with windows as far as that is possible.
 * @param alignment the columns of the photo's windows begin at multiples of it
 */
export function possibleWindows(
  graph: Graph,
  target: number,
  { grid, alignment }: { readonly grid: PatchGrid; readonly alignment: number },
): WindowPlan {
  const placer = new WindowPlacer(graph, grid, alignment)
  const needed = dependencies(graph, [target])
  const windowed = new Map<number, WindowedNode>()
  for (const index of needed.filter((other) => other !== target)) {
    const node = graph.nodes[index]!
    const inputs = node.inputs.flatMap((input) => windowed.get(input) ?? [])
    const placed = inputs.length === node.inputs.length ? placer.place(node, inputs) : null
    if (placed) windowed.set(index, placed)
  }
  return { grid, needed, windowed }
}

/** Work of all patches, in multiply-adds of a convolution. */
export function costOfPlan(graph: Graph, { grid, needed, windowed }: WindowPlan): number {
  const costs = needed.map((index) => {
    const [node, placed] = [graph.nodes[index]!, windowed.get(index)]
    return placed ? costInWindows(node, placed.made) : costInFull(node, grid)
  })
  return costs.reduce((a, b) => a + b, 0)
}

/** Takes those windows back, from some operation on, that take more time than computing in full. */
function worthwhile(graph: Graph, { grid, needed, windowed }: WindowPlan): WindowPlan {
  let [most, sum, nKept] = [0, 0, 0]
  for (const [i, index] of needed.entries()) {
    const placed = windowed.get(index)
    if (!placed) continue
    sum += costInFull(graph.nodes[index]!, grid) - costInWindows(graph.nodes[index]!, placed.made)
    if (sum > most) [most, nKept] = [sum, i + 1]
  }
  const kept = needed.slice(0, nKept).flatMap((index) => {
    const placed = windowed.get(index)
    return placed ? [[index, placed] as const] : []
  })
  return { grid, needed, windowed: new Map(kept) }
}
