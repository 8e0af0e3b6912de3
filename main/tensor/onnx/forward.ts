import { AppError } from '#common/contract/errors.ts'
import type { Graph, GraphNode, Window } from '../graph.ts'
import { OnnxModelBuilder, type Attributes, type WeightStore } from './model-builder.ts'

/** Name of the compiled model's input, [batch, height, width, channels] float32. No output is called so. */
export const inputName = '#input'

/**
 * Adds the operations of a graph to an ONNX model. Feature maps run as [batch, channels, height, width], which ONNX
 * Runtime is fastest at; they are transposed once where they enter and where they leave.
 */
export class ForwardCompiler {
  readonly builder: OnnxModelBuilder
  readonly graph: Graph
  /** value names by node; feature maps are channels-first */
  readonly #values = new Map<number, string>()

  constructor(graph: Graph, store: WeightStore | null) {
    this.graph = graph
    this.builder = new OnnxModelBuilder(store)
  }

  /** @throws AppError 'model.layer-unknown' for a layer that has no ONNX form here */
  compile(index: number): void {
    const node = this.graph.nodes[index]!
    this.#values.set(index, this.#emit(node))
  }

  /** Gives a node a value that came about in another way, laid out as a compiled one. */
  define(index: number, value: string): void {
    this.#values.set(index, value)
  }

  /** Name of a compiled node's value; feature maps are channels-first. */
  value(index: number): string {
    return this.#values.get(index)!
  }

  /** A value that is laid out as the node's, in the graph's own layout. */
  channelsLast(index: number, value = this.value(index)): string {
    if (this.graph.nodes[index]!.shape.length !== 3) return value
    return this.builder.node('Transpose', [value], { perm: [0, 2, 3, 1] })
  }

  /** Reshapes a value in the graph's order of values, channels last. Shapes without the batch. */
  reshape(x: string, from: readonly number[], to: readonly number[]): string {
    const b = this.builder
    const isMap = (shape: readonly number[]): boolean => shape.length === 3 && shape[0]! * shape[1]! > 1
    const ordered = isMap(from) ? b.node('Transpose', [x], { perm: [0, 2, 3, 1] }) : x
    if (to.length !== 3) return b.node('Reshape', [ordered, b.integers([-1, ...to])])
    const [height, width, channels] = to as [number, number, number]
    if (height * width === 1) return b.node('Reshape', [ordered, b.integers([-1, channels, 1, 1])])
    const reshaped = b.node('Reshape', [ordered, b.integers([-1, height, width, channels])])
    return b.node('Transpose', [reshaped], { perm: [0, 3, 1, 2] })
  }

