import type { PixelSize, PixelWindow } from './geometry.ts'
import type { RgbImage } from './rgb-image.ts'

/** Pillow's fixed point for 8-bit images: 32 bits less 8 for the value less 2 for overshoot. */
const PRECISION_BITS = 22
const HALF = 1 << (PRECISION_BITS - 1)

/** The source pixels of each output position along one axis, with their fixed-point weights. */
interface Taps {
  readonly first: Int32Array
  readonly count: Int32Array
  /** Weights of position i start at i × stride. */
  readonly weights: Int32Array
  readonly stride: number
}

/**
 * Bilinear with the filter widened when shrinking, byte for byte as Pillow 10.4 does it (`ImagingResample`): across
 * first, rounded to 8 bits, then down.
 * @returns R, G, B interleaved, row-major [target.height × target.width × 3]
 */
export function resizeBilinear(photo: RgbImage, window: PixelWindow, target: PixelSize): Uint8Array {
  const across = triangleTaps(window.x, window.width, { size: photo.width, count: target.width })
  const down = triangleTaps(window.y, window.height, { size: photo.height, count: target.height })
  const firstRow = down.first[0]!
  const lastRow = down.first[target.height - 1]! + down.count[target.height - 1]!
  const narrow = resampleRows(photo, across, { firstRow, lastRow, width: target.width })
  return resampleColumns(narrow, down, { firstRow, width: target.width, height: target.height })
}

function triangleTaps(
  start: number,
  length: number,
  { size, count: positions }: { readonly size: number; readonly count: number },
): Taps {
  const scale = length / positions
  const support = Math.max(scale, 1)
  const stride = Math.ceil(support) * 2 + 1
  const first = new Int32Array(positions)
  const count = new Int32Array(positions)
  const weights = new Int32Array(positions * stride)
  const exact = new Float64Array(stride)
  for (let i = 0; i < positions; i++) {
    const centre = start + (i + 0.5) * scale
    const from = Math.max(0, Math.trunc(centre - support + 0.5))
    const n = Math.min(size, Math.trunc(centre + support + 0.5)) - from
    let sum = 0
    for (let k = 0; k < n; k++) {
      exact[k] = Math.max(0, 1 - Math.abs((k + from - centre + 0.5) * (1 / support)))
      sum += exact[k]!
    }
    for (let k = 0; k < n; k++) weights[i * stride + k] = Math.trunc(0.5 + (exact[k]! / sum) * (1 << PRECISION_BITS))
    first[i] = from
    count[i] = n
  }
  return { first, count, weights, stride }
}

function resampleRows(
  photo: RgbImage,
  taps: Taps,
  { firstRow, lastRow, width }: { readonly firstRow: number; readonly lastRow: number; readonly width: number },
): Uint8Array {
  const { data } = photo
  const out = new Uint8Array((lastRow - firstRow) * width * 3)
  let to = 0
  for (let y = firstRow; y < lastRow; y++) {
    for (let x = 0; x < width; x++) {
      const weightAt = x * taps.stride
      let from = (y * photo.width + taps.first[x]!) * 3
      let red = HALF
      let green = HALF
      let blue = HALF
      for (let k = 0; k < taps.count[x]!; k++, from += 3) {
        const weight = taps.weights[weightAt + k]!
        red += data[from]! * weight
        green += data[from + 1]! * weight
        blue += data[from + 2]! * weight
      }
      out[to++] = toByte(red)
      out[to++] = toByte(green)
      out[to++] = toByte(blue)
    }
  }
  return out
}

function resampleColumns(
  rows: Uint8Array,
  taps: Taps,
  { firstRow, width, height }: { readonly firstRow: number; readonly width: number; readonly height: number },
): Uint8Array {
  const rowLength = width * 3
  const out = new Uint8Array(height * rowLength)
  for (let y = 0; y < height; y++) {
    const start = (taps.first[y]! - firstRow) * rowLength
    for (let i = 0; i < rowLength; i++) {
      let sum = HALF
      let from = start + i
      for (let k = 0; k < taps.count[y]!; k++, from += rowLength)
        sum += rows[from]! * taps.weights[y * taps.stride + k]!
      out[y * rowLength + i] = toByte(sum)
    }
  }
  return out
}

/** Weights are ≥ 0 and add up to 1 within rounding: a sum may pass 255 by that, and fits 31 bits. */
function toByte(sum: number): number {
  return Math.min(255, sum >> PRECISION_BITS)
}
