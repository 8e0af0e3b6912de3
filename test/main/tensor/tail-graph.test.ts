import { describe, expect, it } from 'vitest'
import { nodeIndex, type Graph, type GraphNode } from '#main/tensor/graph.ts'
import { selfTestGraph, selfTestInput } from '#main/tensor/self-test.ts'
import { tailGraph } from '#main/tensor/tail-graph.ts'
import { runNaively } from './naive-graph.ts'

/** conv → a → b, and b + a: what follows `a` needs `a` twice, what follows `b` needs `a`, too. */
const branched: Graph = {
  nodes: [
    { op: 'input', name: 'input', inputs: [], shape: [2, 2, 4] },
    { op: 'tanh', name: 'a', inputs: [0], shape: [2, 2, 4] },
    { op: 'sigmoid', name: 'unused', inputs: [0], shape: [2, 2, 4] },
    { op: 'sigmoid', name: 'b', inputs: [1], shape: [2, 2, 4] },
    { op: 'add', name: 'sum', inputs: [3, 1], shape: [2, 2, 4] },
  ] satisfies GraphNode[],
  input: 0,
  output: 4,
}

describe('the graph that follows a layer', () => {
  it.each(selfTestGraph.nodes.map(({ name }) => name))('gives what the whole one gives, from %s on', (layer) => {
    const index = nodeIndex(selfTestGraph, layer)
    const tail = tailGraph(selfTestGraph, index)!
    const whole = runNaively(selfTestGraph, Float64Array.from(selfTestInput))
    expect(tail.nodes.map(({ name }) => name)).toEqual(selfTestGraph.nodes.slice(index).map(({ name }) => name))
    expect(runNaively(tail, whole[index]!)[tail.output]).toEqual(whole[selfTestGraph.output])
  })

  it('holds only what is needed, and reads the layer wherever it was read', () => {
    const tail = tailGraph(branched, 1)!
    expect(tail.nodes.map(({ op, inputs }) => [op, inputs])).toEqual([
      ['input', []],
      ['sigmoid', [0]],
      ['add', [1, 0]],
    ])
    const values = runNaively(
      branched,
      Float64Array.from({ length: 16 }, (_, i) => Math.sin(i)),
    )
    expect(runNaively(tail, values[1]!)[tail.output]).toEqual(values[branched.output])
  })

  it('is not there where a way leads past the layer, or none leads through it', () => {
    expect(tailGraph(branched, 3)).toBeNull()
    expect(tailGraph(branched, 2)).toBeNull()
  })
})
