import { exponentialTable } from './exponential-table.ts'
import type { ColourField } from './colour-field.ts'

/**
 * Σ exp(−d² / (2 kernelSize²)) over the window of each pixel, d the distance in place and colour. Each pair of pixels is
 * computed once, and two rows at a time: a pixel that the windows of a pixel and of the one below it share is read and
 * written once for both. The sums are not in scikit-image's order: what rounding does to them is a ten-millionth of the
 * noise that decides between equal densities.
 */
export function kernelDensities({ width, height, colours, radius }: ColourField, kernelSize: number): Float64Array {
  const n = width * height
  const perSquare = 1 / (2 * kernelSize ** 2)
  const { table, perUnit, shift, add } = exponentialTable(largestDistance(colours, radius) * perSquare)
  // distances in steps of the table, so that they need no factor in the loop
  const scale = perSquare * perUnit
  const root = Math.sqrt(scale)
  const scaled = colours.map((value) => value * root)
  const plane0 = scaled.subarray(0, n)
  const plane1 = scaled.subarray(n, 2 * n)
  const plane2 = scaled.subarray(2 * n)
  const aside = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => (i - radius) ** 2 * scale)
  const densities = new Float64Array(n).fill(1) // a pixel itself is at distance 0

  for (let row = 0; row + 1 < height; row += 2) {
    const lastShared = Math.min(row + radius, height - 1)
    for (let col = 0; col < width; col++) {
      const first = Math.max(col - radius, 0)
      const last = Math.min(col + radius, width - 1)
      const p = row * width + col
      const q = p + width
      let sumP = weighRow(p, col, 0, col + 1, last) + weighRow(p, col, 1, first, last)
      let sumQ = weighRow(q, col, 0, col + 1, last)
      if (row + 1 + radius < height) sumQ += weighRow(q, col, radius, first, last)
      const p0 = plane0[p]!
      const p1 = plane1[p]!
      const p2 = plane2[p]!
      const q0 = plane0[q]!
      const q1 = plane1[q]!
      const q2 = plane2[q]!
      for (let y = row + 2; y <= lastShared; y++) {
        const belowP = (y - row) ** 2 * scale
        const belowQ = (y - row - 1) ** 2 * scale
        const end = (y * width + last) | 0
        const toAside = (radius - col - y * width) | 0
        for (let at = (y * width + first) | 0; at <= end; at = (at + 1) | 0) {
          const c0 = plane0[at]!
          const c1 = plane1[at]!
          const c2 = plane2[at]!
          const place = aside[(at + toAside) | 0]!
          const dp0 = c0 - p0
          const dp1 = c1 - p1
          const dp2 = c2 - p2
          const toP = place + belowP + dp0 * dp0 + dp1 * dp1 + dp2 * dp2
          const stepP = toP | 0
          const tP = toP - stepP + shift
          const weightP = table[stepP]! * (tP * tP + add)
          const dq0 = c0 - q0
          const dq1 = c1 - q1
          const dq2 = c2 - q2
          const toQ = place + belowQ + dq0 * dq0 + dq1 * dq1 + dq2 * dq2
          const stepQ = toQ | 0
          const tQ = toQ - stepQ + shift
          const weightQ = table[stepQ]! * (tQ * tQ + add)
          sumP += weightP
          sumQ += weightQ
          densities[at]! += weightP + weightQ
        }
      }
      densities[p]! += sumP
      densities[q]! += sumQ
    }
  }
  if (height % 2 === 1) {
    for (let col = 0, p = n - width; col < width; col++, p++) {
      densities[p]! += weighRow(p, col, 0, col + 1, Math.min(col + radius, width - 1))
    }
  }
  return densities

  /** Weighs pixel p, of column `col`, with the columns first…last `down` rows below; adds to those, returns the sum. */
  function weighRow(p: number, col: number, down: number, first: number, last: number): number {
    const start = (p - col + down * width) | 0
    const end = (start + last) | 0
    const toAside = (radius - col - start) | 0
    const below = down ** 2 * scale
    const p0 = plane0[p]!
    const p1 = plane1[p]!
    const p2 = plane2[p]!
    let sum = 0
    for (let at = (start + first) | 0; at <= end; at = (at + 1) | 0) {
      const d0 = plane0[at]! - p0
      const d1 = plane1[at]! - p1
      const d2 = plane2[at]! - p2
      const distance = aside[(at + toAside) | 0]! + below + d0 * d0 + d1 * d1 + d2 * d2
      const step = distance | 0
      const t = distance - step + shift
      const weight = table[step]! * (t * t + add)
      sum += weight
      densities[at]! += weight
    }
    return sum
  }
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
