import * as tf from '@tensorflow/tfjs'

/**
 * Sums of a value [batch, …, channels] over all axes but the last. On wasm by way of the average of each image, which
 * that backend does fast: it would transpose the whole value to sum over its leading axes (10 times slower).
 * @param x of 2 to 4 axes
 * @returns [channels]
 */
export function channelSums(x: tf.Tensor): tf.Tensor1D {
  const leading = x.shape.slice(0, -1)
  const nChannels = x.shape.at(-1)!
  if (tf.getBackend() !== 'wasm') return tf.sum(x, [...leading.keys()])
  const [nImages, height, width] =
    leading.length === 1 ? [1, leading[0]!, 1] : [leading[0]!, leading[1]!, leading[2] ?? 1]
  const images = tf.reshape<tf.Rank.R4>(x, [nImages, height, width, nChannels])
  const averages = tf.reshape(tf.avgPool(images, [height, width], 1, 'valid'), [nImages, nChannels])
  return tf.mul(tf.sum(averages, 0), height * width)
}

/**
 * A value [..., width, channels] as a matrix with rows of width · channels values: the wasm backend combines a matrix
 * with one long row (`alongRows`) three times faster than with one value a channel.
 */
export function rowsOf(x: tf.Tensor): tf.Tensor2D {
  const length = x.shape.at(-1)! * (x.rank > 2 ? x.shape.at(-2)! : 1)
  return tf.reshape(x, [x.size / length, length])
}

/** One value a channel, repeated along a row of `rowsOf(x)`. @param values [channels] @returns [1, width · channels] */
export function alongRows(values: tf.Tensor1D, x: tf.Tensor): tf.Tensor2D {
  const nCells = x.rank > 2 ? x.shape.at(-2)! : 1
  const nChannels = values.shape[0]
  // a product with ones, not tf.tile, which is slow on wasm
  return tf.reshape(tf.mul(tf.ones([nCells, 1]), tf.reshape(values, [1, nChannels])), [1, nCells * nChannels])
}
