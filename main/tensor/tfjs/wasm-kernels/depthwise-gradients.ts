import * as tf from '@tensorflow/tfjs'
import { channelSums } from '../channel-sums.ts'
import { convInfoOf, convolveBack, readTaps, type Shape4D, type WindowAttributes } from './windows.ts'

/**
 * Gradient of a depthwise convolution with respect to its input: each of a channel's outputs is convolved back with
 * its own flipped kernel; a channel gets their sum.
 * @param dy [batch, outHeight, outWidth, in · multiplier]
 * @param filter [kh, kw, in, multiplier]
 * @param inputShape [batch, height, width, in]
 */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: Shape4D,
  attributes: WindowAttributes,
): tf.Tensor4D {
  const info = convInfoOf(inputShape, filter.shape, attributes, 'depthwise')
  const [kh, kw, nIn, multiplier] = filter.shape
  const single = tf.reshape<tf.Rank.R4>(filter, [kh, kw, nIn * multiplier, 1])
  return convolveBack(dy, single, info, (x, kernel) => {
    const each = tf.depthwiseConv2d(x, kernel, 1, 'valid')
    if (multiplier === 1) return each
    const [n, height, width] = each.shape
    return tf.reshape(tf.sum(tf.reshape(each, [-1, nIn, multiplier]), 2), [n, height, width, nIn])
  })
}

/**
 * Gradient of a depthwise convolution with respect to its kernel: Σ x · dy over batch and cells, for each of the
 * kernel's cells.
 * @param x [batch, height, width, in]
 * @param dy [batch, outHeight, outWidth, in · multiplier]
 * @param filterShape [kh, kw, in, multiplier]
 */
export function depthwiseFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: Shape4D,
  attributes: WindowAttributes,
): tf.Tensor4D {
  const info = convInfoOf(x.shape, filterShape, attributes, 'depthwise')
  const see = readTaps(repeatChannels(x, filterShape[3]), info)
  const sums: tf.Tensor1D[] = []
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      sums.push(tf.tidy(() => channelSums(tf.mul(see(row, column), dy))))
    }
  }
  return tf.reshape(tf.concat(sums, 0), filterShape)
}

/** Every channel `multiplier` times in a row. */
function repeatChannels(x: tf.Tensor4D, multiplier: number): tf.Tensor4D {
  if (multiplier === 1) return x
  const [n, height, width, channels] = x.shape
  const repeated = tf.mul(tf.reshape(x, [-1, 1]), tf.ones([1, multiplier]))
  return tf.reshape(repeated, [n, height, width, channels * multiplier])
}
