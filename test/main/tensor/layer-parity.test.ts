import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { foldGraph } from '#main/tensor/fold.ts'
import { sizeOf, type Graph } from '#main/tensor/graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { nativeRuntime } from '#main/tensor/tfjs/native-runtime.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { describeWithNative } from '../../builders/native-tensorflow.ts'
import { layerCases, type LayerCase } from './layer-cases.ts'
import { readCase, relativeDifference, seededValues } from './layer-models.ts'
import { runNaively } from './naive-graph.ts'

/** float32 against float64 over sums of at most a few hundred products */
const tolerance = 1e-5
const nImages = 3

/** The values of every node, image after image, by nested loops. */
function naiveValues(graph: Graph, images: Float32Array): Float64Array[] {
  const size = sizeOf(graph.nodes[graph.input]!.shape)
  const all = Array.from({ length: nImages }, (_, i) =>
    runNaively(graph, Float64Array.from(images.subarray(i * size, (i + 1) * size))),
  )
  return graph.nodes.map((_, node) => Float64Array.from(all.flatMap((values) => [...values[node]!])))
}

function predict(model: tf.LayersModel, images: Float32Array, shape: readonly number[]): Float32Array {
  return tf.tidy(() => {
    const output = model.predict(tf.tensor(images, [nImages, ...shape])) as tf.Tensor
    return new Float32Array(output.dataSync())
  })
}

const nameOf = (index: number): string => `node ${index}`

/** Folds around the nodes that are asked for, as the program does, and runs. */
async function run(runtime: Runtime, graph: Graph, images: Float32Array, nodes: readonly number[]) {
  const outputs = new Map(nodes.map((index) => [nameOf(index), index]))
  const network = await runtime.load(foldGraph(graph, new Set(nodes)), outputs)
  try {
    return await network.run(images, nImages, [...outputs.keys()])
  } finally {
    await network.dispose()
  }
}

/** Asks a runtime for the output alone, for every other node and for every node. */
async function expectValues(runtime: Runtime, graph: Graph, images: Float32Array, expected: Float64Array[]) {
  const everyNode = graph.nodes.map((_, index) => index)
  const everyOther = everyNode.filter((index) => index % 2 === 1 || index === graph.output)
  for (const nodes of [[graph.output], everyOther, everyNode]) {
    const values = await run(runtime, graph, images, nodes)
    for (const index of nodes) {
      const difference = relativeDifference(values.get(nameOf(index))!, expected[index]!)
      expect(difference, `${runtime.label}, ${graph.nodes[index]!.name}`).toBeLessThan(tolerance)
    }
  }
}

/** What the graph of a case has to give: values of all nodes, or those of the output where loops have no such layer. */
async function readExpected(layerCase: LayerCase) {
  const { model, graph } = await readCase(layerCase)
  const { shape } = graph.nodes[graph.input]!
  const images = seededValues(nImages * sizeOf(shape), 5)
  const predicted = predict(model, images, shape)
  const isOpaque = graph.nodes.some(({ op }) => op === 'opaque')
  return { graph, images, predicted, expected: isOpaque ? null : naiveValues(graph, images) }
}

async function expectOpaque(runtime: Runtime, graph: Graph, images: Float32Array, predicted: Float32Array) {
  const values = await run(runtime, graph, images, [graph.output])
  expect(relativeDifference(values.get(nameOf(graph.output))!, predicted)).toBeLessThan(tolerance)
}

describe('every Keras layer gives the same on TensorFlow.js, in nested loops, and compiled and folded', () => {
  it.each(layerCases)('$name', async (layerCase) => {
    const { graph, images, predicted, expected } = await readExpected(layerCase)
    const operations = graph.nodes.filter(({ op }) => op !== 'input').map(({ op }) => op)
    expect(operations).toEqual(layerCase.operations)
    if (expected === null) {
      await expect(run(onnxRuntime, graph, images, [graph.output])).rejects.toMatchObject({
        code: 'model.layer-unknown',
      })
      await expectOpaque(wasmRuntime, graph, images, predicted)
      return
    }
    expect(relativeDifference(predicted, expected[graph.output]!)).toBeLessThan(tolerance)
    for (const runtime of [onnxRuntime, wasmRuntime]) await expectValues(runtime, graph, images, expected)
  })
})

describeWithNative('every Keras layer gives the same on native TensorFlow', () => {
  it.each(layerCases)('$name', async (layerCase) => {
    await nativeRuntime.start()
    const { graph, images, predicted, expected } = await readExpected(layerCase)
    if (expected === null) await expectOpaque(nativeRuntime, graph, images, predicted)
    else await expectValues(nativeRuntime, graph, images, expected)
  })
})
