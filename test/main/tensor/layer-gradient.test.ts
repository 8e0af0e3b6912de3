import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { nodeIndex, scoreHead, sizeOf, type Graph } from '#main/tensor/graph.ts'
import type { ScoreKind } from '#main/tensor/runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { seededUniform } from '../../builders/small-model.ts'
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

describe('gradients of class scores equal finite differences of nested loops, through every operation', () => {
  it.each(cases)('$name', async (layerCase) => {
    const { graph } = await readCase(layerCase)
    const input = seededValues(sizeOf(graph.nodes[graph.input]!.shape), 11)
    const uniform = seededUniform(3)
    const at = Array.from({ length: 16 }, () => Math.floor(uniform() * input.length))
    const classIndex = Math.floor(uniform() * sizeOf(graph.nodes[graph.output]!.shape))
    const expected = finiteDifferences(graph, input, at, classIndex)
    // as it is, and folded: padding wider than the window is then the window's own
    for (const variant of [graph, foldGraph(graph, new Set([graph.input]))]) {
      const network = await wasmRuntime.loadGradient!(variant, graph.input)
      try {
        for (const of of ['logit', 'probability'] as const) {
          const gradient = await network.gradient(input, classIndex, of)
          // shares of the largest: the differences' own error is 1e-9, the rest is float32
          const found = at.map((index) => gradient[index]!)
          expect(relativeDifference(found, expected[of]), of).toBeLessThan(1e-4)
        }
      } finally {
        network.dispose()
      }
    }
  })
})

async function gradientOf(graph: Graph, layer: number, value: Float32Array): Promise<Float32Array> {
  await wasmRuntime.start()
  const network = await wasmRuntime.loadGradient!(graph, layer)
  try {
    return await network.gradient(value, 0, 'logit')
  } finally {
    network.dispose()
  }
}

describe('gradients at the edges', () => {
  it('are shared by the equal maxima of a global pooling, as TensorFlow shares them', async () => {
    const graph: Graph = {
      nodes: [
        { op: 'input', name: 'input', inputs: [], shape: [2, 2, 1] },
        { op: 'global-max-pool', name: 'max', inputs: [0], shape: [1], keepDims: false },
      ],
      input: 0,
      output: 1,
    }
    expect([...(await gradientOf(graph, 0, Float32Array.of(0, 3, 3, 1)))]).toEqual([0, 0.5, 0.5, 0])
  })

  it('go through an opaque layer that TensorFlow.js can differentiate', async () => {
    const { graph } = await readCase({
      name: 'upsampled',
      build: (x) => tf.layers.upSampling2d({ size: [2, 2] }).apply(x) as tf.SymbolicTensor,
      operations: ['opaque'],
    })
    const gradient = await gradientOf(graph, graph.input, seededValues(7 * 9 * 3, 1))
    expect(gradient[0]).toBeCloseTo(1, 6)
    expect(gradient.reduce((a, b) => a + Math.abs(b))).toBeCloseTo(1, 6)
  })

  it('say which layer cannot be differentiated', async () => {
    const { graph } = await readCase({
      name: 'separable',
      build: (x) => tf.layers.separableConv2d({ filters: 2, kernelSize: 3 }).apply(x) as tf.SymbolicTensor,
      operations: ['opaque'],
    })
    await expect(gradientOf(graph, graph.input, seededValues(7 * 9 * 3, 1))).rejects.toMatchObject({
      code: 'runtime.unavailable',
      message: expect.stringContaining(`“${graph.nodes[graph.input]!.name}”`) as string,
    })
  })

  it('refuse a layer that other paths lead past', async () => {
    const { graph } = await readCase({
      name: 'branch',
      build: (x) => {
        const conv = tf.layers.conv2d({ name: 'branch', filters: 3, kernelSize: 1 }).apply(x) as tf.SymbolicTensor
        return tf.layers.add().apply([x, conv]) as tf.SymbolicTensor
      },
      operations: ['conv2d', 'add'],
    })
    await expect(gradientOf(graph, nodeIndex(graph, 'branch'), seededValues(7 * 9 * 3, 1))).rejects.toMatchObject({
      code: 'model.layer-missing',
      message: expect.stringContaining('“branch”') as string,
    })
  })
})
