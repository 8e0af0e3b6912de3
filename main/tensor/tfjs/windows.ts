import * as tf from '@tensorflow/tfjs'
import type { Pads, Pair, Window } from '../graph.ts'
import { paddingOf } from '../padding.ts'

type Shape4D = tf.Tensor4D['shape']

/**
 * Convolutions and average pooling with a gradient with respect to their input, made of forward operations only: the
 * wasm backend has no kernel for the gradient of a depthwise convolution and a scalar one (a tenth of the speed) for
 * that of a convolution, TF.js refuses dilated ones, and its gradient of average pooling counts the padding in.
 */

/** @param kernel [kh, kw, in, out] */
export function convolve(x: tf.Tensor4D, kernel: tf.Tensor4D, window: Window, dilations: Pair): tf.Tensor4D {
  const forward = (value: tf.Tensor4D): tf.Tensor4D =>
    tf.conv2d(value, kernel, [...window.strides], explicitPadding(window.pads), 'NHWC', [...dilations])
  const flipped = (): tf.Tensor4D => tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
  return withGradient(x, forward, (dy) => {
    const spread = spreadForGradient(dy, x.shape, window, dilations)
    return tf.conv2d(spread, flipped(), 1, 'valid', 'NHWC', [...dilations])
  })
}

/** @param kernel [kh, kw, in, multiplier] */
export function convolveDepthwise(x: tf.Tensor4D, kernel: tf.Tensor4D, window: Window, dilations: Pair): tf.Tensor4D {
  const forward = (value: tf.Tensor4D): tf.Tensor4D =>
    tf.depthwiseConv2d(padExplicitly(value, window.pads), kernel, [...window.strides], 'valid', 'NHWC', [...dilations])
  return withGradient(x, forward, (dy) => depthwiseGradient(dy, x.shape, kernel, window, dilations))
}

/**
 * @param kernel [kh, kw, out, in]
 * @param value its window's pads are cut off; its shape [height, width, out]
 */
export function convolveTransposed(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  { window: { strides, pads }, shape }: { readonly window: Window; readonly shape: readonly number[] },
): tf.Tensor4D {
  const [top, bottom, left, right] = pads
  const [rows, columns, channels] = shape as [number, number, number]
  const forward = (value: tf.Tensor4D): tf.Tensor4D => {
    const whole: Shape4D = [value.shape[0], rows + top + bottom, columns + left + right, channels]
    const full = tf.conv2dTranspose(value, kernel, whole, [...strides], 'valid')
    return tf.slice(full, [0, top, left, 0], [-1, rows, columns, -1])
  }
  return withGradient(x, forward, (dy) => tf.conv2d(dy, kernel, [...strides], explicitPadding(pads)))
}

/** Every cell as many times over. */
export function upsample(x: tf.Tensor4D, [down, across]: Pair): tf.Tensor4D {
  const forward = (value: tf.Tensor4D): tf.Tensor4D => {
    const [n, rows, columns, channels] = value.shape
    const wide = tf.tile(tf.reshape(value, [n * rows * columns, 1, channels]), [1, across, 1])
    const tall = tf.tile(tf.reshape(wide, [n * rows, 1, columns * across * channels]), [1, down, 1])
    return tf.reshape(tall, [n, rows * down, columns * across, channels])
  }
  return withGradient(x, forward, (dy) =>
    tf.mul(tf.avgPool(dy, [down, across], [down, across], 'valid'), down * across),
  )
}

/** The average of the cells of a window that lie inside the input. */
export function averagePool(x: tf.Tensor4D, window: Window): tf.Tensor4D {
  const { size, strides, pads } = window
  const counts = (): tf.Tensor4D => {
    const inside = padExplicitly(tf.ones([1, x.shape[1], x.shape[2], 1]), pads)
    return tf.conv2d(inside, tf.ones([...size, 1, 1]), [...strides], 'valid')
  }
  const forward = (value: tf.Tensor4D): tf.Tensor4D => {
    const padding = poolPadding(value, window)
    if (padding !== null) return tf.avgPool(value, [...size], [...strides], padding)
    const withZeros = tf.avgPool(padExplicitly(value, pads), [...size], [...strides], 'valid')
    return tf.div(tf.mul(withZeros, size[0] * size[1]), counts())
  }
  return withGradient(x, forward, (dy) => {
    const ones = tf.ones<tf.Rank.R4>([...size, x.shape[3], 1])
    return depthwiseGradient(tf.div(dy, counts()), x.shape, ones, window, [1, 1])
  })
}

export function maxPool(x: tf.Tensor4D, window: Window): tf.Tensor4D {
  const { size, strides, pads } = window
  const padding = poolPadding(x, window)
  if (padding !== null) return tf.maxPool(x, [...size], [...strides], padding)
  return tf.maxPool(padExplicitly(x, pads, lowest), [...size], [...strides], 'valid')
}

/** The least float32: a padding that is nowhere the largest. */
const lowest = -3.4028234663852886e38

