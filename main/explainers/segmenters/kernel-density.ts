import { exponentialTable } from './exponential-table.ts'
import type { ColourField } from './colour-field.ts'

/**
 * Σ exp(−d² / (2 kernelSize²)) over the window of each pixel, d the distance in place and colour. Each pair of pixels is
 * computed once, and added in the order of a plain loop over windows.
 */
export function kernelDensities({ width, height, colours, radius }: ColourField, kernelSize: number): Float64Array {
  const n = width * height
  const perSquare = 1 / (2 * kernelSize ** 2)
  const { table, perUnit, c0, c1, c2, c3 } = exponentialTable(largestDistance(colours, radius) * perSquare)
  // distances in steps of the table, so that they need no factor in the loop
  const scale = perSquare * perUnit
  const scaled = colours.map((value) => value * Math.sqrt(scale))
  const plane0 = scaled.subarray(0, n)
  const plane1 = scaled.subarray(n, 2 * n)
  const plane2 = scaled.subarray(2 * n)
  const side = 2 * radius + 1
  const places = Float64Array.from(
    { length: (radius + 1) * side },
    (_, i) => (Math.floor(i / side) ** 2 + ((i % side) - radius) ** 2) * scale,
  )
  const densities = new Float64Array(n).fill(1) // a pixel itself is at distance 0
  for (let row = 0; row < height; row++) {
    const lastRow = Math.min(row + radius, height - 1)
    for (let col = 0; col < width; col++) {
      const at = row * width + col
      const p0 = plane0[at]!
      const p1 = plane1[at]!
      const p2 = plane2[at]!
      const firstCol = Math.max(col - radius, 0)
      const lastCol = Math.min(col + radius, width - 1)
      let sum = 0
      for (let y = row; y <= lastRow; y++) {
        const last = (y * width + lastCol) | 0
        const toPlace = ((y - row) * side + radius - col - y * width) | 0
        for (let other = (y * width + (y === row ? col + 1 : firstCol)) | 0; other <= last; other = (other + 1) | 0) {
          const d0 = plane0[other]! - p0
          const d1 = plane1[other]! - p1
          const d2 = plane2[other]! - p2
          const distance = places[(other + toPlace) | 0]! + d0 * d0 + d1 * d1 + d2 * d2
          const step = distance | 0
          const rest = distance - step
          const weight = table[step]! * (c0 + rest * (c1 + rest * (c2 + rest * c3)))
          sum += weight
          densities[other]! += weight
        }
      }
      densities[at]! += sum
    }
  }
  return densities
}

/** No two pixels of a window are further apart, squared. */
function largestDistance(colours: Float64Array, radius: number): number {
  const n = colours.length / 3
  let distance = 2 * radius ** 2
  for (let channel = 0; channel < 3; channel++) {
    let min = Infinity
    let max = -Infinity
    for (let i = channel * n; i < (channel + 1) * n; i++) {
      const value = colours[i]!
      if (value < min) min = value
      if (value > max) max = value
    }
    distance += (max - min) ** 2
  }
  return distance
}
