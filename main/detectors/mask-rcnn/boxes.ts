import { roundEven } from '#common/image/round-even.ts'
import type { PixelSize } from '#common/image/geometry.ts'

/**
 * Two corners. In pixels y2, x2 are the first row and column behind the box; normalised (0…1 over the image, see
 * `norm`) they are inside it. Lists of boxes are arrays [n, 4] in this order.
 */
export type CornerBox = readonly [y1: number, x1: number, y2: number, x2: number]

/**
 * Moves and stretches boxes: the centre by dy·height, dx·width, the sides by exp(dh), exp(dw).
 * @param boxes [n, 4], any unit
 * @param deltas [n, 4], dy dx log(dh) log(dw)
 * @param std what the deltas are multiplied by first
 * @returns [n, 4] in the same unit; not finite where a delta is not, or too large
 * @see Girshick et al., R-CNN, CVPR 2014, appendix C; Matterport `apply_box_deltas_graph`
 */
export function applyDeltas(boxes: Float32Array, deltas: Float32Array, std: CornerBox = [1, 1, 1, 1]): Float32Array {
  const moved = new Float32Array(boxes.length)
  for (let i = 0; i < boxes.length; i += 4) {
    const height = boxes[i + 2]! - boxes[i]!
    const width = boxes[i + 3]! - boxes[i + 1]!
    const newHeight = height * Math.exp(deltas[i + 2]! * std[2])
    const newWidth = width * Math.exp(deltas[i + 3]! * std[3])
    const y1 = boxes[i]! + (0.5 + deltas[i]! * std[0]) * height - 0.5 * newHeight
    const x1 = boxes[i + 1]! + (0.5 + deltas[i + 1]! * std[1]) * width - 0.5 * newWidth
    moved[i] = y1
    moved[i + 1] = x1
    moved[i + 2] = y1 + newHeight
    moved[i + 3] = x1 + newWidth
  }
  return moved
}

/**
 * Cuts boxes [n, 4] at a window of the same unit; a box outside becomes one without area on the window's edge. NaN
 * stays.
 */
export function clip(boxes: Float32Array, [top, left, bottom, right]: CornerBox): Float32Array {
  const cut = new Float32Array(boxes.length)
  for (let i = 0; i < boxes.length; i += 4) {
    cut[i] = Math.max(Math.min(boxes[i]!, bottom), top)
    cut[i + 1] = Math.max(Math.min(boxes[i + 1]!, right), left)
    cut[i + 2] = Math.max(Math.min(boxes[i + 2]!, bottom), top)
    cut[i + 3] = Math.max(Math.min(boxes[i + 3]!, right), left)
  }
  return cut
}

/**
 * Pixels to 0…1: the first pixel of the image is 0, the last is 1, so that y2 and x2 lose the pixel that they are
 * ahead.
 * @param boxes [n, 4]
 * @param size of the image, at least 2 pixels each way
 */
export function norm(boxes: ArrayLike<number>, { height, width }: PixelSize): Float32Array {
  const normalised = new Float32Array(boxes.length)
  for (let i = 0; i < boxes.length; i += 4) {
    normalised[i] = boxes[i]! / (height - 1)
    normalised[i + 1] = boxes[i + 1]! / (width - 1)
    normalised[i + 2] = (boxes[i + 2]! - 1) / (height - 1)
    normalised[i + 3] = (boxes[i + 3]! - 1) / (width - 1)
  }
  return normalised
}

/**
 * 0…1 to whole pixels, the inverse of `norm`; halves go to the even number, as NumPy rounds. NaN becomes 0.
 * @param boxes [n, 4]
 */
export function denorm(boxes: ArrayLike<number>, { height, width }: PixelSize): Int32Array {
  return Int32Array.from(boxes, (value, i) =>
    roundEven(value * ((i % 2 === 0 ? height : width) - 1) + (i % 4 < 2 ? 0 : 1)),
  )
}

/**
 * IoU of each box with each of others.
 * @param boxes [n, 4], corners in order
 * @param others [m, 4]
 * @returns [n, m], 0…1; 0 where both boxes are without area
 */
export function overlaps(boxes: Float32Array, others: Float32Array): Float32Array {
  const n = boxes.length / 4
  const m = others.length / 4
  const ious = new Float32Array(n * m)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const shared = sharedArea(boxes, i * 4, others, j * 4)
      const either = areaAt(boxes, i * 4) + areaAt(others, j * 4) - shared
      ious[i * m + j] = either > 0 ? shared / either : 0
    }
  }
  return ious
}

function areaAt(boxes: Float32Array, at: number): number {
  return (boxes[at + 2]! - boxes[at]!) * (boxes[at + 3]! - boxes[at + 1]!)
}

function sharedArea(a: Float32Array, i: number, b: Float32Array, j: number): number {
  const height = Math.min(a[i + 2]!, b[j + 2]!) - Math.max(a[i]!, b[j]!)
  const width = Math.min(a[i + 3]!, b[j + 3]!) - Math.max(a[i + 1]!, b[j + 1]!)
  return Math.max(height, 0) * Math.max(width, 0)
}
