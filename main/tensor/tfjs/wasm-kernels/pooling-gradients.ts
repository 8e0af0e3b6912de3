import * as tf from '@tensorflow/tfjs'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { forEachTap, type Shape4D, type WindowAttributes } from './windows.ts'

/** Loops in JavaScript on the backend's memory: faster than its own scalar kernels, which moreover are wrong. */

export interface PoolAttributes extends WindowAttributes {
  readonly filterSize: number | [number, number]
}

/**
 * Gradient of max pooling, all to the first of equal maxima in row-major order, as TensorFlow has it. The backend's own
 * kernel loses the gradient of every maximum that is not positive.
 * @param x [batch, height, width, channels]
 * @param y its maxima, [batch, outHeight, outWidth, channels]
 * @param dy gradient of the maxima
 */
export function maxPoolGradient(
  backend: BackendWasm,
  { x, y, dy }: { x: tf.Tensor4D; y: tf.Tensor4D; dy: tf.Tensor4D },
  attributes: PoolAttributes,
): tf.TensorInfo {
  const info = poolInfoOf(x.shape, attributes)
  const nChannels = info.inChannels
  const output = backend.makeOutput(x.shape, 'float32')
  const [values, maxima, gradient, dx] = [x, y, dy, output].map((tensor) => backend.typedArrayFromHeap(tensor))
  const isGiven = new Uint8Array(y.size)
  dx!.fill(0)
  forEachTap(info, (cell, _, outCell) => {
    for (let c = 0, at = cell * nChannels, out = outCell * nChannels; c < nChannels; c++, at++, out++) {
      if (values![at] !== maxima![out] || isGiven[out]) continue
      isGiven[out] = 1
      dx![at]! += gradient![out]!
    }
  })
  return output
}

/**
 * Gradient of average pooling: the cells of a window that lie inside the input share alike. The backend's own kernel
 * counts the padding in, TensorFlow does not.
 * @param dy [batch, outHeight, outWidth, channels]
 */
export function averagePoolGradient(
  backend: BackendWasm,
  dy: tf.Tensor4D,
  inputShape: Shape4D,
  attributes: PoolAttributes,
): tf.TensorInfo {
  const info = poolInfoOf(inputShape, attributes)
  const nChannels = info.inChannels
  const nCells = new Uint32Array(dy.size / nChannels)
  forEachTap(info, (_, __, outCell) => nCells[outCell]!++)
  const output = backend.makeOutput(inputShape, 'float32')
  const [gradient, dx] = [backend.typedArrayFromHeap(dy), backend.typedArrayFromHeap(output)]
  dx.fill(0)
  forEachTap(info, (cell, _, outCell) => {
    const share = 1 / nCells[outCell]!
    for (let c = 0, at = cell * nChannels, out = outCell * nChannels; c < nChannels; c++, at++, out++) {
      dx[at]! += gradient[out]! * share
    }
  })
  return output
}

function poolInfoOf(inputShape: Shape4D, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes) {
  return tf.backend_util.computePool2DInfo(inputShape, filterSize, strides, 1, pad, dimRoundingMode)
}
