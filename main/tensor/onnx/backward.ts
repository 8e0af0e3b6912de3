import { dependencies, scoreHead, sizeOf, type GraphNode, type ScoreHead } from '../graph.ts'
import { channelVector, convolutionAttributes, kernelForm, lastAxis, onnxAxis, windowAttributes } from './forward.ts'
import type { ForwardCompiler } from './forward.ts'
import type { OnnxModelBuilder } from './model-builder.ts'

type Relu = GraphNode & { readonly op: 'relu' }
type Pool = GraphNode & { readonly op: 'max-pool' | 'average-pool' }
type Convolution = GraphNode & { readonly op: 'conv2d' | 'depthwise-conv2d' }

/**
 * Adds the derivative of a class score with respect to a layer's value to an ONNX model that has the operations forward:
 * reverse-mode differentiation, one rule an operation. Values are laid out as those forward (feature maps channels-first).
 */
export class BackwardCompiler {
  /** nodes that must be compiled forward, in order */
  readonly needed: readonly number[]
  readonly nClasses: number
  readonly #forward: ForwardCompiler
  readonly #layer: number
  readonly #head: ScoreHead
  /** nodes whose value depends on the layer's, the layer itself included */
  readonly #behind: ReadonlySet<number>
  /** by node: what the paths that lead away from it add to its gradient */
  readonly #parts = new Map<number, string[]>()

