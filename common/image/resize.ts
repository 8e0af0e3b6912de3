import { AppError } from '../contract/errors.ts'
import { resizeArea } from './area.ts'
import { resizeBilinear } from './bilinear.ts'
import type { PixelSize, PixelWindow } from './geometry.ts'
import { resizeNearest } from './nearest.ts'
import type { RgbImage } from './rgb-image.ts'

/** See {@link resizeRgb}. */
export type ResizeMethod = 'nearest' | 'bilinear' | 'area'

/**
 * Brings a window of a photo to a classifier's input size.
 * - `nearest`: byte for byte Pillow's `resize(size, NEAREST, box)`, which is Keras `load_img`;
 * - `bilinear`: byte for byte Pillow's `BILINEAR` (a triangle that widens when shrinking, fixed point, 8-bit values
 *   between its two passes);
 * - `area`: the average over exactly the area that an output pixel covers, pixels cut by its edge counting by their
 *   part (OpenCV's INTER_AREA when shrinking), halves rounded up. Where the factors are whole it is Pillow's `BOX`
 *   but for that filter's rounding between its passes (1 level).
 * @param window what of the photo is used, see `inputWindow`
 * @returns a new image of size `target`
 * @throws AppError 'shape.mismatch' if the window leaves the photo, or `data` does not have its size
 */
export function resizeRgb(
  photo: RgbImage,
  window: PixelWindow,
  { target, method }: { readonly target: PixelSize; readonly method: ResizeMethod },
): RgbImage {
  requireWindow(photo, window)
  const { width, height } = target
  switch (method) {
    case 'nearest':
      return { width, height, data: resizeNearest(photo, window, target) }
    case 'bilinear':
      return { width, height, data: resizeBilinear(photo, window, target) }
    case 'area':
      return { width, height, data: resizeArea(photo, window, target) }
  }
}

function requireWindow(photo: RgbImage, window: PixelWindow): void {
  const isInside =
    window.x >= 0 &&
    window.y >= 0 &&
    window.width >= 1 &&
    window.height >= 1 &&
    window.x + window.width <= photo.width &&
    window.y + window.height <= photo.height
  if (isInside && photo.data.length === photo.width * photo.height * 3) return
  throw new AppError(
    'shape.mismatch',
    `The window ${window.width}×${window.height} at ${window.x}, ${window.y} does not fit a photo of ` +
      `${photo.width}×${photo.height} pixels with ${photo.data.length} values.`,
    { data: { window, photo: [photo.width, photo.height], values: photo.data.length } },
  )
}
