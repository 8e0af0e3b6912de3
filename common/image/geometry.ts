import { AppError } from '../contract/errors.ts'

/** Whole pixels, both ≥ 1. */
export interface PixelSize {
  readonly width: number
  readonly height: number
}

/** A rectangle of whole pixels; `x`, `y` is its top left corner. */
export interface PixelWindow extends PixelSize {
  readonly x: number
  readonly y: number
}

/** How a photo is brought to a classifier's input: squeezed as a whole, or its centre cut out. */
export type Fit = 'stretch' | 'crop'

/**
 * The part of a photo that becomes a classifier's input. A mask of the photo goes through the same window, so that
 * outside a crop there is neither evidence nor object.
 * @param photo size of the photo after its orientation was applied
 * @param input size of the classifier's input
 * @param fit `stretch`: the whole photo; `crop`: the largest centred rectangle of the input's aspect ratio, in the
 *   integer arithmetic of Keras 2.15 `load_img(keep_aspect_ratio=True)` (odd remainders leave the extra row or column
 *   at the bottom or right). At least one pixel each way, where Keras would fail on an empty crop.
 * @returns a window inside the photo
 * @throws AppError 'shape.mismatch' if a side is no whole number of at least 1
 */
export function inputWindow(photo: PixelSize, input: PixelSize, fit: Fit): PixelWindow {
  requireSides(photo, 'photo')
  requireSides(input, 'input')
  if (fit === 'stretch') return { x: 0, y: 0, width: photo.width, height: photo.height }
  const height = cropSide(photo.height, photo.width * input.height, input.width)
  const width = cropSide(photo.width, photo.height * input.width, input.height)
  return { x: Math.floor((photo.width - width) / 2), y: Math.floor((photo.height - height) / 2), width, height }
}

function cropSide(available: number, numerator: number, denominator: number): number {
  return Math.max(1, Math.min(available, Math.floor(numerator / denominator)))
}

function requireSides({ width, height }: PixelSize, what: string): void {
  if (Number.isSafeInteger(width) && Number.isSafeInteger(height) && width >= 1 && height >= 1) return
  throw new AppError('shape.mismatch', `The ${what} is said to be ${width}×${height} pixels.`, {
    data: { width, height },
  })
}
