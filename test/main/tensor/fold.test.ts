import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { dependencies, sizeOf, type Constant, type Graph, type GraphNode, type Operation } from '#main/tensor/graph.ts'
import { paddingOf } from '#main/tensor/padding.ts'
import { relativeDifference, seededValues } from './layer-models.ts'
import { runNaively } from './naive-graph.ts'

const kinds = ['conv2d', 'depthwise-conv2d', 'scale', 'relu', 'zero-pad', 'identity', 'add', 'dense'] as const
type Kind = (typeof kinds)[number]
/** What is appended, and which of the nodes so far it reads (counted from the end; mostly the last one). */
interface Step {
  readonly kind: Kind
  readonly back: number
}

/** A graph of the steps that fit their inputs' shapes, over a 4×5×2 input. */
function graphOf(steps: readonly Step[]): Graph {
  const nodes: GraphNode[] = [{ op: 'input', name: 'input', inputs: [], shape: [4, 5, 2] }]
  steps.forEach(({ kind, back }, i) => {
    const input = Math.max(nodes.length - 1 - back, 0)
    const last = nodes.length - 1
    const { shape } = nodes[input]!
    const inputs = kind === 'add' ? [input, last] : [input]
    const made = operationOf(kind, shape, nodes[last]!.shape, 100 * i)
    if (made) nodes.push({ ...made.operation, name: `node ${i}`, inputs, shape: made.shape })
  })
  return { nodes, input: 0, output: nodes.length - 1 }
}

function operationOf(
  kind: Kind,
  shape: readonly number[],
  lastShape: readonly number[],
  seed: number,
): { operation: Operation; shape: readonly number[] } | null {
  const constant = (sizes: readonly number[], add = 0): Constant => ({
    shape: sizes,
    data: seededValues(sizeOf(sizes), seed + sizes.length).map((value) => value + add),
  })
  const [height, width] = shape as [number, number]
  const channels = shape.at(-1)!
  const window = { size: [3, 3], strides: [2, 1], pads: paddingOf('same', [height, width], [3, 3], [2, 1]) } as const
  const isMap = shape.length === 3
  const halved = [Math.ceil(height / 2), width]
  switch (kind) {
    case 'conv2d': {
      if (!isMap) return null
      const kernel = constant([3, 3, channels, 3])
      return {
        operation: { op: kind, kernel, bias: seed % 200 ? constant([3]) : null, window, dilations: [1, 1] },
        shape: [...halved, 3],
      }
    }
    case 'depthwise-conv2d': {
      if (!isMap || channels > 6) return null
      const kernel = constant([3, 3, channels, 2])
      return {
        operation: { op: kind, kernel, bias: seed % 200 ? constant([2 * channels]) : null, window, dilations: [1, 1] },
        shape: [...halved, 2 * channels],
      }
    }
    case 'scale':
      return { operation: { op: kind, factor: constant([channels], 1.5), offset: constant([channels]) }, shape }
    case 'relu':
      return { operation: { op: kind, max: null, negativeSlope: 0.1 }, shape }
    case 'zero-pad':
      if (!isMap || height > 6) return null
      return { operation: { op: kind, pads: [1, 0, 2, 1] }, shape: [height + 1, width + 3, channels] }
    case 'identity':
      return { operation: { op: kind }, shape }
    case 'add':
      return shape.join() === lastShape.join() ? { operation: { op: kind }, shape } : null
    case 'dense': {
      if (isMap) return { operation: { op: 'global-average-pool', keepDims: false }, shape: [channels] }
      return { operation: { op: kind, kernel: constant([channels, 4]), bias: null }, shape: [4] }
    }
  }
}

const step = fc.record({
  kind: fc.constantFrom(...kinds),
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) }),
})
const steps = fc.array(step, { minLength: 1, maxLength: 12 })

/** The operations that are still carried out for an output. */
function operationsFor(graph: Graph, targets: readonly number[]): string[] {
  return dependencies(graph, targets).map((index) => graph.nodes[index]!.op)
}

describe('folding', () => {
  it('leaves the values of the output and of every kept node as they are', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), (chosen, kept) => {
        const graph = graphOf(chosen)
        const keep = new Set(kept.map((index) => index % graph.nodes.length))
        const folded = foldGraph(graph, keep)
        const input = Float64Array.from(seededValues(40, 1))
        const [before, after] = [runNaively(graph, input), runNaively(folded, input)]
        for (const index of [...keep, graph.output]) {
          expect(relativeDifference(after[index]!, before[index]!)).toBeLessThan(1e-5)
        }
        expect(folded.nodes.map(({ name, shape }) => [name, shape])).toEqual(
          graph.nodes.map(({ name, shape }) => [name, shape]),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('changes nothing of the graph that it is given', () => {
    const graph = graphOf([
      { kind: 'zero-pad', back: 0 },
      { kind: 'conv2d', back: 0 },
      { kind: 'scale', back: 0 },
    ])
    const before = structuredClone(graph)
    foldGraph(graph, new Set())
    expect(graph).toEqual(before)
  })

  const chain = (...chosen: Kind[]): Graph => graphOf(chosen.map((kind) => ({ kind, back: 0 })))
  const folding = (graph: Graph, ...keep: number[]): string[] =>
    operationsFor(foldGraph(graph, new Set(keep)), [graph.output, ...keep])

  it.each(['conv2d', 'depthwise-conv2d'] as const)('takes padding and normalisation into a %s', (kind) => {
    const graph = chain('zero-pad', kind, 'identity', 'scale', 'scale', 'relu')
    expect(folding(graph)).toEqual(['input', kind, 'relu'])
  })

  it('takes normalisation into a dense layer', () => {
    expect(folding(chain('dense', 'dense', 'scale', 'relu'))).toEqual(['input', 'global-average-pool', 'dense', 'relu'])
  })

  it('does not fold across a node whose value is wanted', () => {
    const graph = chain('zero-pad', 'conv2d', 'identity', 'scale', 'relu')
    expect(folding(graph, 1)).toEqual(['input', 'zero-pad', 'conv2d', 'relu'])
    expect(folding(graph, 2)).toEqual(['input', 'conv2d', 'scale', 'relu'])
    // an identity's value is the convolution's
    expect(folding(graph, 3)).toEqual(['input', 'conv2d', 'identity', 'scale', 'relu'])
    // the value behind the normalisation is wanted: it may be computed by the convolution
    expect(folding(graph, 4)).toEqual(['input', 'conv2d', 'identity', 'relu'])
  })

  it('does not fold a second normalisation into a value that is wanted after the first', () => {
    const graph = chain('conv2d', 'scale', 'scale')
    expect(folding(graph, 2)).toEqual(['input', 'conv2d', 'identity', 'scale'])
  })

  it('does not fold into a convolution that something else reads', () => {
    const graph = graphOf([
      { kind: 'conv2d', back: 0 },
      { kind: 'scale', back: 0 },
      { kind: 'add', back: 1 },
    ])
    expect(folding(graph)).toEqual(['input', 'conv2d', 'scale', 'add'])
  })

  it('leaves padding before anything but a convolution', () => {
    expect(folding(chain('zero-pad', 'relu', 'conv2d'))).toEqual(['input', 'zero-pad', 'relu', 'conv2d'])
  })
})
