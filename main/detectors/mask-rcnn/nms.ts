import { topIndices } from './top-indices.ts'

/** When a box is dropped, and how many are wanted. */
interface NmsOptions {
  /** A box goes whose IoU with a better one is above this (not equal to it), as float32; > 0. */
  readonly threshold: number
  readonly limit: number
}

/**
 * Greedy non-maximum suppression as TensorFlow does it: from the best score down, a box is kept unless it overlaps one
 * that was kept. Of equal scores the lower place comes first; a box without area overlaps nothing; a box's corners may
 * come in any order. Scores that are NaN and boxes that are not finite are left out; TensorFlow promises nothing there.
 * @param boxes [n, 4]
 * @param scores [n]
 * @returns places of the kept boxes, best first, at most `limit`
 * @see TensorFlow 2.15, core/kernels/image/non_max_suppression_op.cc
 */
export function nms(boxes: Float32Array, scores: Float32Array, { threshold, limit }: NmsOptions): Uint32Array {
  const order = topIndices(scores, scores.length)
  const kept = roomFor(Math.min(limit, order.length))
  const places = new Uint32Array(kept.area.length)
  let n = 0
  for (let k = 0; k < order.length && n < places.length; k++) {
    const i = order[k]!
    if (!put(kept, n, boxes, i * 4) || isCovered(kept, n, Math.fround(threshold))) continue
    places[n++] = i
  }
  return places.subarray(0, n)
}

/** Boxes apart by corner, so that the loop over them reads memory in a row. */
interface KeptBoxes {
  readonly y1: Float32Array
  readonly x1: Float32Array
  readonly y2: Float32Array
  readonly x2: Float32Array
  readonly area: Float32Array
}

function roomFor(n: number): KeptBoxes {
  const numbers = () => new Float32Array(n)
  return { y1: numbers(), x1: numbers(), y2: numbers(), x2: numbers(), area: numbers() }
}

/** Writes a box to place n with its corners in order; returns whether it is finite. */
function put({ y1, x1, y2, x2, area }: KeptBoxes, n: number, boxes: Float32Array, at: number): boolean {
  y1[n] = Math.min(boxes[at]!, boxes[at + 2]!)
  x1[n] = Math.min(boxes[at + 1]!, boxes[at + 3]!)
  y2[n] = Math.max(boxes[at]!, boxes[at + 2]!)
  x2[n] = Math.max(boxes[at + 1]!, boxes[at + 3]!)
  area[n] = Math.fround(y2[n] - y1[n]) * Math.fround(x2[n] - x1[n])
  return Number.isFinite(area[n])
}

/**
 * Whether box n overlaps one of those before it. In float32 step by step, as boxes at the threshold are common where
 * anchors are shifted copies of each other.
 */
function isCovered({ y1, x1, y2, x2, area }: KeptBoxes, n: number, threshold: number): boolean {
  const [top, left, bottom, right, own] = [y1[n]!, x1[n]!, y2[n]!, x2[n]!, area[n]!]
  // The IoU is at most the smaller area ÷ the larger: most pairs are told apart by that alone. The margin is for
  // rounding.
  const least = own * threshold * 0.999
  const most = (own / threshold) * 1.001
  for (let j = 0; j < n; j++) {
    const other = area[j]!
    if (other < least || other > most) continue
    const height = Math.min(bottom, y2[j]!) - Math.max(top, y1[j]!)
    if (height <= 0) continue
    const width = Math.min(right, x2[j]!) - Math.max(left, x1[j]!)
    if (width <= 0) continue
    const shared = Math.fround(Math.fround(height) * Math.fround(width))
    const either = Math.fround(Math.fround(own + other) - shared)
    if (Math.fround(shared / either) > threshold) return true
  }
  return false
}
