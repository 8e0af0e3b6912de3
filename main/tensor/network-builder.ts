import { AppError } from '#common/contract/errors.ts'
import { batchNormOperation } from './batch-norm.ts'
import { lazyConstant, sizeOf, type Constant, type Graph, type GraphNode, type Operation, type Pads } from './graph.ts'
import { paddingOf, type PaddingMode } from './padding.ts'

/**
 * Where a network's weights come from.
 * @param layer name of the layer
 * @param shapes of its tensors by their names, in Keras's order
 * @returns the tensors by the same names
 */
export type WeightsOf = <Name extends string>(
  layer: string,
  shapes: Readonly<Record<Name, readonly number[]>>,
) => Readonly<Record<Name, Constant>>

type Activation = 'relu' | 'softmax' | 'sigmoid'

interface Convolution {
  readonly size: number
  readonly stride?: number
  readonly padding?: PaddingMode
  readonly bias?: boolean
  readonly activation?: Activation
}

const relu: Operation = { op: 'relu', max: null, negativeSlope: 0 }

/**
 * Builds a graph layer by layer, under the names that Keras gives the layers. Every method takes and returns the index
 * of a node. Layers with weights must be asked for in the order in which Keras lists them.
 */
export class NetworkBuilder {
  readonly input = 0
  readonly #nodes: GraphNode[]
  readonly #weights: WeightsOf

  /** @param inputShape [height, width, 3] */
  constructor(inputShape: readonly number[], weights: WeightsOf) {
    this.#nodes = [{ op: 'input', name: 'input_1', inputs: [], shape: inputShape }]
    this.#weights = weights
  }

  graph(output: number): Graph {
    return { nodes: this.#nodes, input: this.input, output }
  }

  shape(index: number): readonly number[] {
    return this.#nodes[index]!.shape
  }

  conv(name: string, x: number, options: Convolution & { readonly filters: number }): number {
    const { filters, size, stride = 1, padding = 'same', bias = true, activation } = options
    const [height, width, channels] = this.#map(x)
    const shape = [size, size, channels, filters]
    const { kernel, bias: offset } = bias
      ? this.#weights(name, { kernel: shape, bias: [filters] })
      : { ...this.#weights(name, { kernel: shape }), bias: null }
    const { window, rows, columns } = windowOver([height, width], { size, stride, padding })
    return this.#add(
      name,
      [x],
      [rows, columns, filters],
      [{ op: 'conv2d', kernel, bias: offset, window, dilations: [1, 1] }, ...activations(activation)],
    )
  }

  /** One filter a channel, without a bias. */
  depthwiseConv(name: string, x: number, { size, stride = 1, padding = 'same' }: Convolution): number {
    const [height, width, channels] = this.#map(x)
    const { depthwise_kernel: kernel } = this.#weights(name, { depthwise_kernel: [size, size, channels, 1] })
    const { window, rows, columns } = windowOver([height, width], { size, stride, padding })
    return this.#add(
      name,
      [x],
      [rows, columns, channels],
      [{ op: 'depthwise-conv2d', kernel, bias: null, window, dilations: [1, 1] }],
    )
  }

  /** Doubles rows and columns, or so; without an overlap of its windows. */
  convTranspose(name: string, x: number, { filters, size, activation }: Convolution & { filters: number }): number {
    const [height, width, channels] = this.#map(x)
    const { kernel, bias } = this.#weights(name, { kernel: [size, size, filters, channels], bias: [filters] })
    const window = { size: [size, size], strides: [size, size], pads: [0, 0, 0, 0] } as const
    const shape = [size * height, size * width, filters]
    return this.#add(name, [x], shape, [{ op: 'conv2d-transpose', kernel, bias, window }, ...activations(activation)])
  }

