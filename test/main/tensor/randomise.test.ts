import { describe, expect, it } from 'vitest'
import { constantsOf, type Graph } from '#main/tensor/graph.ts'
import { randomiseGraph } from '#main/tensor/randomise.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { runNaively } from './naive-graph.ts'

/** Of every node that has constants: whether their values are other ones in this place, and the same when sorted. */
function changes(graph: Graph): { readonly name: string; readonly isMoved: boolean; readonly isSameSet: boolean }[] {
  return selfTestGraph.nodes.flatMap((node, index) => {
    const before = constantsOf(node).map(({ data }) => [...data])
    if (before.length === 0) return []
    const after = constantsOf(graph.nodes[index]!).map(({ data }) => [...data])
    const sorted = (all: number[][]): number[][] => all.map((values) => [...values].sort((a, b) => a - b))
    return {
      name: node.name,
      isMoved: JSON.stringify(after) !== JSON.stringify(before),
      isSameSet: JSON.stringify(sorted(after)) === JSON.stringify(sorted(before)),
    }
  })
}

describe('a graph with random weights', () => {
  it('has the values of every layer in another order', () => {
    const all = changes(randomiseGraph(selfTestGraph, { weights: 'all', seed: 42 }))
    expect(all.length).toBeGreaterThan(2)
    expect(all.every(({ isMoved, isSameSet }) => isMoved && isSameSet)).toBe(true)
  })

  it('has those of the last layer only in another order, where only the top is wanted', () => {
    const moved = changes(randomiseGraph(selfTestGraph, { weights: 'top', seed: 42 })).filter(({ isMoved }) => isMoved)
    expect(moved).toEqual([{ name: 'dense', isMoved: true, isSameSet: true }])
  })

  it('is the same for the same seed, however often it is read, and another for another one', () => {
    const run = (seed: number): Float64Array => {
      const graph = randomiseGraph(selfTestGraph, { weights: 'all', seed })
      return runNaively(graph, Float64Array.from(selfTestInput)).at(-1)!
    }
    expect(run(1)).toEqual(run(1))
    expect(run(2)).not.toEqual(run(1))
    expect(run(1)).not.toEqual(runNaively(selfTestGraph, Float64Array.from(selfTestInput)).at(-1)!)
  })

  it('leaves the graph that it was made of as it was', () => {
    const before = JSON.stringify(selfTestGraph)
    randomiseGraph(selfTestGraph, { weights: 'all', seed: 3 }).nodes.forEach((node) =>
      constantsOf(node).forEach(({ data }) => data.fill(0)),
    )
    expect(JSON.stringify(selfTestGraph)).toBe(before)
  })
})
