import { dependencies, type Graph } from '../graph.ts'
import { BackwardCompiler } from './backward.ts'
import { ForwardCompiler, inputName } from './forward.ts'
import type { WeightStore } from './model-builder.ts'

/**
 * Compiles a graph to an ONNX model, with a dynamic batch.
 * @param outputs public name → node index; every output has the layout of the graph ([batch, …shape])
 * @param store where large constants are put; null: into the model
 * @throws AppError 'model.layer-unknown' for a layer that has no ONNX form here
 */
export function compileOnnx(
  graph: Graph,
  outputs: ReadonlyMap<string, number>,
  store: WeightStore | null = null,
): Uint8Array {
  const compiler = new ForwardCompiler(graph, store)
  for (const index of dependencies(graph, [...outputs.values()])) compiler.compile(index)
  const values = new Map([...outputs].map(([name, index]) => [name, compiler.channelsLast(index)]))
  return compiler.builder.finish([imageInput(graph)], values)
}

/** Names of the further inputs and the outputs of a model that computes gradients. */
export const gradientNames = {
  /** input [batch, classes]: 1 at the class whose score is differentiated, else 0 */
  classes: '#classes',
  /** input, one value: 0 differentiates the logit, 1 the probability */
  isProbability: '#is-probability',
  activation: 'activation',
  gradient: 'gradient',
} as const

/**
 * Compiles a graph and its derivative to an ONNX model: the value of a layer and the gradient of one class score a photo
 * there, both [batch, …shape of the layer], in one pass forward and back.
 * @throws AppError 'model.layer-unknown' for a layer that has no ONNX form here
 */
export function compileOnnxGradient(graph: Graph, layer: number, store: WeightStore | null = null): Uint8Array {
  const forward = new ForwardCompiler(graph, store)
  const backward = new BackwardCompiler(forward, layer)
  for (const index of backward.needed) forward.compile(index)
  const gradient = backward.compile(gradientNames)
  const inputs = [
    imageInput(graph),
    { name: gradientNames.classes, shape: [null, backward.nClasses] },
    { name: gradientNames.isProbability, shape: [1] },
  ]
  const outputs = new Map([
    [gradientNames.activation, forward.channelsLast(layer)],
    [gradientNames.gradient, forward.channelsLast(layer, gradient)],
  ])
  return forward.builder.finish(inputs, outputs)
}

function imageInput(graph: Graph): { name: string; shape: readonly (number | null)[] } {
  return { name: inputName, shape: [null, ...graph.nodes[graph.input]!.shape] }
}