  /** Every cell as many times over, in both directions. */
  upsample(name: string, x: number, factor: number): number {
    const [height, width, channels] = this.#map(x)
    return this.#add(
      name,
      [x],
      [factor * height, factor * width, channels],
      [{ op: 'upsample', factor: [factor, factor] }],
    )
  }

  batchNorm(name: string, x: number, epsilon: number): number {
    const channels = [this.shape(x).at(-1)!]
    const norm = this.#weights(name, {
      gamma: channels,
      beta: channels,
      moving_mean: channels,
      moving_variance: channels,
    })
    const { gamma, beta, moving_mean: mean, moving_variance: variance } = norm
    return this.#add(name, [x], this.shape(x), [batchNormOperation({ gamma, beta, mean, variance, epsilon })])
  }

  /** @param stored shape of the kernel as the weights have it, where that is another one of the same order */
  dense(
    name: string,
    x: number,
    { units, activation, stored }: { units: number; activation?: Activation; stored?: readonly number[] },
  ): number {
    const shape = [this.shape(x)[0]!, units]
    const { kernel: own, bias } = this.#weights(name, { kernel: stored ?? shape, bias: [units] })
    const kernel = stored ? lazyConstant(shape, () => own.data) : own
    return this.#add(name, [x], [units], [{ op: 'dense', kernel, bias }, ...activations(activation)])
  }

  /** @param max null: no limit */
  relu(name: string, x: number, max: number | null = null): number {
    return this.#add(name, [x], this.shape(x), [{ ...relu, max } as Operation])
  }

  softmax(name: string, x: number): number {
    return this.#add(name, [x], this.shape(x), [{ op: 'softmax' }])
  }

  /** Zeros around the rows and columns. */
  pad(name: string, x: number, [top, bottom, left, right]: Pads): number {
    const [height, width, channels] = this.#map(x)
    const shape = [height + top + bottom, width + left + right, channels]
    return this.#add(name, [x], shape, [{ op: 'zero-pad', pads: [top, bottom, left, right] }])
  }

  maxPool(name: string, x: number, { size, stride, padding = 'valid' }: Convolution & { stride: number }): number {
    const [height, width, channels] = this.#map(x)
    const { window, rows, columns } = windowOver([height, width], { size, stride, padding })
    return this.#add(name, [x], [rows, columns, channels], [{ op: 'max-pool', window }])
  }

  globalAveragePool(name: string, x: number, { keepDims }: { keepDims: boolean }): number {
    const channels = this.shape(x).at(-1)!
    const shape = keepDims ? [1, 1, channels] : [channels]
    return this.#add(name, [x], shape, [{ op: 'global-average-pool', keepDims }])
  }

  add(name: string, a: number, b: number): number {
    return this.#add(name, [a, b], this.shape(a), [{ op: 'add' }])
  }

  flatten(name: string, x: number): number {
    return this.#add(name, [x], [sizeOf(this.shape(x))], [{ op: 'flatten' }])
  }

  #map(x: number): readonly [number, number, number] {
    return this.shape(x) as readonly [number, number, number]
  }

  #add(name: string, inputs: readonly number[], shape: readonly number[], operations: readonly Operation[]): number {
    if (!shape.every((n) => n >= 1)) {
      const [height, width] = this.shape(this.input)
      throw new AppError('model.format', `photos of ${width!}×${height!} pixels are too small for the layer ${name}`, {
        hint: 'Give a larger --size.',
      })
    }
    let current = inputs
    operations.forEach((operation, i) => {
      // the layer's own name goes to its last operation: its value is the layer's output
      const own = i === operations.length - 1 ? name : `${name}/${operation.op}`
      this.#nodes.push({ ...operation, name: own, inputs: current, shape })
      current = [this.#nodes.length - 1]
    })
    return current[0]!
  }
}

function activations(activation: Activation | undefined): readonly Operation[] {
  if (activation === undefined) return []
  return [activation === 'relu' ? relu : { op: activation }]
}

function windowOver(
  input: readonly [number, number],
  { size, stride, padding }: { size: number; stride: number; padding: PaddingMode },
) {
  const pads = paddingOf(padding, input, [size, size], [stride, stride])
  const steps = (length: number, before: number, after: number): number =>
    Math.floor((length + before + after - size) / stride) + 1
  return {
    window: { size: [size, size], strides: [stride, stride], pads } as const,
    rows: steps(input[0], pads[0], pads[1]),
    columns: steps(input[1], pads[2], pads[3]),
  }
}
