import { requireSameSize } from './bitmap.ts'
import { checkRle, emptyRle, type Rle } from './rle.ts'

/** A set operation as the bits of its truth table; bit (in a) + 2 × (in b) says whether the pixel is in the result. */
const union = 0b1110
const intersection = 0b1000
const symmetricDifference = 0b0110

/**
 * The union of masks, computed on the runs; as pycocotools' `merge`.
 * @param size of the result where `rles` is empty, and what all of them must have
 * @throws AppError 'shape.mismatch' if a mask has another size; 'rle.counts' if counts do not fit it
 */
export function unionRle(rles: readonly Rle[], size: { readonly width: number; readonly height: number }): Rle {
  let all = emptyRle(size.width, size.height)
  for (const rle of rles) {
    requireSameSize(all, rle, 'the masks of a union')
    all = combine(all, rle, union)
  }
  return all
}

/**
 * The pixels that both masks have, computed on the runs; as pycocotools' `merge` with `intersect`.
 * @throws AppError 'shape.mismatch', 'rle.counts'
 */
export function intersectRle(a: Rle, b: Rle): Rle {
  requireSameSize(a, b)
  return combine(a, b, intersection)
}

/**
 * The pixels that exactly one of the masks has.
 * @throws AppError 'shape.mismatch', 'rle.counts'
 */
export function xorRle(a: Rle, b: Rle): Rle {
  requireSameSize(a, b)
  return combine(a, b, symmetricDifference)
}

/** Walks both codes from run end to run end; all operations here leave background pixels of both as background. */
function combine(a: Rle, b: Rle, truthTable: number): Rle {
  checkRle(a)
  checkRle(b)
  const { width, height } = a
  const counts = new Uint32Array(a.counts.length + b.counts.length + 1)
  const nPixels = width * height
  let [iA, iB, endA, endB] = [-1, -1, 0, 0]
  let [n, from, value] = [0, 0, 0]
  for (let place = 0; place < nPixels; place = Math.min(endA, endB)) {
    while (endA === place) endA += a.counts[++iA]!
    while (endB === place) endB += b.counts[++iB]!
    const now = (truthTable >> ((iA & 1) | ((iB & 1) << 1))) & 1
    if (now === value) continue
    counts[n++] = place - from
    from = place
    value = now
  }
  counts[n++] = nPixels - from
  return { width, height, counts: counts.slice(0, n) }
}
