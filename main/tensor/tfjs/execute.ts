import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'
import { dependencies, type Constant, type Graph, type GraphNode, type Pads, type Window } from '../graph.ts'

/** The constants of a graph as tensors of the current backend, made once and disposed with the network. */
export type Constants = ReadonlyMap<Constant, tf.Tensor>

export function uploadConstants(graph: Graph): Constants {
  const constants = new Map<Constant, tf.Tensor>()
  for (const node of graph.nodes) {
    for (const value of Object.values(node)) {
      if (isConstant(value)) constants.set(value, tf.tensor(value.data, [...value.shape], 'float32'))
    }
  }
  return constants
}

export function disposeConstants(constants: Constants): void {
  for (const tensor of constants.values()) tensor.dispose()
}

/**
 * Runs the part of a graph between one node and others on the current TensorFlow.js backend, differentiably.
 * @param start node whose value is given
 * @param value [batch, …shape of the start node]
 * @param targets nodes whose values are wanted, each [batch, …shape]
 */
export function runGraph(
  graph: Graph,
  constants: Constants,
  { start, value, targets }: { start: number; value: tf.Tensor; targets: readonly number[] },
): tf.Tensor[] {
  const values = new Map<number, tf.Tensor>([[start, value]])
  for (const index of dependencies(graph, targets, start)) {
    if (index === start) continue
    const node = graph.nodes[index]!
    const inputs = node.inputs.map((i) => values.get(i)!)
    if (node.op === 'input') {
      throw new AppError('model.layer-missing', `“${graph.nodes[start]!.name}” does not carry all that the output needs`, {
        hint: 'Choose an explanation layer that every path to the output goes through.',
      })
    }
    values.set(index, runNode(node, inputs, constants))
  }
  return targets.map((index) => values.get(index)!)
}

function runNode(node: GraphNode, inputs: readonly tf.Tensor[], constants: Constants): tf.Tensor {
  const [x] = inputs as [tf.Tensor, ...tf.Tensor[]]
  const constant = <R extends tf.Tensor>(c: Constant): R => constants.get(c) as R
  switch (node.op) {
    case 'conv2d': {
      const y = tf.conv2d(x as tf.Tensor4D, constant(node.kernel), [...node.window.strides], padsOf(node.window), 'NHWC', [
        ...node.dilations,
      ])
      return node.bias ? tf.add(y, constant(node.bias)) : y
    }
    case 'depthwise-conv2d': {
      const padded = padExplicitly(x as tf.Tensor4D, node.window.pads)
      const y = tf.depthwiseConv2d(padded, constant(node.kernel), [...node.window.strides], 'valid', 'NHWC', [...node.dilations])
      return node.bias ? tf.add(y, constant(node.bias)) : y
    }
    case 'dense': {
      const y = tf.matMul(x as tf.Tensor2D, constant<tf.Tensor2D>(node.kernel))
      return node.bias ? tf.add(y, constant(node.bias)) : y
    }
    case 'scale':
      return tf.add(tf.mul(x, constant(node.factor)), constant(node.offset))
    case 'relu':
      return runRelu(x, node.max, node.negativeSlope)
    case 'sigmoid':
      return tf.sigmoid(x)
    case 'tanh':
      return tf.tanh(x)
    case 'swish':
      return tf.mul(x, tf.sigmoid(x))
    case 'elu':
      return tf.where(tf.greater(x, 0), x, tf.mul(node.alpha, tf.expm1(tf.minimum(x, 0))))
    case 'softmax':
      return tf.softmax(x)
    case 'add':
      return inputs.reduce((sum, input) => tf.add(sum, input))
    case 'multiply':
      return inputs.reduce((product, input) => tf.mul(product, input))
    case 'concatenate':
      return tf.concat([...inputs], node.axis + 1)
    case 'max-pool':
      return tf.maxPool(x as tf.Tensor4D, [...node.window.size], [...node.window.strides], padsOf(node.window))
    case 'average-pool':
      return tf.avgPool(x as tf.Tensor4D, [...node.window.size], [...node.window.strides], padsOf(node.window))
    case 'global-average-pool':
      return tf.mean(x, [1, 2], node.keepDims)
    case 'global-max-pool':
      return tf.max(x, [1, 2], node.keepDims)
    case 'zero-pad':
      return padExplicitly(x as tf.Tensor4D, node.pads)
    case 'flatten':
      return tf.reshape(x, [x.shape[0]!, -1])
    case 'reshape':
      return tf.reshape(x, [x.shape[0]!, ...node.target])
    case 'identity':
      return x
    case 'opaque':
      return node.apply(inputs) as tf.Tensor
    case 'input':
      throw new Error('the input node has no operation')
  }
}

function runRelu(x: tf.Tensor, max: number | null, negativeSlope: number): tf.Tensor {
  const y = negativeSlope === 0 ? tf.relu(x) : tf.leakyRelu(x, negativeSlope)
  return max === null ? y : tf.minimum(y, max)
}

function padExplicitly(x: tf.Tensor4D, [top, bottom, left, right]: Pads): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x
  return tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ])
}

type ExplicitPadding = [[number, number], [number, number], [number, number], [number, number]]

function padsOf({ pads: [top, bottom, left, right] }: Window): ExplicitPadding | 'valid' {
  if (top + bottom + left + right === 0) return 'valid'
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
}

function isConstant(value: unknown): value is Constant {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Float32Array
}
