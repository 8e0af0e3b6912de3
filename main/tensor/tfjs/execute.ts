import * as tf from '@tensorflow/tfjs'
import { constantsOf, dependencies, type Constant, type Graph, type GraphNode } from '../graph.ts'
import {
  averagePool,
  convolve,
  convolveDepthwise,
  convolveTransposed,
  globalMax,
  maxPool,
  padExplicitly,
  upsample,
} from './windows.ts'

/** The constants of a graph as tensors of the current backend, made once and disposed with the network. */
export type Constants = ReadonlyMap<Constant, tf.Tensor>

/** @param nodes indices of the nodes whose constants are wanted */
export function uploadConstants(graph: Graph, nodes: readonly number[]): Constants {
  const constants = new Map<Constant, tf.Tensor>()
  for (const index of nodes) {
    for (const value of constantsOf(graph.nodes[index]!)) {
      // layers may share their weights
      if (!constants.has(value)) constants.set(value, tf.tensor(value.data, [...value.shape], 'float32'))
    }
  }
  return constants
}

export function disposeConstants(constants: Constants): void {
  for (const tensor of constants.values()) tensor.dispose()
}

/**
 * Runs the part of a graph that leads from some nodes to others on the current TensorFlow.js backend, differentiably.
 * @param given values of nodes, [batch, …shape]; the input's is among them, or nothing else needs it
 * @param targets nodes whose values are wanted, each [batch, …shape]
 */
export function runGraph(
  graph: Graph,
  constants: Constants,
  given: ReadonlyMap<number, tf.Tensor>,
  targets: readonly number[],
): tf.Tensor[] {
  const values = new Map(given)
  for (const index of dependencies(graph, targets, given.keys())) {
    if (values.has(index)) continue
    const node = graph.nodes[index]!
    const inputs = node.inputs.map((i) => values.get(i)!)
    values.set(index, runNode(node, inputs, constants))
  }
  return targets.map((index) => values.get(index)!)
}

/** @param constants holds those of the node */
export function runNode(node: GraphNode, inputs: readonly tf.Tensor[], constants: Constants): tf.Tensor {
  const x = inputs[0]!
  switch (node.op) {
    case 'conv2d': {
      const kernel = constants.get(node.kernel) as tf.Tensor4D
      return withBias(convolve(x as tf.Tensor4D, kernel, node.window, node.dilations), node.bias, constants)
    }
    case 'depthwise-conv2d': {
      const kernel = constants.get(node.kernel) as tf.Tensor4D
      return withBias(convolveDepthwise(x as tf.Tensor4D, kernel, node.window, node.dilations), node.bias, constants)
    }
    case 'conv2d-transpose': {
      const kernel = constants.get(node.kernel) as tf.Tensor4D
      return withBias(convolveTransposed(x as tf.Tensor4D, kernel, node), node.bias, constants)
    }
    case 'upsample':
      return upsample(x as tf.Tensor4D, node.factor)
    case 'dense':
      return withBias(tf.matMul(x, constants.get(node.kernel)!), node.bias, constants)
    case 'scale':
      return tf.add(tf.mul(x, constants.get(node.factor)!), constants.get(node.offset)!)
    case 'relu':
      return runRelu(x, node.max, node.negativeSlope)
    case 'sigmoid':
      return tf.sigmoid(x)
    case 'tanh':
      return tf.tanh(x)
    case 'swish':
      return tf.mul(x, tf.sigmoid(x))
    case 'elu':
      // of relu and expm1 only: TF.js has no gradient of a comparison
      return tf.add(tf.relu(x), tf.mul(node.alpha, tf.expm1(tf.neg(tf.relu(tf.neg(x))))))
    case 'softmax':
      return tf.softmax(x)
    case 'add':
      return inputs.reduce((sum, input) => tf.add(sum, input))
    case 'multiply':
      return inputs.reduce((product, input) => tf.mul(product, input))
    case 'concatenate':
      return tf.concat([...inputs], node.axis + 1)
    case 'max-pool':
      return maxPool(x as tf.Tensor4D, node.window)
    case 'average-pool':
      return averagePool(x as tf.Tensor4D, node.window)
    case 'global-average-pool':
      return tf.mean(x, [1, 2], node.keepDims)
    case 'global-max-pool':
      return tf.reshape(globalMax(x as tf.Tensor4D), [-1, ...node.shape])
    case 'zero-pad':
      return padExplicitly(x as tf.Tensor4D, node.pads)
    case 'flatten':
    case 'reshape':
      return tf.reshape(x, [-1, ...node.shape])
    case 'identity':
      return x
    case 'opaque':
      return node.apply(inputs) as tf.Tensor
    case 'input':
      throw new Error('the input node has no operation')
  }
}

function withBias(y: tf.Tensor, bias: Constant | null, constants: Constants): tf.Tensor {
  return bias ? tf.add(y, constants.get(bias)!) : y
}

function runRelu(x: tf.Tensor, max: number | null, negativeSlope: number): tf.Tensor {
  const y = negativeSlope === 0 ? tf.relu(x) : tf.leakyRelu(x, negativeSlope)
  return max === null ? y : tf.minimum(y, max)
}
