import type { Bitmap } from '#common/mask/bitmap.ts'
import type { Point } from './viewport.ts'
import type { MaskDocument } from './mask-document.ts'

/** Makes a run of the mask at hand as it is in another mask of the same size; a stroke must be open. */
export function copyRun(
  document: MaskDocument,
  { width, data }: Bitmap,
  [y, x0, x1]: readonly [number, number, number],
) {
  const row = y * width
  for (let x = x0; x < x1;) {
    const from = x
    const value = data[row + from]
    while (x < x1 && data[row + x] === value) x++
    document.paintRun(y, from, x, value === 1)
  }
}

/** Makes the mask at hand another one of the same size; a stroke must be open. */
export function copyMask(document: MaskDocument, mask: Bitmap): void {
  for (let y = 0; y < mask.height; y++) copyRun(document, mask, [y, 0, mask.width])
}

/**
 * Makes a region object or background; a stroke must be open.
 * @param at where the region's first pixel lies on the image, whole pixels; all of it must be inside
 */
export function paintRegion(
  document: MaskDocument,
  { width, height, data }: Bitmap,
  { at = { x: 0, y: 0 }, isObject }: { readonly at?: Point; readonly isObject: boolean },
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue
      const from = x
      while (x < width && data[y * width + x] === 1) x++
      document.paintRun(at.y + y, at.x + from, at.x + x, isObject)
    }
  }
}