/** Maximum over rows and columns; equal maxima share the gradient, as in TensorFlow (TF.js gives it to each). */
export function globalMax(x: tf.Tensor4D): tf.Tensor4D {
  const forward = (value: tf.Tensor4D): tf.Tensor4D => tf.max(value, [1, 2], true)
  return withGradient(x, forward, (dy, saved) => {
    const isLargest = tf.cast(tf.equal(saved, forward(saved)), 'float32')
    return tf.mul(isLargest, tf.div(dy, tf.sum(isLargest, [1, 2], true)))
  })
}

export function padExplicitly(x: tf.Tensor4D, [top, bottom, left, right]: Pads, value = 0): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x
  return tf.pad(
    x,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  )
}

/** @param backward gradient of the input, of the output's gradient and the input (which by then is freed but for `saved`) */
function withGradient(
  x: tf.Tensor4D,
  forward: (x: tf.Tensor4D) => tf.Tensor4D,
  backward: (dy: tf.Tensor4D, saved: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  const operation = tf.customGrad((value, save) => {
    const input = value as tf.Tensor4D
    ;(save as tf.GradSaveFunc)([input])
    return {
      value: forward(input),
      gradFunc: (dy, saved) => backward(dy as tf.Tensor4D, saved[0] as tf.Tensor4D),
    }
  })
  return operation(x) as tf.Tensor4D
}

/** Each of a channel's `multiplier` outputs is convolved back with its own flipped kernel; a channel gets their sum. */
function depthwiseGradient(
  dy: tf.Tensor4D,
  inputShape: Shape4D,
  kernel: tf.Tensor4D,
  window: Window,
  dilations: Pair,
): tf.Tensor4D {
  const [kh, kw, nIn, multiplier] = kernel.shape
  const spread = spreadForGradient(dy, inputShape, window, dilations)
  const flipped = tf.reshape<tf.Rank.R4>(tf.reverse(kernel, [0, 1]), [kh, kw, nIn * multiplier, 1])
  const each = tf.depthwiseConv2d(spread, flipped, 1, 'valid', 'NHWC', [...dilations])
  return multiplier === 1 ? each : tf.reshape(tf.sum(tf.reshape(each, [-1, nIn, multiplier]), 2), inputShape)
}

/**
 * The gradient of a convolution's output, with stride − 1 zeros between its cells and padded so that a plain
 * convolution with the flipped kernel gives the gradient of the input.
 */
function spreadForGradient(dy: tf.Tensor4D, inputShape: Shape4D, { size, strides, pads }: Window, dilations: Pair) {
  const [n, height, width, channels] = dy.shape
  const rows = spreadAxis(tf.reshape(dy, [n, height, width * channels]), strides[0])
  const columns = spreadAxis(tf.reshape(rows, [-1, width, channels]), strides[1])
  const spread = tf.reshape<tf.Rank.R4>(columns, [n, (height - 1) * strides[0] + 1, -1, channels])
  const margins = ([0, 1] as const).map((axis) => {
    const before = (size[axis] - 1) * dilations[axis] - pads[(2 * axis) as 0 | 2]
    return [
      before,
      inputShape[axis + 1]! + (size[axis] - 1) * dilations[axis] - before - spread.shape[axis + 1]!,
    ] as const
  })
  return padOrCrop(spread, margins.flat() as unknown as Pads)
}

/** As padding; a negative number of cells is cut away: padding wider than the window was folded in. */
function padOrCrop(x: tf.Tensor4D, margins: Pads): tf.Tensor4D {
  const padded = padExplicitly(x, margins.map((margin) => Math.max(margin, 0)) as unknown as Pads)
  const [top, bottom, left, right] = margins.map((margin) => Math.max(-margin, 0)) as unknown as Pads
  if (top + bottom + left + right === 0) return padded
  const [n, height, width, channels] = padded.shape
  return tf.slice(padded, [0, top, left, 0], [n, height - top - bottom, width - left - right, channels])
}

/** [a, n, b] → [a, (n − 1)·stride + 1, b], zeros in between */
function spreadAxis(x: tf.Tensor, stride: number): tf.Tensor {
  if (stride === 1) return x
  const [a, n, b] = x.shape as [number, number, number]
  const cells = tf.pad(tf.reshape(x, [a * n, 1, b]), [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ])
  return tf.slice(tf.reshape(cells, [a, n * stride, b]), [0, 0, 0], [a, (n - 1) * stride + 1, b])
}

/** Its name, where it has one; null where it has none: native TensorFlow does not pool with it then. */
function poolPadding(x: tf.Tensor4D, { size, strides, pads }: Window): 'same' | 'valid' | null {
  if (pads.every((n) => n === 0)) return 'valid'
  const same = paddingOf('same', [x.shape[1], x.shape[2]], size, strides)
  return pads.every((n, i) => n === same[i]) ? 'same' : null
}

function explicitPadding([top, bottom, left, right]: Pads): tf.backend_util.ExplicitPadding | 'valid' {
  if (top + bottom + left + right === 0) return 'valid'
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
}
