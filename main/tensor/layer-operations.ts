import type { layers } from '@tensorflow/tfjs'
import { batchNormOperation } from './batch-norm.ts'
import { lazyConstant, type Constant, type Operation, type Pads, type Pair, type Window } from './graph.ts'
import { paddingOf, type PaddingMode } from './padding.ts'

type Layer = layers.Layer
type Config = Readonly<Record<string, unknown>>
type Translator = (layer: Layer, config: Config, inputs: readonly (readonly number[])[]) => readonly Operation[] | null

/**
 * The operations that a Keras layer performs at inference, in order; null where the graph has none for it (such a
 * layer runs on TensorFlow.js as it is). A layer that keeps its input gives one 'identity'.
 * @param inputs shapes of its inputs without the batch
 */
export function layerOperations(layer: Layer, inputs: readonly (readonly number[])[]): readonly Operation[] | null {
  const translate = translators[layer.getClassName()]
  return translate ? translate(layer, layer.getConfig(), inputs) : null
}

const identity: Operation = { op: 'identity' }

const translators: Readonly<Record<string, Translator>> = {
  InputLayer: () => [identity],
  Dropout: () => [identity],
  AlphaDropout: () => [identity],
  GaussianDropout: () => [identity],
  GaussianNoise: () => [identity],
  PassThrough: () => [identity],
  Rescaling: (_, config, [input]) => {
    const shape = [input!.at(-1)!]
    const constant = (value: unknown, otherwise: number): Constant => {
      return { shape, data: new Float32Array(shape[0]!).fill(numberOf(value, otherwise)) }
    }
    return [{ op: 'scale', factor: constant(config['scale'], 1), offset: constant(config['offset'], 0) }]
  },
  Conv2D: (layer, config, [input]) => convolution('conv2d', layer, config, input!),
  DepthwiseConv2D: (layer, config, [input]) => convolution('depthwise-conv2d', layer, config, input!),
  Conv2DTranspose: transposedConvolution,
  UpSampling2D: (_, config) => {
    if (!isChannelsLast(config) || (config['interpolation'] ?? 'nearest') !== 'nearest') return null
    return [{ op: 'upsample', factor: pairOf(config['size'], [2, 2]) }]
  },
  Dense: (layer, config, [input]) => {
    if (input!.length !== 1) return null
    const [kernel, bias] = constants(layer)
    return withActivation([{ op: 'dense', kernel: kernel!, bias: bias ?? null }], config['activation'])
  },
  BatchNormalization: (layer, config, [input]) => batchNormalization(layer, config, input!),
  Activation: (_, config) => withActivation([], config['activation']),
  ReLU: (_, config) => {
    if (numberOf(config['threshold'], 0) !== 0) return null
    const max = config['max_value'] ?? config['maxValue']
    const negativeSlope = numberOf(config['negative_slope'] ?? config['negativeSlope'], 0)
    return [{ op: 'relu', max: typeof max === 'number' ? max : null, negativeSlope }]
  },
  LeakyReLU: (_, config) => [{ op: 'relu', max: null, negativeSlope: numberOf(config['alpha'], 0.3) }],
  ELU: (_, config) => [{ op: 'elu', alpha: numberOf(config['alpha'], 1) }],
  Softmax: (_, config, [input]) => {
    const axis = numberOf(config['axis'], -1)
    return axis === -1 || axis === input!.length ? [{ op: 'softmax' }] : null
  },
  MaxPooling2D: (_, config, [input]) => pooling('max-pool', config, input!),
  AveragePooling2D: (_, config, [input]) => pooling('average-pool', config, input!),
  GlobalAveragePooling2D: (_, config) => globalPooling('global-average-pool', config),
  GlobalMaxPooling2D: (_, config) => globalPooling('global-max-pool', config),
  ZeroPadding2D: (_, config) => (isChannelsLast(config) ? [{ op: 'zero-pad', pads: padsOf(config['padding']) }] : null),
  Flatten: (_, config) => (isChannelsLast(config) ? [{ op: 'flatten' }] : null),
  Reshape: (layer, _, [input]) => {
    const shape = layer.computeOutputShape([1, ...input!]) as number[]
    return [{ op: 'reshape', target: shape.slice(1) }]
  },
  Add: (_, __, inputs) => merge('add', inputs),
  Multiply: (_, __, inputs) => merge('multiply', inputs),
  Concatenate: (_, config, inputs) => {
    const axis = numberOf(config['axis'], -1)
    return [{ op: 'concatenate', axis: axis < 0 ? inputs[0]!.length + axis : axis - 1 }]
  },
}

function convolution(
  op: 'conv2d' | 'depthwise-conv2d',
  layer: Layer,
  config: Config,
  input: readonly number[],
): readonly Operation[] | null {
  if (!isChannelsLast(config) || numberOf(config['groups'], 1) !== 1) return null
  const [kernel, bias] = constants(layer)
  const size: Pair = [kernel!.shape[0]!, kernel!.shape[1]!]
  const strides = pairOf(config['strides'], [1, 1])
  const dilations = pairOf(config['dilation_rate'] ?? config['dilationRate'], [1, 1])
  const mode = config['padding']
  if (mode !== 'same' && mode !== 'valid') return null
  const pads = paddingOf(mode, [input[0]!, input[1]!], size, strides, dilations)
  const window: Window = { size, strides, pads }
  return withActivation([{ op, kernel: kernel!, bias: bias ?? null, window, dilations }], config['activation'])
}

