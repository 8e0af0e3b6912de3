import type { DenseMap, Float64Map } from './map.ts'

/** Root of the cubic B-spline's prefilter (Unser 1999, "Splines: a perfect fit", box 2). */
const pole = Math.sqrt(3) - 2
const gain = (1 - pole) * (1 - 1 / pole)

/** For each output position, the four samples it is mixed from and their weights. */
interface SplineAxis {
  readonly taps: Int32Array
  readonly weights: Float64Array
}

/**
 * Cubic spline interpolation, exactly `scipy.ndimage.zoom(map, order=3)` with its defaults (prefilter, mode
 * "constant", grid_mode False): corner samples stay in the corners, in = out · (n_in − 1) / (n_out − 1).
 *
 * Splines overshoot: the result may leave the range of the input. One trap of SciPy is kept, since the authors' maps
 * have it: where rounding puts the last position a hair behind the last sample, SciPy takes it as outside, and the
 * last row or column is 0 (14 → 384 is such a size; 7, 13 and 14 → 224 are not).
 * @param map row-major, finite, at least 1×1
 * @param outHeight rows of the result, ≥ 1
 * @param outWidth columns of the result, ≥ 1
 */
export function zoomCubic(map: DenseMap, outHeight: number, outWidth: number): Float64Map {
  const { width, height } = map
  const coefficients = Float64Array.from(map.data)
  for (let x = 0; x < width; x++) prefilter(coefficients, x, width, height)
  for (let y = 0; y < height; y++) prefilter(coefficients, y * width, 1, width)

  const columns = splineAxis(width, outWidth)
  const rows = splineAxis(height, outHeight)
  const wide = new Float64Array(height * outWidth)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      wide[y * outWidth + x] = mix(coefficients, y * width, 1, columns, x)
    }
  }
  const data = new Float64Array(outHeight * outWidth)
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      data[y * outWidth + x] = mix(wide, x, outWidth, rows, y)
    }
  }
  return { width: outWidth, height: outHeight, data }
}

function mix(samples: Float64Array, start: number, stride: number, axis: SplineAxis, position: number): number {
  let sum = 0
  for (let k = 4 * position; k < 4 * position + 4; k++) {
    sum += axis.weights[k]! * samples[start + stride * axis.taps[k]!]!
  }
  return sum
}

/**
 * Turns the samples of one line into spline coefficients in place, the line mirrored about its end samples: the
 * recursive filter of Unser, Aldroubi, Eden 1993, with the exact sums at both ends that SciPy takes.
 */
function prefilter(line: Float64Array, start: number, stride: number, length: number): void {
  if (length < 2) return
  const last = start + (length - 1) * stride
  for (let at = start; at <= last; at += stride) line[at]! *= gain

  const mirrorFactor = pole ** (length - 1)
  let first = line[start]! + mirrorFactor * line[last]!
  let power = pole
  for (let i = 1; i < length - 1; i++) {
    first += power * (line[start + i * stride]! + mirrorFactor * line[last - i * stride]!)
    power *= pole
  }
  line[start] = first / (1 - mirrorFactor * mirrorFactor)
  for (let at = start + stride; at <= last; at += stride) line[at]! += pole * line[at - stride]!

  line[last] = ((pole * line[last - stride]! + line[last]!) * pole) / (pole * pole - 1)
  for (let at = last - stride; at >= start; at -= stride) line[at] = pole * (line[at + stride]! - line[at]!)
}

function splineAxis(length: number, outLength: number): SplineAxis {
  const taps = new Int32Array(4 * outLength)
  const weights = new Float64Array(4 * outLength)
  const step = outLength > 1 ? (length - 1) / (outLength - 1) : 1
  for (let out = 0; out < outLength; out++) {
    const position = out * step
    if (position > length - 1) continue
    const before = Math.floor(position)
    const fraction = position - before
    const rest = 1 - fraction
    const k = 4 * out
    for (let tap = 0; tap < 4; tap++) taps[k + tap] = mirror(before - 1 + tap, length)
    weights[k] = rest ** 3 / 6
    weights[k + 1] = (fraction * fraction * (fraction - 2) * 3 + 4) / 6
    weights[k + 2] = (rest * rest * (rest - 2) * 3 + 4) / 6
    weights[k + 3] = 1 - weights[k] - weights[k + 1]! - weights[k + 2]!
  }
  return { taps, weights }
}

/** Index of the sample that stands at `index` when the line is mirrored about its end samples. */
function mirror(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * length - 2
  const within = ((index % period) + period) % period
  return within < length ? within : period - within
}
