import { describe, expect, it } from 'vitest'
import {
  dependencies,
  isSpatial,
  lastSpatialLayer,
  macsOf,
  nodeIndex,
  scoreHead,
  valueBytesOf,
  type Graph,
  type GraphNode,
  type Operation,
} from '#main/tensor/graph.ts'
import { selfTestGraph } from '#main/tensor/self-test.ts'

/** A chain of operations over a 2×2×4 input; each keeps the shape unless one is given. */
function chain(...steps: (Operation & { shape?: readonly number[] })[]): Graph {
  const nodes: GraphNode[] = [{ op: 'input', name: 'input', inputs: [], shape: [2, 2, 4] }]
  for (const { shape = nodes.at(-1)!.shape, ...operation } of steps) {
    nodes.push({ ...operation, name: `${operation.op} ${nodes.length}`, inputs: [nodes.length - 1], shape })
  }
  return { nodes, input: 0, output: nodes.length - 1 }
}

describe('the score head', () => {
  it.each(['softmax', 'sigmoid'] as const)('is the %s, looked for behind reshapes and identities', (op) => {
    const graph = chain(
      { op: 'global-average-pool', keepDims: true, shape: [1, 1, 4] },
      { op },
      { op: 'identity' },
      { op: 'reshape', target: [4], shape: [4] },
      { op: 'flatten' },
    )
    expect(scoreHead(graph)).toEqual({ logits: 1, activation: op })
  })

  it('is linear where the network ends in something else', () => {
    const graph = chain({ op: 'softmax' }, { op: 'relu', max: null, negativeSlope: 0 })
    expect(scoreHead(graph)).toEqual({ logits: 2, activation: 'linear' })
  })

  it('does not take a softmax in each of several cells for one over all values', () => {
    const graph = chain({ op: 'softmax' }, { op: 'flatten', shape: [16] })
    expect(scoreHead(graph)).toEqual({ logits: 2, activation: 'linear' })
  })
})

describe('nodes of a graph', () => {
  it('are found by the name of their layer', () => {
    expect(nodeIndex(selfTestGraph, 'depthwise')).toBe(3)
  })

  it('are suggested where a name is unknown', () => {
    expect(() => nodeIndex(selfTestGraph, 'conv5')).toThrow(
      expect.objectContaining({
        code: 'model.layer-missing',
        message: 'the model has no layer “conv5”',
        hint: expect.stringContaining('depthwise, normalised') as string,
      }) as Error,
    )
    const flat = chain({ op: 'global-average-pool', keepDims: false, shape: [4] })
    expect(() => nodeIndex({ ...flat, nodes: flat.nodes.slice(1) }, 'conv5')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('(none)') as string }) as Error,
    )
  })

  it('are spatial from two cells on', () => {
    const shapes = [[1, 1, 4], [1, 2, 4], [4], [2, 2]]
    const node = (shape: readonly number[]): GraphNode => ({ op: 'identity', name: 'x', inputs: [], shape })
    expect(shapes.map((shape) => isSpatial(node(shape)))).toEqual([false, true, false, false])
  })

  it('depend on what lies before them, back to a given node', () => {
    expect(dependencies(selfTestGraph, [6])).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(dependencies(selfTestGraph, [6], [4])).toEqual([4, 5, 6])
    expect(dependencies(selfTestGraph, [3, 1])).toEqual([0, 1, 2, 3])
  })

  it('cost their multiply-adds', () => {
    const conv = 16 * 9 * 3 * 6
    const depthwise = 16 * 9 * 6
    expect(macsOf(selfTestGraph)).toBe(1 + conv + depthwise + 24)
  })

  it('have values of so many bytes', () => {
    const relu = { op: 'relu', max: null, negativeSlope: 0 } as const
    expect(valueBytesOf(chain(relu, { op: 'global-average-pool', keepDims: false, shape: [4] }))).toBe(
      4 * (16 + 16 + 4),
    )
  })
})

describe('the layer that is explained by default', () => {
  const relu = { op: 'relu', max: null, negativeSlope: 0 } as const
  const pool = { op: 'global-average-pool', keepDims: false, shape: [4] } as const

  it('is the last with a spatial extent', () => {
    expect(lastSpatialLayer(chain(relu, relu, pool, { op: 'softmax' }))).toBe('relu 2')
  })

  it('is none that a way to the scores leads past: a branch, or what is added later', () => {
    const [input, ...rest] = chain(relu).nodes
    const at = (name: string, node: Operation, inputs: number[], shape = [2, 2, 4]): GraphNode => ({
      ...node,
      ...{ name, inputs, shape },
    })
    const nodes = [
      input!,
      ...rest,
      at('left', relu, [1]),
      at('right', relu, [1]),
      at('pooled left', pool, [2], [4]),
      at('pooled right', pool, [3], [4]),
      at('sum', { op: 'add' }, [4, 5], [4]),
    ]
    expect(lastSpatialLayer({ nodes, input: 0, output: 6 })).toBe('relu 1')
    const joined = [...nodes.slice(0, 4), at('joined', { op: 'add' }, [2, 3]), at('pooled', pool, [4], [4])]
    expect(lastSpatialLayer({ nodes: joined, input: 0, output: 5 })).toBe('joined')
  })

  it('is none where nothing has a spatial extent', () => {
    const flat = chain({ op: 'dense', kernel: { shape: [4, 4], data: new Float32Array(16) }, bias: null })
    const nodes = flat.nodes.map((node) => ({ ...node, shape: [4] }))
    expect(lastSpatialLayer({ ...flat, nodes })).toBeNull()
  })
})
