import { requireSameSize, type Bitmap } from './bitmap.ts'
import { intersectRle, unionRle, xorRle } from './combine.ts'
import { erode } from './morphology.ts'
import { asRle, rleArea, type Rle } from './rle.ts'

/**
 * Width of the boundary band in pixels: `ratio` of the image's diagonal, rounded half to even as Python does
 * (500×375 at 2 % is 12.5, so 12), and at least 1.
 */
export function boundaryWidth(width: number, height: number, ratio: number): number {
  const exact = ratio * Math.sqrt(height * height + width * width)
  const rounded = exact % 1 === 0.5 ? 2 * Math.round(exact / 2) : Math.round(exact)
  return Math.max(1, rounded)
}

/**
 * Boundary IoU: the IoU of only those object pixels that lie within a band along each mask's own contour. It sees the
 * quality of the outline, which the IoU of a large object hides. The image's border counts as contour.
 * @param ratio band width as a share of the image's diagonal
 * @returns 0…1, or null where both masks are empty
 * @throws AppError 'shape.mismatch'
 * @see Cheng et al., Boundary IoU, CVPR 2021, eq. 3, with the authors' choice of 2 %
 */
export function boundaryIou(a: Bitmap | Rle, b: Bitmap | Rle, ratio = 0.02): number | null {
  requireSameSize(a, b)
  const times = boundaryWidth(a.width, a.height, ratio)
  const [bandOfA, bandOfB] = [band(asRle(a), times), band(asRle(b), times)]
  const either = rleArea(unionRle([bandOfA, bandOfB], a))
  return either === 0 ? null : rleArea(intersectRle(bandOfA, bandOfB)) / either
}

function band(rle: Rle, times: number): Rle {
  return xorRle(rle, erode(rle, times))
}
