import type { Bitmap } from './bitmap.ts'
import { intersectRle } from './combine.ts'
import { asRle, rleArea, type Box, type Rle } from './rle.ts'

/** How two masks of one image lie on each other, in pixels. */
interface Overlap {
  /** object pixels of the first mask */
  readonly first: number
  /** object pixels of the second mask */
  readonly second: number
  /** object pixels that both have */
  readonly both: number
}

/**
 * Counts the overlap of two masks on their runs; bitmaps are encoded first.
 * @throws AppError 'shape.mismatch'
 */
export function countOverlap(a: Bitmap | Rle, b: Bitmap | Rle): Overlap {
  const [codeOfA, codeOfB] = [asRle(a), asRle(b)]
  return { first: rleArea(codeOfA), second: rleArea(codeOfB), both: rleArea(intersectRle(codeOfA, codeOfB)) }
}

/** Pixels that the second mask has and the first has not. */
export function added({ second, both }: Overlap): number {
  return second - both
}

/** Pixels that the first mask has and the second has not. */
export function removed({ first, both }: Overlap): number {
  return first - both
}

/** Intersection over union, 0…1; null where both masks are empty (0 / 0). COCO's evaluation takes 0 there: `cocoMaskIou`. */
export function iou({ first, second, both }: Overlap): number | null {
  const union = first + second - both
  return union === 0 ? null : both / union
}

/** Dice coefficient 2·both / (first + second), 0…1; null where both masks are empty (0 / 0). */
export function dice({ first, second, both }: Overlap): number | null {
  const sum = first + second
  return sum === 0 ? null : (2 * both) / sum
}

/**
 * Mask IoU as pycocotools' `iou` counts it: an `isCrowd` ground truth is not held against what covers only a part of it,
 * so the detection's own area is the denominator; 0 where nothing overlaps, two empty masks included.
 * @throws AppError 'shape.mismatch'
 */
export function cocoMaskIou(detection: Rle, truth: Rle, isCrowd = false): number {
  const { first, second, both } = countOverlap(detection, truth)
  return both === 0 ? 0 : both / (isCrowd ? first : first + second - both)
}

/** Box IoU as pycocotools' `iou` counts it (real-valued boxes, no +1); `isCrowd` and 0 as in `cocoMaskIou`. */
export function cocoBoxIou(detection: Box, truth: Box, isCrowd = false): number {
  const [x, y, width, height] = detection
  const [truthX, truthY, truthWidth, truthHeight] = truth
  const overlapWidth = Math.min(x + width, truthX + truthWidth) - Math.max(x, truthX)
  const overlapHeight = Math.min(y + height, truthY + truthHeight) - Math.max(y, truthY)
  if (overlapWidth <= 0 || overlapHeight <= 0) return 0
  const both = overlapWidth * overlapHeight
  const area = width * height
  return both / (isCrowd ? area : area + truthWidth * truthHeight - both)
}
