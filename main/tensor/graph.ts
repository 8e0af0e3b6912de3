import { AppError } from '#common/contract/errors.ts'

/**
 * A feed-forward network as a list of operations in topological order: what a Keras layers-model is once nested models
 * are unfolded. Two programs run it: the ONNX compiler (onnx/compile.ts) and TensorFlow.js (tfjs/execute.ts).
 * Values are laid out as Keras does: [batch, height, width, channels].
 */

/** A constant: float32 values in row-major order. */
export interface Constant {
  readonly shape: readonly number[]
  readonly data: Float32Array
  /** the same values in pieces, whole rows of the first axis each, where they need not all be in memory at once */
  readonly pieces?: () => Iterable<Float32Array>
}

/**
 * A constant whose values are read each time they are asked for, and not kept: take them once.
 * @param pieces reads them piece by piece, see `Constant`
 */
export function lazyConstant(
  shape: readonly number[],
  read: () => Float32Array,
  pieces?: () => Iterable<Float32Array>,
): Constant {
  return {
    shape,
    get data() {
      return read()
    },
    ...(pieces ? { pieces } : {}),
  }
}

export type Pair = readonly [number, number]
/** Cells added before and after, for rows and for columns. */
export type Pads = readonly [top: number, bottom: number, left: number, right: number]

export interface Window {
  readonly size: Pair
  readonly strides: Pair
  readonly pads: Pads
}

export type Operation =
  | { readonly op: 'input' }
  /** kernel [kh, kw, in, out] */
  | {
      readonly op: 'conv2d'
      readonly kernel: Constant
      readonly bias: Constant | null
      readonly window: Window
      readonly dilations: Pair
    }
  /** kernel [kh, kw, in, multiplier] */
  | {
      readonly op: 'depthwise-conv2d'
      readonly kernel: Constant
      readonly bias: Constant | null
      readonly window: Window
      readonly dilations: Pair
    }
  /** the transpose of a convolution: kernel [kh, kw, out, in]; the window's pads are cut off its value */
  | {
      readonly op: 'conv2d-transpose'
      readonly kernel: Constant
      readonly bias: Constant | null
      readonly window: Window
    }
  /** every cell of a map as many times over, rows and columns */
  | { readonly op: 'upsample'; readonly factor: Pair }
  /** kernel [in, out] on the last axis of [batch, in] */
  | { readonly op: 'dense'; readonly kernel: Constant; readonly bias: Constant | null }
  /** x · factor + offset along the channels: batch normalisation at inference */
  | { readonly op: 'scale'; readonly factor: Constant; readonly offset: Constant }
  | { readonly op: 'relu'; readonly max: number | null; readonly negativeSlope: number }
  | { readonly op: 'sigmoid' | 'tanh' | 'softmax' | 'swish' | 'add' | 'multiply' | 'flatten' | 'identity' }
  | { readonly op: 'elu'; readonly alpha: number }
  | { readonly op: 'max-pool' | 'average-pool'; readonly window: Window }
  | { readonly op: 'global-average-pool' | 'global-max-pool'; readonly keepDims: boolean }
  | { readonly op: 'zero-pad'; readonly pads: Pads }
  | { readonly op: 'concatenate'; readonly axis: number }
  /** target shape without the batch */
  | { readonly op: 'reshape'; readonly target: readonly number[] }
  /** a layer that has no operation here: runs on TensorFlow.js only */
  | { readonly op: 'opaque'; readonly className: string; readonly apply: (inputs: readonly unknown[]) => unknown }

export type GraphNode = Operation & {
  /** the Keras layer's name; operations split off a layer have the layer's name and a suffix such as `/softmax` */
  readonly name: string
  /** indices of the nodes whose values are the inputs */
  readonly inputs: readonly number[]
  /** shape of the value without the batch, e.g. [7, 7, 256] */
  readonly shape: readonly number[]
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  /** index of the input node */
  readonly input: number
  /** index of the node whose value is the model's output */
  readonly output: number
}

/** Number of values of a shape without batch. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

/**
 * The node with a layer's name.
 * @throws AppError 'model.layer-missing' naming some of the layers there are
 */
