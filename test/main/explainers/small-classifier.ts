import type { Classifier } from '#main/tensor/classifier.ts'
import type { Graph } from '#main/tensor/graph.ts'
import { nodeIndex, scoreHead } from '#main/tensor/graph.ts'
import { runNaively } from '../tensor/naive-graph.ts'

/** A classifier over a small graph, computed by nested loops in float64: no runtime, no tolerance to argue about. */
export function naiveClassifier(graph: Graph, layer: string): Classifier {
  const { logits } = scoreHead(graph)
  const [height, width] = graph.nodes[graph.input]!.shape as [number, number]
  const nClasses = graph.nodes[logits]!.shape.reduce((product, n) => product * n, 1)
  const logitsOf = (input: ArrayLike<number>): Float64Array => runNaively(graph, Float64Array.from(input))[logits]!
  return {
    info: {
      card: {
        name: 'small',
        width,
        height,
        preprocess: 'none',
        labels: null,
        layer,
        resize: 'nearest',
        fit: 'stretch',
      },
      sha256: '0'.repeat(64),
      nClasses,
      predictionRuntime: 'wasm',
      gradientRuntime: 'wasm',
      notes: [],
    },
    batchSize: 3,
    bytes: 0,
    logits: (inputs, n) => {
      const size = inputs.length / n
      const all = Array.from({ length: n }, (_, i) => [...logitsOf(inputs.subarray(i * size, (i + 1) * size))])
      return Promise.resolve(Float32Array.from(all.flat()))
    },
    cleanLogits(input) {
      return this.logits(input, 1)
    },
    probabilities: (values) => Float64Array.from(values),
    layerGradients: (input, [classIndex]) => {
      const index = nodeIndex(graph, layer)
      const [h, w, channels] = graph.nodes[index]!.shape as [number, number, number]
      const activation = runNaively(graph, Float64Array.from(input))[index]!
      const score = (value: Float64Array): number => runNaively(graph, value, index)[logits]![classIndex!]!
      const gradient = activation.map((_, i) => {
        const moved = [1e-4, -1e-4].map((step) => {
          const changed = Float64Array.from(activation)
          changed[i]! += step
          return score(changed)
        })
        return (moved[0]! - moved[1]!) / 2e-4
      })
      return Promise.resolve({
        height: h,
        width: w,
        channels,
        activation: Float32Array.from(activation),
        gradient: Float32Array.from(gradient),
      })
    },
    dispose: () => Promise.resolve(),
  }
}
