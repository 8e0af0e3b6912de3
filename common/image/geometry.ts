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

/**
 * How a photo is brought to a classifier's input: squeezed as a whole, its centre cut out, or the centre that is left of
 * it once its short side has been made so many pixels.
 */
export type Fit = 'stretch' | 'crop' | { readonly shortSide: number }

/**
 * The part of a photo that becomes a classifier's input. A mask of the photo goes through the same window, so that
 * outside a crop there is neither evidence nor object.
 * @param photo size of the photo after its orientation was applied
 * @param input size of the classifier's input
 * @param fit `stretch`: the whole photo; `crop`: the largest centred rectangle of the input's aspect ratio, in the
 *   integer arithmetic of Keras 2.15 `load_img(keep_aspect_ratio=True)` (odd remainders leave the extra row or column
 *   at the bottom or right). At least one pixel each way, where Keras would fail on an empty crop. `shortSide`: the
 *   centred rectangle that covers input ÷ shortSide of the photo's short side, whole pixels (halves up). It is cut out
 *   of the photo and resized once; torchvision's Resize and CenterCrop resize the whole first, which is the same where
 *   the short side is a multiple of `shortSide` and differs by less than a pixel of the resized photo elsewhere.
 * @returns a window inside the photo
 * @throws AppError 'shape.mismatch' if a side is no whole number of at least 1, or `shortSide` is below the input's sides
 */
export function inputWindow(photo: PixelSize, input: PixelSize, fit: Fit): PixelWindow {
  requireSides(photo, 'photo')
  requireSides(input, 'input')
  if (fit === 'stretch') return { x: 0, y: 0, width: photo.width, height: photo.height }
  const { width, height } = fit === 'crop' ? cropSize(photo, input) : shortSideSize(photo, input, fit.shortSide)
  return { x: Math.floor((photo.width - width) / 2), y: Math.floor((photo.height - height) / 2), width, height }
}

function cropSize(photo: PixelSize, input: PixelSize): PixelSize {
  return {
    width: cropSide(photo.width, photo.height * input.width, input.height),
    height: cropSide(photo.height, photo.width * input.height, input.width),
  }
}

function cropSide(available: number, numerator: number, denominator: number): number {
  return Math.max(1, Math.min(available, Math.floor(numerator / denominator)))
}

function shortSideSize(photo: PixelSize, input: PixelSize, shortSide: number): PixelSize {
  if (!Number.isSafeInteger(shortSide) || shortSide < Math.max(input.width, input.height)) {
    throw new AppError(
      'shape.mismatch',
      `A short side of ${shortSide} pixels does not hold an input of ${input.width}×${input.height}.`,
      { data: { shortSide, width: input.width, height: input.height } },
    )
  }
  const share = Math.min(photo.width, photo.height) / shortSide
  return { width: Math.max(1, Math.round(input.width * share)), height: Math.max(1, Math.round(input.height * share)) }
}

function requireSides({ width, height }: PixelSize, what: string): void {
  if (Number.isSafeInteger(width) && Number.isSafeInteger(height) && width >= 1 && height >= 1) return
  throw new AppError('shape.mismatch', `The ${what} is said to be ${width}×${height} pixels.`, {
    data: { width, height },
  })
}