export function nodeIndex(graph: Graph, name: string): number {
  const index = graph.nodes.findIndex((node) => node.name === name)
  if (index >= 0) return index
  const spatial = graph.nodes.filter((node) => isSpatial(node)).map((node) => node.name)
  throw new AppError('model.layer-missing', `the model has no layer “${name}”`, {
    hint: `Its last layers with a spatial extent are ${spatial.slice(-5).join(', ') || '(none)'}.`,
    data: { name, layers: graph.nodes.map((node) => node.name) },
  })
}

/** True for a value [height, width, channels] of more than one cell. */
export function isSpatial(node: GraphNode): boolean {
  return node.shape.length === 3 && node.shape[0]! * node.shape[1]! > 1
}

/**
 * Name of the layer that explanations look at where nobody says another one: the last with a spatial extent that all of
 * the photo's way to the class scores leads through, so that no branch beside it is overlooked; null: there is none.
 */
export function lastSpatialLayer(graph: Graph): string | null {
  const needed = dependencies(graph, [scoreHead(graph).logits])
  const lastUses = new Map<number, number>()
  for (const index of needed) for (const input of graph.nodes[index]!.inputs) lastUses.set(input, index)
  let name: string | null = null
  let reach = -1 // the last node that looks past the one at hand
  for (const index of needed) {
    const node = graph.nodes[index]!
    if (isSpatial(node) && reach <= index) name = node.name
    reach = Math.max(reach, lastUses.get(index) ?? -1)
  }
  return name
}

/** How the class scores of a network come about: the node of the scores before the last activation, and that activation. */
export interface ScoreHead {
  /** index of the node that holds the logits, any shape of `classes` values */
  readonly logits: number
  readonly activation: 'softmax' | 'sigmoid' | 'linear'
}

/** Walks back from the output over reshapes to the last activation. */
export function scoreHead(graph: Graph): ScoreHead {
  let index = graph.output
  for (;;) {
    const node = graph.nodes[index]!
    // a softmax in each of several cells is no distribution over all the values
    const isHead = node.op === 'sigmoid' || (node.op === 'softmax' && sizeOf(node.shape) === node.shape.at(-1))
    if (isHead) return { logits: node.inputs[0]!, activation: node.op }
    if (node.op !== 'reshape' && node.op !== 'flatten' && node.op !== 'identity') break
    index = node.inputs[0]!
  }
  return { logits: graph.output, activation: 'linear' }
}

/** Indices of the nodes that the targets depend on, in topological order; stops at (and includes) those that are given. */
export function dependencies(graph: Graph, targets: readonly number[], given: Iterable<number> = []): number[] {
  const ends = new Set(given)
  const needed = new Set<number>()
  const stack = [...targets]
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (needed.has(index)) continue
    needed.add(index)
    if (!ends.has(index)) stack.push(...graph.nodes[index]!.inputs)
  }
  return [...needed].sort((a, b) => a - b)
}

/** Multiply-adds of one input: what a run costs, near enough to size batches by. */
export function macsOf(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => {
    if (node.op === 'dense') return sum + sizeOf(node.kernel.shape)
    if (node.op === 'conv2d') return sum + node.shape[0]! * node.shape[1]! * sizeOf(node.kernel.shape)
    if (node.op === 'depthwise-conv2d') return sum + node.shape[0]! * node.shape[1]! * sizeOf(node.kernel.shape)
    if (node.op === 'conv2d-transpose') {
      const [rows, columns] = graph.nodes[node.inputs[0]!]!.shape as [number, number]
      return sum + rows * columns * sizeOf(node.kernel.shape)
    }
    return sum
  }, 1)
}

/** Bytes of all constants as float32. */
export function weightBytesOf(graph: Graph): number {
  return graph.nodes.reduce(
    (sum, node) => sum + constantsOf(node).reduce((n, { shape }) => n + 4 * sizeOf(shape), 0),
    0,
  )
}

/** Bytes of the values of all nodes as float32, of one photo. */
export function valueBytesOf(graph: Graph): number {
  return graph.nodes.reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
}

/** What an operation holds beside its inputs. */
export function constantsOf(node: GraphNode): readonly Constant[] {
  switch (node.op) {
    case 'conv2d':
    case 'depthwise-conv2d':
    case 'conv2d-transpose':
    case 'dense':
      return node.bias ? [node.kernel, node.bias] : [node.kernel]
    case 'scale':
      return [node.factor, node.offset]
    default:
      return []
  }
}
