import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { nodeIndex, scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'
import type { Runtime, ScoreKind } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { seededUniform } from '../../builders/small-model.ts'
import { describeOnRuntimes } from './each-runtime.ts'
import { layerCases } from './layer-cases.ts'
import { readCase, relativeDifference, seededValues } from './layer-models.ts'
import { runNaively } from './naive-graph.ts'

/** The scores of a class as functions of the network's input, in float64. */
function naiveScores(graph: Graph, input: Float64Array, classIndex: number): Record<ScoreKind, number> {
  const head = scoreHead(graph)
  const logits = runNaively(graph, input)[head.logits]!
  const logit = logits[classIndex]!
  const sum = head.activation === 'sigmoid' ? 1 + Math.exp(-logit) : sumOf(logits.map((z) => Math.exp(z - logit)))
  return { logit, probability: 1 / sum }
}

function sumOf(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0)
}

/** Central differences of the scores at some of the input's values. */
function finiteDifferences(
  graph: Graph,
  input: Float32Array,
  at: readonly number[],
  classIndex: number,
): Record<ScoreKind, number[]> {
  const step = 1e-5
  const differences = at.map((index) => {
    const [up, down] = [step, -step].map((move) => {
      const moved = Float64Array.from(input)
      moved[index]! += move
      return naiveScores(graph, moved, classIndex)
    })
    return (of: ScoreKind) => (up![of] - down![of]) / (2 * step)
  })
  return { logit: differences.map((of) => of('logit')), probability: differences.map((of) => of('probability')) }
}

const cases = layerCases.filter(({ operations }) => !operations.includes('opaque'))

describeOnRuntimes('gradients', (runtime) => {
  it.each(cases)('equal finite differences of nested loops: $name', async (layerCase) => {
    await runtime.start()
    const { graph } = await readCase(layerCase)
    const size = sizeOf(graph.nodes[graph.input]!.shape)
    const nClasses = sizeOf(graph.nodes[graph.output]!.shape)
    const uniform = seededUniform(3)
    const at = Array.from({ length: 16 }, () => Math.floor(uniform() * size))
    const classes = [Math.floor(uniform() * nClasses), Math.floor(uniform() * nClasses)]
    // two photos, each of a class of its own: a batch must not mix them
    const inputs = new Float32Array(2 * size)
    inputs.set(seededValues(size, 11))
    inputs.set(seededValues(size, 12), size)
    const images = [inputs.slice(0, size), inputs.slice(size)]
    const expected = images.map((image, i) => finiteDifferences(graph, image, at, classes[i]!))
    // as it is, and folded: padding wider than the window is then the window's own
    for (const variant of [graph, foldGraph(graph, new Set([graph.input]))]) {
      const network = await runtime.loadGradient(variant, graph.input)
      try {
        for (const of of ['logit', 'probability'] as const) {
          const { activation, gradient } = await network.run(inputs, classes, of)
          expect(activation).toEqual(inputs)
          expected.forEach((differences, i) => {
            // shares of the largest: the differences' own error is 1e-9, the rest is float32
            const found = at.map((index) => gradient[i * size + index]!)
            expect(relativeDifference(found, differences[of]), `${of} ${i}`).toBeLessThan(1e-4)
          })
        }
      } finally {
        await network.dispose()
      }
    }
  })
})

async function gradientOf(runtime: Runtime, graph: Graph, layer: number, input: Float32Array): Promise<Float32Array> {
  await runtime.start()
  const network = await runtime.loadGradient(graph, layer)
  try {
    return (await network.run(input, [0], 'logit')).gradient
  } finally {
    await network.dispose()
  }
}

describeOnRuntimes('gradients at the edges', (runtime) => {
  it('are shared by the equal maxima of a global pooling, as TensorFlow shares them', async () => {
    const graph: Graph = {
      nodes: [
        { op: 'input', name: 'input', inputs: [], shape: [2, 2, 1] },
        { op: 'global-max-pool', name: 'max', inputs: [0], shape: [1], keepDims: false },
      ],
      input: 0,
      output: 1,
    }
    expect([...(await gradientOf(runtime, graph, 0, Float32Array.of(0, 3, 3, 1)))]).toEqual([0, 0.5, 0.5, 0])
  })

  it('are those of the path through a layer where others lead past it', async () => {
    const { graph } = await readCase({
      name: 'branch',
      build: (x) => {
        const conv = tf.layers.conv2d({ name: 'branch', filters: 3, kernelSize: 1 }).apply(x) as tf.SymbolicTensor
        return tf.layers.add().apply([x, conv]) as tf.SymbolicTensor
      },
      operations: ['conv2d', 'add'],
    })
    const gradient = await gradientOf(runtime, graph, nodeIndex(graph, 'branch'), seededValues(7 * 9 * 3, 1))
    expect([...gradient]).toEqual(Array.from({ length: 7 * 9 * 3 }, (_, i) => (i === 0 ? 1 : 0)))
  })

  it('are zero at a layer that the class does not depend on', async () => {
    const { graph } = await readCase({
      name: 'dead end',
      build: (x) => tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(x) as tf.SymbolicTensor,
      operations: ['conv2d'],
    })
    const withEnd: Graph = {
      ...graph,
      nodes: [...graph.nodes, { op: 'tanh', name: 'end', inputs: [graph.input], shape: [7, 9, 3] }],
    }
    const gradient = await gradientOf(runtime, withEnd, graph.nodes.length, seededValues(7 * 9 * 3, 1))
    expect(gradient.every((value) => value === 0)).toBe(true)
    expect(gradient).toHaveLength(7 * 9 * 3)
  })
})

describe('gradients of layers that the graph has no operation for', () => {
  it('go through an opaque layer that TensorFlow.js can differentiate', async () => {
    const { graph } = await readCase({
      name: 'turned',
      build: (x) => tf.layers.permute({ dims: [2, 1, 3] }).apply(x) as tf.SymbolicTensor,
      operations: ['opaque'],
    })
    const gradient = await gradientOf(wasmRuntime, graph, graph.input, seededValues(7 * 9 * 3, 1))
    expect(gradient[0]).toBeCloseTo(1, 6)
    expect(gradient.reduce((a, b) => a + Math.abs(b))).toBeCloseTo(1, 6)
  })

  it('say which layer cannot be differentiated', async () => {
    const { graph } = await readCase({
      name: 'dilated',
      build: (x) =>
        tf.layers
          .conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, dataFormat: 'channelsFirst' })
          .apply(x) as tf.SymbolicTensor,
      operations: ['opaque'],
    })
    await expect(gradientOf(wasmRuntime, graph, graph.input, seededValues(7 * 9 * 3, 1))).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: expect.stringContaining(`“${graph.nodes[graph.input]!.name}”`) as string,
    })
  })
})
