import * as tf from '@tensorflow/tfjs'
import { globalMax } from '#main/tensor/tfjs/windows.ts'
import { normaliseBatch, normaliseByMoving, type BatchStatistics } from './batch-normalisation.ts'
import { dropOut } from './dropout.ts'
import type { NetworkNode } from './network.ts'

type Layer = tf.layers.Layer

/** What a layer needs to know of the step. */
export interface StepContext {
  /** a seed and numbers of its own for each layer of each step */
  readonly seed: number
  readonly place: readonly number[]
  /** takes the statistics of every batch normalisation that goes by the batch */
  readonly onStatistics: (statistics: BatchStatistics) => void
}

interface LayerCall {
  readonly layer: Layer
  readonly x: tf.Tensor
  readonly isTrained: boolean
  readonly index: number
  readonly context: StepContext
}

/** Layers that run otherwise than in TF.js: because they must, or much faster on wasm. */
const own: Readonly<Record<string, (call: LayerCall) => tf.Tensor | null>> = {
  BatchNormalization: ({ layer, x, isTrained, context }) => {
    if (!isTrained) return normaliseByMoving(layer, x)
    const { y, statistics } = normaliseBatch(layer, x)
    context.onStatistics(statistics)
    return y
  },
  Dropout: ({ layer, x, index, context }) => {
    const { rate, noiseShape } = layer.getConfig() as { rate: number; noiseShape?: readonly (number | null)[] | null }
    const shape = x.shape.map((n, axis) => noiseShape?.[axis] ?? n)
    return dropOut(x, { rate, shape, seed: context.seed, place: [...context.place, index] })
  },
  ReLU: ({ layer, x }) => {
    const { maxValue, negativeSlope, threshold } = layer.getConfig()
    if (negativeSlope || threshold) return null
    return typeof maxValue === 'number' ? clippedRelu(x, maxValue) : tf.relu(x)
  },
  Activation: ({ layer, x }) => (layer.getConfig()['activation'] === 'relu6' ? clippedRelu(x, 6) : null),
  GlobalAveragePooling2D: ({ layer, x }) =>
    isChannelsLast(layer) ? tf.reshape(globalAverage(x as tf.Tensor4D), outputShape(layer, x)) : null,
  GlobalMaxPooling2D: ({ layer, x }) =>
    isChannelsLast(layer) ? tf.reshape(globalMax(x as tf.Tensor4D), outputShape(layer, x)) : null,
}

/**
 * The value of a layer in training: batch normalisation by the batch where it is trained, else by its moving mean and
 * variance; dropout at work.
 * @param index of the node
 */
export function runLayer(
  { layer, isTrained }: NetworkNode & { readonly layer: Layer },
  inputs: readonly tf.Tensor[],
  index: number,
  context: StepContext,
): tf.Tensor {
  const value = own[layer.getClassName()]?.({ layer, x: inputs[0]!, isTrained, index, context })
  if (value) return value
  return layer.apply(inputs.length === 1 ? inputs[0]! : [...inputs], { training: true }) as tf.Tensor
}

/**
 * The value of the head before its activation, [n, classes].
 * @param head a layer Dense, Activation or Softmax
 */
export function runHead(head: Layer, x: tf.Tensor, nClasses: number): tf.Tensor2D {
  if (head.getClassName() !== 'Dense') return tf.reshape(x, [-1, nClasses])
  const [kernel, bias] = head.weights.map((weight) => weight.read())
  const product = tf.matMul<tf.Tensor2D>(tf.reshape(x, [-1, kernel!.shape[0]]), kernel!)
  return bias ? tf.add(product, bias) : product
}

/** 0 … max; the gradient is that of TensorFlow's relu6: 0 at both ends. TF.js's takes a comparison, slow on wasm. */
function clippedRelu(x: tf.Tensor, max: number): tf.Tensor {
  const operation = tf.customGrad((...inputs) => {
    const [value, save] = inputs as [tf.Tensor, tf.GradSaveFunc]
    const y = tf.clipByValue(value, 0, max)
    save([y])
    return {
      value: y,
      gradFunc: (dy, [output]) => tf.mul(dy, tf.mul(tf.step(output!), tf.step(tf.sub(max, output!)))),
    }
  })
  return operation(x)
}

/** [n, h, w, c] → [n, 1, 1, c]; TF.js's mean transposes the whole value on wasm. */
function globalAverage(x: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = x.shape
  const operation = tf.customGrad((...inputs) => ({
    value: tf.avgPool(inputs[0] as tf.Tensor4D, [height, width], 1, 'valid'),
    gradFunc: (dy) => tf.mul(tf.div(dy, height * width), tf.ones([1, height, width, 1])),
  }))
  return operation(x) as tf.Tensor4D
}

function outputShape(layer: Layer, x: tf.Tensor): number[] {
  return layer.computeOutputShape(x.shape) as number[]
}

function isChannelsLast(layer: Layer): boolean {
  return layer.getConfig()['dataFormat'] !== 'channelsFirst'
}
