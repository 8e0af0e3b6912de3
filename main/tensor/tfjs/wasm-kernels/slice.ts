import * as tf from '@tensorflow/tfjs'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

export interface SliceAttributes {
  readonly begin: number | number[]
  readonly size: number | number[]
}

/** Below this many values a loop is faster than `set`. */
const shortRun = 24

/**
 * A slice that reads the input where it lies. The backend's own kernel first copies the whole input, so that reading
 * an image tap by tap costs as much as the image has taps; and it knows long runs in up to four axes only.
 * @param x of a numeric type
 */
export function slice(backend: BackendWasm, x: tf.TensorInfo, attributes: SliceAttributes): tf.TensorInfo {
  // as the backend's kernel does: the operation lets −1 and missing sizes through
  const [begin = [], size = []] = tf.slice_util.parseSliceParams(x, attributes.begin, attributes.size)
  const output = backend.makeOutput(size, x.dtype)
  // after the allocation, which may move the heap
  const [source, target] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(output)]
  copyBox(source, x.shape, begin, target, size)
  return output
}

/** @param begin first index of the box in each axis of `source`, which has the shape `shape` */
function copyBox(
  source: tf.TypedArray,
  shape: readonly number[],
  begin: readonly number[],
  target: tf.TypedArray,
  size: readonly number[],
): void {
  if (target.length === 0) return
  const strides = stridesOf(shape)
  // axes after the last one that is cut lie side by side
  let last = shape.length - 1
  while (last > 0 && size[last] === shape[last]) last--
  const run = last < 0 ? 1 : size[last]! * strides[last]!
  const index = new Array<number>(Math.max(last, 0)).fill(0)
  let start = begin.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)
  for (let written = 0; written < target.length; written += run) {
    if (run < shortRun) for (let i = 0; i < run; i++) target[written + i] = source[start + i]!
    else target.set(source.subarray(start, start + run), written)
    for (let axis = last - 1; axis >= 0; axis--) {
      start += strides[axis]!
      index[axis]!++
      if (index[axis]! < size[axis]!) break
      start -= size[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}
