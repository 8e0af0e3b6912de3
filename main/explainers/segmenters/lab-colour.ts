/** XYZ of linear sRGB, row by row, and of the white of the standard illuminant D65 at 2°. */
const xyzOfRgb = [0.412453, 0.35758, 0.180423, 0.212671, 0.71516, 0.072169, 0.019334, 0.119193, 0.950227] as const
const white = [0.95047, 1, 1.08883] as const

interface ByteRange {
  readonly min: number
  readonly max: number
}

/**
 * CIE Lab of an sRGB photo, with the constants of scikit-image’s `rgb2lab` (within 1e-12 of it).
 * @param rgb [height, width, 3] bytes
 * @param range the bytes that count as 0 and as 1
 * @returns [3, height, width]: L 0…100, a and b about −128…128, a plane each
 */
export function labPlanes(rgb: Uint8Array, { min, max }: ByteRange = { min: 0, max: 255 }): Float64Array {
  const n = rgb.length / 3
  const planes = new Float64Array(rgb.length)
  const linear = Float64Array.from({ length: 256 }, (_, byte) => linearOf((byte - min) / (max - min)))
  for (let i = 0, at = 0; i < n; i++, at += 3) {
    const r = linear[rgb[at]!]!
    const g = linear[rgb[at + 1]!]!
    const b = linear[rgb[at + 2]!]!
    const x = labCurve((xyzOfRgb[0] * r + xyzOfRgb[1] * g + xyzOfRgb[2] * b) / white[0])
    const y = labCurve((xyzOfRgb[3] * r + xyzOfRgb[4] * g + xyzOfRgb[5] * b) / white[1])
    const z = labCurve((xyzOfRgb[6] * r + xyzOfRgb[7] * g + xyzOfRgb[8] * b) / white[2])
    planes[i] = 116 * y - 16
    planes[n + i] = 500 * (x - y)
    planes[2 * n + i] = 200 * (y - z)
  }
  return planes
}

function linearOf(value: number): number {
  return value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92
}

function labCurve(value: number): number {
  return value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116
}