  constructor(forward: ForwardCompiler, layer: number) {
    const { graph } = forward
    this.#forward = forward
    this.#layer = layer
    this.#head = scoreHead(graph)
    this.nClasses = sizeOf(graph.nodes[this.#head.logits]!.shape)
    this.needed = dependencies(graph, [this.#head.logits, layer])
    const behind = new Set([layer])
    for (const index of this.needed)
      if (graph.nodes[index]!.inputs.some((input) => behind.has(input))) behind.add(index)
    this.#behind = behind
  }

  /** @returns name of the gradient, laid out as the layer's value */
  compile(names: { readonly classes: string; readonly isProbability: string }): string {
    const { graph } = this.#forward
    const { logits } = this.#head
    this.#add(logits, this.#forward.reshape(this.#seed(names), [this.nClasses], graph.nodes[logits]!.shape))
    // reversed copy: compute processes also run where there is no toReversed
    for (const index of [...this.needed].reverse()) {
      if (index === this.#layer) break
      const gradient = this.#gradient(index)
      if (gradient !== null) this.#propagate(index, gradient)
    }
    return this.#gradient(this.#layer) ?? this.#zeros()
  }

  /** Derivative of the score with respect to the logits, [batch, classes]. */
  #seed({ classes, isProbability }: { readonly classes: string; readonly isProbability: string }): string {
    const b = this.#forward.builder
    const { graph } = this.#forward
    const { logits, activation } = this.#head
    const flat = this.#forward.reshape(this.#forward.value(logits), graph.nodes[logits]!.shape, [this.nClasses])
    let ofProbability: string
    if (activation === 'sigmoid') {
      // p·(1 − p) at the class
      const p = b.node('Mul', [b.node('Sigmoid', [flat]), classes])
      ofProbability = b.node('Sub', [p, b.node('Mul', [p, p])])
    } else {
      // p_c·(1 − p) at the class c, −p_c·p elsewhere
      const p = b.node('Softmax', [flat], { axis: 1 })
      const ofClass = b.node('ReduceSum', [b.node('Mul', [p, classes]), b.integers([1])], { keepdims: 1 })
      ofProbability = b.node('Mul', [ofClass, b.node('Sub', [classes, p])])
    }
    return b.node('Where', [b.node('Greater', [isProbability, b.scalar(0.5)]), ofProbability, classes])
  }

  #add(index: number, part: string): void {
    const parts = this.#parts.get(index) ?? []
    parts.push(part)
    this.#parts.set(index, parts)
  }

  /** null: no path leads from the node to the logits. */
  #gradient(index: number): string | null {
    return this.#parts.get(index)?.reduce((sum, part) => this.#forward.builder.node('Add', [sum, part])) ?? null
  }

  /** For a layer that the logits do not depend on. */
  #zeros(): string {
    return zerosLike(this.#forward.builder, this.#forward.value(this.#layer))
  }

  /** Hands a node's gradient on to those of its inputs that depend on the layer. */
  #propagate(index: number, dy: string): void {
    const node = this.#forward.graph.nodes[index]!
    node.inputs.forEach((input, position) => {
      if (this.#behind.has(input)) this.#add(input, this.#rule(index, position, dy))
    })
  }

  /** dy·∂y/∂x of one input. */
  #rule(index: number, position: number, dy: string): string {
    const { graph, builder: b } = this.#forward
    const node = graph.nodes[index]!
    const from = graph.nodes[node.inputs[position]!]!
    const [x, y] = [this.#forward.value(node.inputs[position]!), this.#forward.value(index)]
    switch (node.op) {
      case 'conv2d':
      case 'depthwise-conv2d':
        return this.#convolution(node, from, dy)
      case 'conv2d-transpose':
        return b.node('Conv', [dy, b.weights(node.kernel, 'convolution')], windowAttributes(node.window))
      case 'upsample': {
        const [rows, columns] = node.factor
        const window = { size: node.factor, strides: node.factor, pads: [0, 0, 0, 0] } as const
        return b.node('Mul', [b.node('AveragePool', [dy], windowAttributes(window)), b.scalar(rows * columns)])
      }
      case 'dense':
        return b.node('Gemm', [dy, b.weights(node.kernel)], { transB: 1 })
      case 'scale':
        return b.node('Mul', [dy, channelVector(b, node, node.factor.data)])
      case 'relu':
        return this.#relu(node, { x, y, dy })
      case 'sigmoid':
        return b.node('Mul', [dy, b.node('Sub', [y, b.node('Mul', [y, y])])])
      case 'tanh':
        return b.node('Sub', [dy, b.node('Mul', [dy, b.node('Mul', [y, y])])])
      case 'swish': {
        // s + x·s·(1 − s) = s + y − y·s
        const s = b.node('Sigmoid', [x])
        return b.node('Mul', [dy, b.node('Sub', [b.node('Add', [s, y]), b.node('Mul', [y, s])])])
      }
      case 'elu': {
        const below = b.node('Mul', [dy, b.node('Add', [y, b.scalar(node.alpha)])])
        return b.node('Where', [b.node('Greater', [x, b.scalar(0)]), dy, below])
      }
      case 'softmax': {
        const sum = b.node('ReduceSum', [b.node('Mul', [dy, y]), b.integers([lastAxis(node)])], { keepdims: 1 })
        return b.node('Mul', [y, b.node('Sub', [dy, sum])])
      }
      case 'add':
        return this.#unbroadcast(dy, node, from)
      case 'multiply': {
        const others = node.inputs.filter((_, i) => i !== position).map((i) => this.#forward.value(i))
        return this.#unbroadcast(
          others.reduce((product, other) => b.node('Mul', [product, other]), dy),
          node,
          from,
        )
      }
      case 'concatenate': {
        const sizes = node.inputs.map((i) => graph.nodes[i]!.shape[node.axis]!)
        const start = sizes.slice(0, position).reduce((sum, n) => sum + n, 0)
        return slice(b, dy, [[onnxAxis(node, node.axis), start, start + sizes[position]!]])
      }
      case 'max-pool':
        return this.#maxPool(node, x, dy)
      case 'average-pool':
        return this.#averagePool(node, from, dy)
      case 'global-average-pool': {
        const [height, width, channels] = from.shape as [number, number, number]
        const share = b.floats([1, 1, height, width], new Float32Array(height * width).fill(1 / (height * width)))
        return b.node('Mul', [this.#forward.reshape(dy, [channels], [1, 1, channels]), share])
      }
      case 'global-max-pool': {
        // equal maxima share it, as TensorFlow has it
        const [, , channels] = from.shape as [number, number, number]
        const asMap = (value: string): string => this.#forward.reshape(value, [channels], [1, 1, channels])
        const isMax = b.node('Cast', [b.node('Equal', [x, asMap(y)])], { to: floatType })
        const nMax = b.node('ReduceSum', [isMax, b.integers([2, 3])], { keepdims: 1 })
        return b.node('Mul', [isMax, b.node('Div', [asMap(dy), nMax])])
      }
      case 'zero-pad': {
        const [top, , left] = node.pads
        const [height, width] = from.shape as [number, number]
        return slice(b, dy, [
          [2, top, top + height],
          [3, left, left + width],
        ])
      }
      case 'flatten':
      case 'reshape':
        return this.#forward.reshape(dy, node.shape, from.shape)
      case 'identity':
        return dy
      case 'input':
      case 'opaque':
        throw new Error(`${node.op} nodes have no derivative: forward, they do not compile or have no inputs`)
    }
  }

  /** The transposed convolution, cut to the input's size: what the strides leave over at its end was not looked at. */
  #convolution(node: Convolution, from: GraphNode, dy: string): string {
    const { builder: b } = this.#forward
    const { size, strides, pads } = node.window
    const rest = ([0, 1] as const).map((axis) => {
      const reach = (size[axis] - 1) * node.dilations[axis] + 1
      const covered = strides[axis] * (node.shape[axis]! - 1) + reach - pads[2 * axis]! - pads[2 * axis + 1]!
      return from.shape[axis]! - covered
    })
    return b.node('ConvTranspose', [dy, b.weights(node.kernel, kernelForm(node))], {
      ...convolutionAttributes(node),
      output_padding: rest,
    })
  }

  #relu({ max, negativeSlope }: Relu, { x, y, dy }: { x: string; y: string; dy: string }): string {
    const b = this.#forward.builder
    const below = negativeSlope === 0 ? b.scalar(0) : b.node('Mul', [dy, b.scalar(negativeSlope)])
    // of y where that tells it: x need not be kept then
    const above = b.node('Where', [b.node('Greater', [negativeSlope === 0 ? y : x, b.scalar(0)]), dy, below])
    if (max === null) return above
    return b.node('Where', [b.node('Less', [y, b.scalar(max)]), above, b.scalar(0)])
  }

  /** Each value goes back to the place it came from; windows that overlap add up there. */
  #maxPool(node: Pool, x: string, dy: string): string {
    const b = this.#forward.builder
    const [, places] = b.nodeOf(2, 'MaxPool', [x], windowAttributes(node.window))
    const flat = (value: string): string => b.node('Reshape', [value, b.integers([-1])])
    const zeros = zerosLike(b, flat(x))
    const scattered = b.node('ScatterElements', [zeros, flat(places!), flat(dy)], { axis: 0, reduction: 'add' })
    return b.node('Reshape', [scattered, b.node('Shape', [x])])
  }

  /** Every window spreads its share over the cells that it looked at. */
  #averagePool({ window, shape }: Pool, from: GraphNode, dy: string): string {
    const b = this.#forward.builder
    const { size, strides, pads } = window
    const inside = ([0, 1] as const).map((axis) =>
      Array.from({ length: shape[axis]! }, (_, i) => {
        const start = i * strides[axis] - pads[2 * axis]!
        return Math.min(start + size[axis], from.shape[axis]!) - Math.max(start, 0)
      }),
    )
    const shares = Float32Array.from(inside[0]!.flatMap((rows) => inside[1]!.map((columns) => 1 / (rows * columns))))
    const shared = b.node('Mul', [dy, b.floats([1, 1, shape[0]!, shape[1]!], shares)])
    const channels = shape[2]!
    const ones = {
      shape: [size[0], size[1], channels, 1],
      data: new Float32Array(size[0] * size[1] * channels).fill(1),
    }
    const spread = { op: 'depthwise-conv2d', kernel: ones, bias: null, window, dilations: [1, 1] } as const
    return this.#convolution({ ...spread, name: '', inputs: [], shape }, from, shared)
  }

  /** Sums over the axes along which an input of one cell was repeated. */
  #unbroadcast(dy: string, node: GraphNode, from: GraphNode): string {
    const b = this.#forward.builder
    const axes = from.shape.flatMap((n, axis) => (n === 1 && node.shape[axis]! > 1 ? [onnxAxis(node, axis)] : []))
    return axes.length === 0 ? dy : b.node('ReduceSum', [dy, b.integers(axes)], { keepdims: 1 })
  }
}

/** ONNX's number for float32. */
const floatType = 1

function zerosLike(b: OnnxModelBuilder, x: string): string {
  return b.node('ConstantOfShape', [b.node('Shape', [x])])
}

function slice(
  b: OnnxModelBuilder,
  x: string,
  parts: readonly (readonly [axis: number, start: number, end: number])[],
): string {
  const column = (i: 0 | 1 | 2): string => b.integers(parts.map((part) => part[i]))
  return b.node('Slice', [x, column(1), column(2), column(0)])
}
