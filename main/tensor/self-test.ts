import { paddingOf } from './padding.ts'
import type { Constant, Graph, GraphNode } from './graph.ts'

/**
 * A small network with known answers, for telling whether a runtime computes right: a strided 3×3 convolution with
 * `same` padding, ReLU clipped at 1/4, a depthwise convolution, batch normalisation, global average, dense, softmax.
 * Constants and input are multiples of 1/64, so every machine starts from the same float32 numbers; the expected
 * values were computed in float64 by nested loops (test/main/tensor/self-test.test.ts does it again).
 */
export const selfTestGraph: Graph = makeGraph()

/** [8, 8, 3] */
export const selfTestInput = pattern([8, 8, 3], 5).data

export const selfTestExpected = {
  logits: [-0.23045912, 0.160059168, -0.161964128, -0.087825893] as readonly number[],
  /** gradient of logit 1 with respect to the layer `depthwise`, its first values */
  gradient: [-0.010437012, -0.005355835, 0, 0.005630493] as readonly number[],
}

export const selfTestLayer = 'depthwise'

/** Values (i·step mod 29 − 14) / 64: both signs, no symmetry. */
function pattern(shape: readonly number[], step: number): Constant {
  const size = shape.reduce((product, n) => product * n, 1)
  return { shape, data: Float32Array.from({ length: size }, (_, i) => (((i * step) % 29) - 14) / 64) }
}

function makeGraph(): Graph {
  const strided = { size: [3, 3], strides: [2, 2], pads: paddingOf('same', [8, 8], [3, 3], [2, 2]) } as const
  const plain = { size: [3, 3], strides: [1, 1], pads: paddingOf('same', [4, 4], [3, 3], [1, 1]) } as const
  const one = (values: Constant, add: number): Constant => ({ ...values, data: values.data.map((v) => v + add) })
  const nodes: GraphNode[] = [
    { op: 'input', name: 'input', inputs: [], shape: [8, 8, 3] },
    {
      op: 'conv2d',
      name: 'conv',
      inputs: [0],
      shape: [4, 4, 6],
      kernel: pattern([3, 3, 3, 6], 7),
      bias: pattern([6], 11),
      window: strided,
      dilations: [1, 1],
    },
    { op: 'relu', name: 'relu', inputs: [1], shape: [4, 4, 6], max: 0.25, negativeSlope: 0 },
    {
      op: 'depthwise-conv2d',
      name: 'depthwise',
      inputs: [2],
      shape: [4, 4, 6],
      kernel: one(pattern([3, 3, 6, 1], 13), 0.25),
      bias: null,
      window: plain,
      dilations: [1, 1],
    },
    {
      op: 'scale',
      name: 'normalised',
      inputs: [3],
      shape: [4, 4, 6],
      factor: one(pattern([6], 3), 2),
      offset: pattern([6], 9),
    },
    { op: 'global-average-pool', name: 'average', inputs: [4], shape: [6], keepDims: false },
    { op: 'dense', name: 'dense', inputs: [5], shape: [4], kernel: pattern([6, 4], 8), bias: pattern([4], 17) },
    { op: 'softmax', name: 'softmax', inputs: [6], shape: [4] },
  ]
  return { nodes, input: 0, output: 7 }
}
