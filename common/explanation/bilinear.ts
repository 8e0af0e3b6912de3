import { interpolateLinear, linearAxis } from './linear-axis.ts'
import type { DenseMap, Float64Map } from './map.ts'

/**
 * Bilinear resampling with half-pixel centres, clamped at the edges and without anti-aliasing:
 * in = (out + ½) · n_in / n_out − ½. The same as `tf.image.resize(…, 'bilinear', antialias=False)`, in float64.
 * @param map row-major, finite, at least 1×1
 */
export function resizeBilinear(map: DenseMap, outHeight: number, outWidth: number): Float64Map {
  const rows = linearAxis(map.height, outHeight, (y) => ((y + 0.5) * map.height) / outHeight - 0.5)
  const columns = linearAxis(map.width, outWidth, (x) => ((x + 0.5) * map.width) / outWidth - 0.5)
  return interpolateLinear(map, rows, columns)
}