function transposedConvolution(layer: Layer, config: Config): readonly Operation[] | null {
  const strides = pairOf(config['strides'], [1, 1])
  const [kernel, bias] = constants(layer)
  const size: Pair = [kernel!.shape[0]!, kernel!.shape[1]!]
  const isPlain = pairOf(config['dilation_rate'] ?? config['dilationRate'], [1, 1]).every((n) => n === 1)
  // where windows leave cells out, Keras makes its value larger
  const isDense = size.every((n, axis) => n >= strides[axis as 0 | 1])
  const mode = config['padding']
  if (!isChannelsLast(config) || !isPlain || !isDense || (mode !== 'same' && mode !== 'valid')) return null
  if ((config['output_padding'] ?? config['outputPadding'] ?? null) !== null) return null
  const pads = paddingOf(mode, strides, size, strides)
  return withActivation(
    [{ op: 'conv2d-transpose', kernel: kernel!, bias: bias ?? null, window: { size, strides, pads } }],
    config['activation'],
  )
}

function batchNormalization(layer: Layer, config: Config, input: readonly number[]): readonly Operation[] | null {
  const axis = numberOf(Array.isArray(config['axis']) ? config['axis'][0] : config['axis'], -1)
  if (axis !== -1 && axis !== input.length) return null
  const weights = constants(layer)
  const hasScale = config['scale'] !== false
  const hasCenter = config['center'] !== false
  const gamma = hasScale ? weights.shift() : undefined
  const beta = hasCenter ? weights.shift() : undefined
  const [mean, variance] = weights
  return [
    batchNormOperation({
      gamma,
      beta,
      mean: mean!,
      variance: variance!,
      epsilon: numberOf(config['epsilon'], 1e-3),
    }),
  ]
}

function pooling(
  op: 'max-pool' | 'average-pool',
  config: Config,
  input: readonly number[],
): readonly Operation[] | null {
  if (!isChannelsLast(config)) return null
  const size = pairOf(config['pool_size'] ?? config['poolSize'], [2, 2])
  const strides = pairOf(config['strides'], size)
  const pads = paddingOf(config['padding'] as PaddingMode, [input[0]!, input[1]!], size, strides)
  return [{ op, window: { size, strides, pads } }]
}

function globalPooling(op: 'global-average-pool' | 'global-max-pool', config: Config): readonly Operation[] | null {
  if (!isChannelsLast(config)) return null
  return [{ op, keepDims: (config['keepdims'] ?? config['keepDims']) === true }]
}

/** Values of different ranks are lined up at their first axes by Keras, at their last ones by the runtimes. */
function merge(op: 'add' | 'multiply', inputs: readonly (readonly number[])[]): readonly Operation[] | null {
  return inputs.every((shape) => shape.length === inputs[0]!.length) ? [{ op }] : null
}

/** Appends what a Keras activation name means; null where the graph has no operation for it. */
function withActivation(operations: readonly Operation[], activation: unknown): readonly Operation[] | null {
  const name = typeof activation === 'string' ? activation : 'linear'
  if (name === 'linear') return operations.length > 0 ? operations : [identity]
  const operation = activations[name]
  return operation ? [...operations, operation] : null
}

const activations: Readonly<Record<string, Operation>> = {
  relu: { op: 'relu', max: null, negativeSlope: 0 },
  relu6: { op: 'relu', max: 6, negativeSlope: 0 },
  softmax: { op: 'softmax' },
  sigmoid: { op: 'sigmoid' },
  tanh: { op: 'tanh' },
  swish: { op: 'swish' },
  elu: { op: 'elu', alpha: 1 },
}

/** Read from TensorFlow.js where they are needed: a large model's weights would be in memory twice. */
function constants(layer: Layer): Constant[] {
  return layer.getWeights().map((weight) => lazyConstant(weight.shape, () => new Float32Array(weight.dataSync())))
}

function isChannelsLast(config: Config): boolean {
  const format = config['data_format'] ?? config['dataFormat']
  return format === undefined || format === null || format === 'channels_last' || format === 'channelsLast'
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function pairOf(value: unknown, otherwise: Pair): Pair {
  if (typeof value === 'number') return [value, value]
  return Array.isArray(value) ? [Number(value[0]), Number(value[1] ?? value[0])] : otherwise
}

function padsOf(value: unknown): Pads {
  if (typeof value === 'number') return [value, value, value, value]
  const [rows, columns] = value as [number | Pair, number | Pair]
  const [top, bottom] = pairOf(rows, [0, 0])
  const [left, right] = pairOf(columns, [0, 0])
  return [top, bottom, left, right]
}
