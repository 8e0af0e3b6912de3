import { AppError } from '#common/contract/errors.ts'
import { dependencies, sizeOf, type Constant, type Graph, type GraphNode, type Window } from '../graph.ts'
import { OnnxModelBuilder, type Attribute } from './model-builder.ts'

/** Name of the compiled model's input, [batch, height, width, channels] float32. No output is called so. */
export const inputName = '#input'

/**
 * Compiles a graph to an ONNX model in memory, with a dynamic batch. Feature maps run as [batch, channels, height,
 * width], which ONNX Runtime is fastest at; they are transposed once where they enter and where they leave.
 * @param outputs public name → node index; every output has the layout of the graph ([batch, …shape])
 * @throws AppError 'model.layer-unknown' for a layer that has no ONNX form here
 */
export function compileOnnx(graph: Graph, outputs: ReadonlyMap<string, number>): Uint8Array {
  const compiler = new Compiler(graph)
  for (const index of dependencies(graph, [...outputs.values()])) compiler.compile(index)
  const values = new Map([...outputs].map(([name, index]) => [name, compiler.channelsLast(index)]))
  const inputShape = [null, ...graph.nodes[graph.input]!.shape]
  return compiler.builder.finish({ name: inputName, shape: inputShape }, values)
}

class Compiler {
  readonly builder = new OnnxModelBuilder()
  readonly #graph: Graph
  /** value names by node; feature maps are channels-first */
  readonly #values = new Map<number, string>()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  compile(index: number): void {
    const node = this.#graph.nodes[index]!
    this.#values.set(index, this.#emit(node))
  }

  /** The value in the graph's own layout. */
  channelsLast(index: number): string {
    const value = this.#values.get(index)!
    if (this.#graph.nodes[index]!.shape.length !== 3) return value
    return this.builder.node('Transpose', [value], { perm: [0, 2, 3, 1] })
  }

  #emit(node: GraphNode): string {
    const b = this.builder
    const inputs = node.inputs.map((index) => this.#values.get(index)!)
    const x = inputs[0]!
    switch (node.op) {
      case 'input':
        return node.shape.length === 3 ? b.node('Transpose', [inputName], { perm: [0, 3, 1, 2] }) : inputName
      case 'conv2d':
      case 'depthwise-conv2d':
        return this.#convolution(node, x)
      case 'dense':
        return this.#dense(node.kernel, node.bias, x)
      case 'scale': {
        const shape = node.shape.length === 3 ? [node.factor.data.length, 1, 1] : [node.factor.data.length]
        const scaled = b.node('Mul', [x, b.floats(shape, node.factor.data)])
        return b.node('Add', [scaled, b.floats(shape, node.offset.data)])
      }
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
      case 'softmax':
        return b.node('Softmax', [x], { axis: node.shape.length === 3 ? 1 : node.shape.length })
      case 'add':
        return inputs.reduce((sum, input) => b.node('Add', [sum, input]))
      case 'multiply':
        return inputs.reduce((product, input) => b.node('Mul', [product, input]))
      case 'concatenate':
        return b.node('Concat', inputs, {
          axis: node.shape.length === 3 ? channelsFirstAxis[node.axis]! : node.axis + 1,
        })
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
        return this.#reshape(node, [sizeOf(node.shape)], x)
      case 'reshape':
        return this.#reshape(node, node.target, x)
      case 'identity':
        return x
      case 'opaque':
        throw new AppError('model.layer-unknown', `the layer ${node.name} (${node.className}) has no ONNX form here`, {
          hint: 'The model runs on TensorFlow.js instead.',
          data: { layer: node.className },
        })
    }
  }

  #convolution(node: GraphNode & { op: 'conv2d' | 'depthwise-conv2d' }, x: string): string {
    const isDepthwise = node.op === 'depthwise-conv2d'
    const [kh, kw, nIn, nOut] = node.kernel.shape as [number, number, number, number]
    const shape = isDepthwise ? [nIn * nOut, 1, kh, kw] : [nOut, nIn, kh, kw]
    const kernel = isDepthwise ? depthwiseKernel(node.kernel) : convolutionKernel(node.kernel)
    const attributes = { ...windowAttributes(node.window), dilations: node.dilations, group: isDepthwise ? nIn : 1 }
    const bias = node.bias ? [this.builder.floats([node.bias.data.length], node.bias.data)] : []
    return this.builder.node('Conv', [x, this.builder.floats(shape, kernel), ...bias], attributes)
  }

  #dense(kernel: Constant, bias: Constant | null, x: string): string {
    const weights = this.builder.floats(kernel.shape, kernel.data)
    const terms = bias ? [x, weights, this.builder.floats([bias.data.length], bias.data)] : [x, weights]
    return this.builder.node('Gemm', terms)
  }

  #relu(x: string, max: number | null, negativeSlope: number): string {
    const b = this.builder
    const scalar = (value: number): string => b.floats([], Float32Array.of(value))
    if (negativeSlope !== 0) {
      const y = b.node('LeakyRelu', [x], { alpha: { float: negativeSlope } })
      return max === null ? y : b.node('Min', [y, scalar(max)])
    }
    return max === null ? b.node('Relu', [x]) : b.node('Clip', [x, scalar(0), scalar(max)])
  }

  /** Reshapes in the graph's order of values, channels last. */
  #reshape(node: GraphNode, target: readonly number[], x: string): string {
    const b = this.builder
    const source = this.#graph.nodes[node.inputs[0]!]!.shape
    const isMap = (shape: readonly number[]): boolean => shape.length === 3 && shape[0]! * shape[1]! > 1
    const ordered = isMap(source) ? b.node('Transpose', [x], { perm: [0, 2, 3, 1] }) : x
    if (target.length !== 3) return b.node('Reshape', [ordered, b.integers([-1, ...target])])
    const [height, width, channels] = target as [number, number, number]
    if (height * width === 1) return b.node('Reshape', [ordered, b.integers([-1, channels, 1, 1])])
    const reshaped = b.node('Reshape', [ordered, b.integers([-1, height, width, channels])])
    return b.node('Transpose', [reshaped], { perm: [0, 3, 1, 2] })
  }
}

/** Axis of [height, width, channels] → axis of [batch, channels, height, width]. */
const channelsFirstAxis = [2, 3, 1] as const

function windowAttributes({ size, strides, pads: [top, bottom, left, right] }: Window): Record<string, Attribute> {
  return { kernel_shape: size, strides, pads: [top, left, bottom, right] }
}

/** [kh, kw, in, out] → [out, in, kh, kw] */
function convolutionKernel({ shape, data }: Constant): Float32Array {
  const [kh, kw, nIn, nOut] = shape as [number, number, number, number]
  const result = new Float32Array(data.length)
  const nTaps = kh * kw
  for (let tap = 0, from = 0; tap < nTaps; tap++) {
    for (let i = 0; i < nIn; i++) {
      for (let o = 0; o < nOut; o++, from++) result[(o * nIn + i) * nTaps + tap] = data[from]!
    }
  }
  return result
}

/** [kh, kw, in, multiplier] → [in · multiplier, 1, kh, kw] */
function depthwiseKernel({ shape, data }: Constant): Float32Array {
  const [kh, kw, nIn, multiplier] = shape as [number, number, number, number]
  const result = new Float32Array(data.length)
  const nTaps = kh * kw
  const nChannels = nIn * multiplier
  for (let tap = 0, from = 0; tap < nTaps; tap++) {
    for (let channel = 0; channel < nChannels; channel++, from++) result[channel * nTaps + tap] = data[from]!
  }
  return result
}
