import * as tf from '@tensorflow/tfjs'
import { alongRows, channelSums, rowsOf } from '#main/tensor/tfjs/channel-sums.ts'

type Layer = tf.layers.Layer

/** What training needs of a Keras BatchNormalization over the last axis. */
interface BatchNormalisation {
  readonly gamma: tf.Tensor1D
  readonly beta: tf.Tensor1D
  readonly movingMean: tf.LayerVariable
  readonly movingVariance: tf.LayerVariable
  readonly epsilon: number
  readonly momentum: number
}

/** Mean and variance of one batch, for the moving ones; its owner disposes both. */
export interface BatchStatistics {
  readonly layer: Layer
  /** [channels] */
  readonly mean: tf.Tensor1D
  /** [channels], as the moving variance is fed */
  readonly variance: tf.Tensor1D
}

/**
 * Normalises by the mean and the biased variance of the batch, and differentiates through both.
 * y = γ·(x − μ)/√(σ² + ε) + β
 * @param x [batch, …, channels]
 * @see Ioffe & Szegedy, "Batch Normalization", 2015, algorithm 1 and the derivatives after it
 */
export function normaliseBatch(layer: Layer, x: tf.Tensor): { y: tf.Tensor; statistics: BatchStatistics } {
  const { gamma, beta, epsilon } = read(layer, x)
  const kept: tf.Tensor1D[] = []
  const operation = tf.customGrad((...inputs) => {
    const [value, scale, offset, save] = inputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc]
    const n = value.size / scale.size
    const mean = tf.div<tf.Tensor1D>(channelSums(value), n)
    const centred = tf.sub(rowsOf(value), alongRows(mean, value))
    const squares = tf.reshape(tf.square(centred), value.shape)
    const variance = tf.div<tf.Tensor1D>(channelSums(squares), n)
    kept.push(tf.keep(mean), tf.keep(variance))
    const factor = tf.rsqrt(tf.add<tf.Tensor1D>(variance, epsilon))
    save([centred, factor, scale])
    const scaled = tf.mul(centred, alongRows(tf.mul(scale, factor), value))
    return {
      value: tf.reshape(tf.add(scaled, alongRows(offset, value)), value.shape),
      gradFunc: (dy, saved) => differentiate(dy, saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D]),
    }
  })
  const y = operation(x, gamma, beta)
  return { y, statistics: { layer, mean: kept[0]!, variance: withoutBias(kept[1]!, x) } }
}

/** Gradients of x, γ and β. */
function differentiate(dy: tf.Tensor, [centred, factor, gamma]: [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D]): tf.Tensor[] {
  const n = dy.size / gamma.size
  const rows = rowsOf(dy)
  const sums = channelSums(dy)
  const products = channelSums(tf.reshape(tf.mul(rows, centred), dy.shape))
  const slope = tf.mul<tf.Tensor1D>(gamma, factor)
  // dx = slope · (dy − Σdy/n − (x − μ)·Σ(dy·(x − μ))/(n·(σ² + ε))), sorted so that it takes four passes
  const ofCentred = tf.mul<tf.Tensor1D>(tf.mul(slope, tf.square(factor)), tf.div(products, -n))
  const constant = tf.mul<tf.Tensor1D>(slope, tf.div(sums, -n))
  const dx = tf.add(
    tf.add(tf.mul(rows, alongRows(slope, dy)), tf.mul(centred, alongRows(ofCentred, dy))),
    alongRows(constant, dy),
  )
  return [tf.reshape(dx, dy.shape), tf.mul(products, factor), sums]
}

/**
 * Keras feeds the moving variance of images (4 axes: its fused kernel) with the unbiased variance, n/(n − 1), and that
 * of vectors with the biased one. @see keras 2.15, layers/normalization/batch_normalization.py
 */
function withoutBias(variance: tf.Tensor1D, x: tf.Tensor): tf.Tensor1D {
  if (x.rank !== 4) return variance
  const n = x.size / variance.size
  const unbiased = tf.keep(tf.mul<tf.Tensor1D>(variance, n / Math.max(n - 1, 1)))
  variance.dispose()
  return unbiased
}

/** Normalises by the moving mean and variance, as at inference. */
export function normaliseByMoving(layer: Layer, x: tf.Tensor): tf.Tensor {
  const { gamma, beta, movingMean, movingVariance, epsilon } = read(layer, x)
  const factor = tf.mul<tf.Tensor1D>(gamma, tf.rsqrt(tf.add(movingVariance.read(), epsilon)))
  const offset = tf.sub<tf.Tensor1D>(beta, tf.mul(movingMean.read(), factor))
  const y = tf.add(tf.mul(rowsOf(x), alongRows(factor, x)), alongRows(offset, x))
  return tf.reshape(y, x.shape)
}

/** Moves the moving mean and variance towards those of a batch: m ← m − (m − batch)·(1 − momentum). */
export function moveTowards({ layer, mean, variance }: BatchStatistics): void {
  const { movingMean, movingVariance, momentum } = read(layer, mean)
  tf.tidy(() => {
    for (const [moving, value] of [
      [movingMean, mean],
      [movingVariance, variance],
    ] as const) {
      const step = tf.mul(tf.sub(moving.read(), value), 1 - momentum)
      moving.write(tf.sub(moving.read(), step))
    }
  })
}

/** Weights that are learnt, without the moving mean and variance, which are not. */
export function learntWeights(layer: Layer): tf.LayerVariable[] {
  return layer.weights.slice(0, -2)
}

function read(layer: Layer, x: tf.Tensor): BatchNormalisation {
  const config = layer.getConfig()
  const weights = [...layer.weights]
  const nChannels = x.shape.at(-1)!
  const gamma = config['scale'] === false ? tf.ones<tf.Rank.R1>([nChannels]) : (weights.shift()!.read() as tf.Tensor1D)
  const beta = config['center'] === false ? tf.zeros<tf.Rank.R1>([nChannels]) : (weights.shift()!.read() as tf.Tensor1D)
  return {
    gamma,
    beta,
    movingMean: weights[0]!,
    movingVariance: weights[1]!,
    epsilon: config['epsilon'] as number,
    momentum: config['momentum'] as number,
  }
}
