import type { DenseMap, Float64Map } from './map.ts'

/** For each output position along one axis, the two samples it lies between and how far it is towards the second. */
export interface LinearAxis {
  readonly lower: Int32Array
  readonly upper: Int32Array
  /** 0…1; 0 = the lower sample alone. */
  readonly fraction: Float64Array
}

/**
 * The table of one axis; positions before the first and behind the last sample are clamped to it.
 * @param length number of samples, ≥ 1
 * @param position where output `out` lies, in samples (0 = the first one)
 */
export function linearAxis(length: number, outLength: number, position: (out: number) => number): LinearAxis {
  const lower = new Int32Array(outLength)
  const upper = new Int32Array(outLength)
  const fraction = new Float64Array(outLength)
  for (let out = 0; out < outLength; out++) {
    const at = Math.min(Math.max(position(out), 0), length - 1)
    lower[out] = Math.floor(at)
    upper[out] = Math.min(Math.floor(at) + 1, length - 1)
    fraction[out] = at - Math.floor(at)
  }
  return { lower, upper, fraction }
}

/** Bilinear interpolation of a map at the positions of two axes; never leaves the range of the input. */
export function interpolateLinear(map: DenseMap, rows: LinearAxis, columns: LinearAxis): Float64Map {
  const width = columns.fraction.length
  const height = rows.fraction.length
  const source = map.data
  const data = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    const top = rows.lower[y]! * map.width
    const bottom = rows.upper[y]! * map.width
    const down = rows.fraction[y]!
    for (let x = 0; x < width; x++) {
      const left = columns.lower[x]!
      const right = columns.upper[x]!
      const along = columns.fraction[x]!
      const above = source[top + left]! * (1 - along) + source[top + right]! * along
      const below = source[bottom + left]! * (1 - along) + source[bottom + right]! * along
      data[y * width + x] = above * (1 - down) + below * down
    }
  }
  return { width, height, data }
}
