import { AppError } from '../contract/errors.ts'

/** A binary mask: one byte a pixel, 0 = background, 1 = object; row-major, index `y * width + x`. */
export interface Bitmap {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** An all-background bitmap of the given size (pixels). */
export function emptyBitmap(width: number, height: number): Bitmap {
  return { width, height, data: new Uint8Array(width * height) }
}

/**
 * Checks that two grids have the same size.
 * @throws AppError 'shape.mismatch'
 */
export function requireSameSize(
  a: { readonly width: number; readonly height: number },
  b: { readonly width: number; readonly height: number },
  what = 'the two masks',
): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new AppError(
      'shape.mismatch',
      `${what} differ in size: ${a.width}×${a.height} and ${b.width}×${b.height} pixels`,
      { hint: 'Both must belong to the same image.', data: { a: [a.width, a.height], b: [b.width, b.height] } },
    )
  }
}