  #emit(node: GraphNode): string {
    const b = this.builder
    const inputs = node.inputs.map((index) => this.value(index))
    const x = inputs[0]!
    switch (node.op) {
      case 'input':
        return node.shape.length === 3 ? b.node('Transpose', [inputName], { perm: [0, 3, 1, 2] }) : inputName
      case 'conv2d':
      case 'depthwise-conv2d': {
        const kernel = b.weights(node.kernel, kernelForm(node))
        const bias = node.bias ? [b.weights(node.bias)] : []
        return b.node('Conv', [x, kernel, ...bias], convolutionAttributes(node))
      }
      case 'conv2d-transpose': {
        const bias = node.bias ? [b.weights(node.bias)] : []
        return b.node(
          'ConvTranspose',
          [x, b.weights(node.kernel, 'convolution'), ...bias],
          windowAttributes(node.window),
        )
      }
      case 'upsample': {
        const scales = b.floats([4], Float32Array.of(1, 1, ...node.factor))
        return b.node('Resize', [x, '', scales], {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        })
      }
      case 'dense':
        return b.node('Gemm', [x, b.weights(node.kernel), ...(node.bias ? [b.weights(node.bias)] : [])])
      case 'scale': {
        const scaled = b.node('Mul', [x, channelVector(b, node, node.factor.data)])
        return b.node('Add', [scaled, channelVector(b, node, node.offset.data)])
      }
      case 'relu':
      case 'sigmoid':
      case 'tanh':
      case 'swish':
      case 'elu':
        return this.activation(node, x)
      case 'softmax':
        return b.node('Softmax', [x], { axis: lastAxis(node) })
      case 'add':
        return inputs.reduce((sum, input) => b.node('Add', [sum, input]))
      case 'multiply':
        return inputs.reduce((product, input) => b.node('Mul', [product, input]))
      case 'concatenate':
        return b.node('Concat', inputs, { axis: onnxAxis(node, node.axis) })
      case 'max-pool':
        return b.node('MaxPool', [x], windowAttributes(node.window))
      case 'average-pool':
        // TensorFlow's average leaves the padding out
        return b.node('AveragePool', [x], { ...windowAttributes(node.window), count_include_pad: 0 })
      case 'global-average-pool':
      case 'global-max-pool': {
        const pooled = b.node(node.op === 'global-average-pool' ? 'GlobalAveragePool' : 'GlobalMaxPool', [x])
        return node.keepDims ? pooled : b.node('Flatten', [pooled], { axis: 1 })
      }
      case 'zero-pad': {
        const [top, bottom, left, right] = node.pads
        return b.node('Pad', [x, b.integers([0, 0, top, left, 0, 0, bottom, right])])
      }
      case 'flatten':
      case 'reshape':
        return this.reshape(x, this.graph.nodes[node.inputs[0]!]!.shape, node.shape)
      case 'identity':
        return x
      case 'opaque':
        throw new AppError('model.layer-unknown', `the layer ${node.name} (${node.className}) has no ONNX form here`, {
          hint: 'The model runs on TensorFlow.js instead.',
          data: { layer: node.className },
        })
    }
  }

  /** Adds what an activation makes of a value of any shape. */
  activation(node: GraphNode, x: string): string {
    const b = this.builder
    switch (node.op) {
      case 'relu':
        return this.#relu(x, node.max, node.negativeSlope)
      case 'sigmoid':
        return b.node('Sigmoid', [x])
      case 'tanh':
        return b.node('Tanh', [x])
      case 'swish':
        return b.node('Mul', [x, b.node('Sigmoid', [x])])
      case 'elu':
        return b.node('Elu', [x], { alpha: { float: node.alpha } })
      default:
        throw new Error(`${node.op} is no activation`)
    }
  }

  #relu(x: string, max: number | null, negativeSlope: number): string {
    const b = this.builder
    if (negativeSlope !== 0) {
      const y = b.node('LeakyRelu', [x], { alpha: { float: negativeSlope } })
      return max === null ? y : b.node('Min', [y, b.scalar(max)])
    }
    return max === null ? b.node('Relu', [x]) : b.node('Clip', [x, b.scalar(0), b.scalar(max)])
  }
}

type Convolution = GraphNode & { op: 'conv2d' | 'depthwise-conv2d' }

export function kernelForm({ op }: Convolution): 'convolution' | 'depthwise' {
  return op === 'conv2d' ? 'convolution' : 'depthwise'
}

/** Those of Conv, which ConvTranspose takes as well. */
export function convolutionAttributes({ op, window, dilations, kernel }: Convolution): Attributes {
  return { ...windowAttributes(window), dilations, group: op === 'conv2d' ? 1 : kernel.shape[2]! }
}

export function windowAttributes({ size, strides, pads: [top, bottom, left, right] }: Window): Attributes {
  return { kernel_shape: size, strides, pads: [top, left, bottom, right] }
}

/** Values of the channels, to be combined with a value laid out as the node's. */
export function channelVector(b: OnnxModelBuilder, { shape }: GraphNode, values: Float32Array): string {
  return b.floats(shape.length === 3 ? [values.length, 1, 1] : [values.length], values)
}

/** Axis of the channels in a node's value as it runs, the batch counted. */
export function lastAxis({ shape }: GraphNode): number {
  return shape.length === 3 ? 1 : shape.length
}

/** An axis of the node's shape (without the batch) in its value as it runs, the batch counted. */
export function onnxAxis({ shape }: GraphNode, axis: number): number {
  return shape.length === 3 ? [2, 3, 1][axis]! : axis + 1
}
