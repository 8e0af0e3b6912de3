import { AppError } from '#common/contract/errors.ts'
import type { PixelSize } from '#common/image/geometry.ts'
import { rleFromColumns } from '#common/mask/column-runs.ts'
import type { Rle } from '#common/mask/rle.ts'
import { denorm, norm, type CornerBox } from './boxes.ts'
import type { Detection } from './detections.ts'
import { maskColumns } from './mask-columns.ts'

/** An object in the photo. */
export interface PhotoDetection {
  /** Whole pixels of the photo, inside it. */
  readonly box: CornerBox
  readonly classId: number
  readonly score: number
  /** Object pixels, of the photo's size; none outside the box. */
  readonly rle: Rle
}

/** How the photo lay in the network's input; see `resizeAndPad`. */
interface Placement {
  /** Size of the photo, pixels. */
  readonly photo: PixelSize
  /** Pixels of the input. */
  readonly window: CornerBox
  readonly side: number
}

/**
 * Brings detections from the network's input back to the photo. Boxes that have no area there are dropped.
 * @param detections boxes normalised to the input
 * @param masks [n, maskSide, maskSide], 0…1, in the order of the detections
 * @throws AppError 'shape.mismatch' where the masks are not square, or not as many as the detections
 * @see Matterport Mask_RCNN 3deaec5, `MaskRCNN.unmold_detections`
 */
export function unmoldDetections(
  detections: readonly Detection[],
  masks: Float32Array,
  { photo, window, side }: Placement,
): PhotoDetection[] {
  const maskLength = detections.length === 0 ? 0 : masks.length / detections.length
  if (!Number.isInteger(Math.sqrt(maskLength)) || maskLength * detections.length !== masks.length) {
    throw new AppError('shape.mismatch', `${masks.length} values are no square masks of ${detections.length} objects.`)
  }
  const inputWindow = norm(window, { height: side, width: side })
  const found: PhotoDetection[] = []
  for (const [i, { box, classId, score }] of detections.entries()) {
    const photoBox = boxInPhoto(box, inputWindow, photo)
    if (photoBox === undefined) continue
    const mask = masks.subarray(i * maskLength, (i + 1) * maskLength)
    found.push({ box: photoBox, classId, score, rle: maskInPhoto(mask, photoBox, photo) })
  }
  return found
}

/** Undefined where the box has no area, or is NaN. */
function boxInPhoto(box: CornerBox, window: Float32Array, photo: PixelSize): CornerBox | undefined {
  // float32 at each step as the reference, so that halves round to the same pixel
  const inWindow = box.map((value, i) =>
    Math.fround(Math.fround(value - window[i % 2]!) / Math.fround(window[2 + (i % 2)]! - window[i % 2]!)),
  )
  if (!inWindow.every(Number.isFinite)) return undefined
  const pixels = denorm(inWindow, photo)
  const [y1, x1] = [Math.max(pixels[0]!, 0), Math.max(pixels[1]!, 0)]
  const [y2, x2] = [Math.min(pixels[2]!, photo.height), Math.min(pixels[3]!, photo.width)]
  return y2 > y1 && x2 > x1 ? [y1, x1, y2, x2] : undefined
}

function maskInPhoto(mask: Float32Array, [y1, x1, y2, x2]: CornerBox, photo: PixelSize): Rle {
  const columns = maskColumns(mask, { height: y2 - y1, width: x2 - x1 })
  const nothing: readonly number[] = []
  const ofPhoto = Array.from({ length: photo.width }, (_, x) =>
    x < x1 || x >= x2 ? nothing : columns[x - x1]!.map((row) => row + y1),
  )
  return rleFromColumns(ofPhoto, photo.height)
}
