import { columnRuns } from './column-runs.ts'
import type { Rle } from './rle.ts'

/** How a mask hangs together. */
interface Parts {
  /** connected parts of the object, pixels touching at a side or a corner (8-connected) */
  readonly parts: number
  /** background regions inside the object that do not reach the image's border (4-connected) */
  readonly holes: number
}

/**
 * Counts parts and holes in time linear in the number of runs.
 * Runs of neighbouring columns that touch are the edges of a graph. Two runs of one column never touch and three
 * runs never meet, so by the nerve theorem the object has the graph's shape: its parts are the graph's, and its holes
 * are the graph's independent cycles, edges − runs + parts.
 * @throws AppError 'rle.counts', 'rle.size' as `checkRle`
 */
export function countParts(rle: Rle): Parts {
  const { bounds, ends } = columnRuns(rle)
  const nRuns = bounds.length / 2
  const parent = Uint32Array.from({ length: nRuns }, (_, run) => run)
  let parts = nRuns
  let edges = 0
  for (let x = 1; x < ends.length; x++) {
    let left = x === 1 ? 0 : ends[x - 2]!
    let right = ends[x - 1]!
    while (left < ends[x - 1]! && right < ends[x]!) {
      const [leftEnd, rightEnd] = [bounds[left + 1]!, bounds[right + 1]!]
      if (bounds[left]! <= rightEnd && bounds[right]! <= leftEnd) {
        edges++
        if (join(parent, left / 2, right / 2)) parts--
      }
      if (leftEnd < rightEnd) left += 2
      else right += 2
    }
  }
  return { parts, holes: edges - nRuns + parts }
}

/** Puts two runs into one part; false if they already were. */
function join(parent: Uint32Array, a: number, b: number): boolean {
  const [rootOfA, rootOfB] = [rootOf(parent, a), rootOf(parent, b)]
  parent[Math.max(rootOfA, rootOfB)] = Math.min(rootOfA, rootOfB)
  return rootOfA !== rootOfB
}

function rootOf(parent: Uint32Array, run: number): number {
  while (parent[run] !== run) {
    parent[run] = parent[parent[run]!]! // halves the path, so that chains stay short
    run = parent[run]!
  }
  return run
}
