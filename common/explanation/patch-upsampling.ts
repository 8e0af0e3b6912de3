import { interpolateLinear, linearAxis } from './linear-axis.ts'
import type { DenseMap, Float64Map } from './map.ts'

/** Where the cells of a grid of patches lie: cell i covers the pixels i·stride … i·stride + patch − 1 of each axis. */
export interface PatchGeometry {
  /** Side of a patch, in pixels of the image that was perturbed. */
  readonly patch: number
  /** From one patch to the next, in the same pixels. */
  readonly stride: number
  /** Size of the image that was perturbed (the classifier's input), in pixels. */
  readonly size: { readonly width: number; readonly height: number }
}

/**
 * Spreads a grid of patch scores over the image: each score stands at the centre of its patch,
 * i·stride + (patch − 1)/2; bilinear between the centres, the nearest centre's line outside of them. Unlike
 * stretching the grid over the image, this keeps every score where it was measured.
 * @param map one value a patch, row-major
 * @param outHeight rows of the result; another size than the perturbed image's is reached by scaling (half-pixel centres)
 */
export function upsamplePatches(
  map: DenseMap,
  geometry: PatchGeometry,
  outHeight: number,
  outWidth: number,
): Float64Map {
  const { patch, stride, size } = geometry
  const cell = (out: number, scale: number) => ((out + 0.5) * scale - 0.5 - (patch - 1) / 2) / stride
  const rows = linearAxis(map.height, outHeight, (y) => cell(y, size.height / outHeight))
  const columns = linearAxis(map.width, outWidth, (x) => cell(x, size.width / outWidth))
  return interpolateLinear(map, rows, columns)
}
