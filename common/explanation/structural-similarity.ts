import { AppError } from '../contract/errors.ts'
import type { DenseMap } from './map.ts'

/** Standard deviation and radius of the window, and what keeps the quotient from 0/0, as in the method's paper. */
const sigma = 1.5
const radius = 5
const c1 = 0.01 ** 2
const c2 = 0.03 ** 2

/**
 * Mean structural similarity (SSIM) of two maps of the range 0…1: how alike they are in brightness, contrast and structure
 * around every pixel, seen through a Gaussian window of 11×11; at the edges its weights are those inside.
 * @returns at most 1, that of equal maps
 * @throws AppError 'shape.mismatch'
 * @see Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity", 2004
 */
export function structuralSimilarity(a: DenseMap, b: DenseMap): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new AppError(
      'shape.mismatch',
      `a map of ${a.width}×${a.height} and one of ${b.width}×${b.height} are compared`,
    )
  }
  const mean = (of: (i: number) => number): Float64Array =>
    windowMeans(
      Float64Array.from(a.data, (_, i) => of(i)),
      a,
    )
  const [x, y] = [a.data, b.data]
  const meansOfX = mean((i) => x[i]!)
  const meansOfY = mean((i) => y[i]!)
  const squaresOfX = mean((i) => x[i]! ** 2)
  const squaresOfY = mean((i) => y[i]! ** 2)
  const products = mean((i) => x[i]! * y[i]!)
  let sum = 0
  for (let i = 0; i < meansOfX.length; i++) {
    const [p, q] = [meansOfX[i]!, meansOfY[i]!]
    const variances = squaresOfX[i]! - p * p + squaresOfY[i]! - q * q
    const covariance = products[i]! - p * q
    sum += ((2 * p * q + c1) * (2 * covariance + c2)) / ((p * p + q * q + c1) * (variances + c2))
  }
  return sum / meansOfX.length
}

/** Weighted means around every pixel: along the rows, then along the columns. */
function windowMeans(values: Float64Array, { width, height }: DenseMap): Float64Array {
  const alongRows = lineMeans(values, { n: width, step: 1, lines: height, lineStep: width })
  return lineMeans(alongRows, { n: height, step: width, lines: width, lineStep: 1 })
}

interface Lines {
  readonly n: number
  readonly step: number
  readonly lines: number
  readonly lineStep: number
}

function lineMeans(values: Float64Array, { n, step, lines, lineStep }: Lines): Float64Array {
  const means = new Float64Array(values.length)
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) =>
    Math.exp(-(distance ** 2) / (2 * sigma ** 2)),
  )
  for (let i = 0; i < n; i++) {
    const [first, last] = [Math.max(i - radius, 0), Math.min(i + radius, n - 1)]
    let total = 0
    for (let k = first; k <= last; k++) total += weights[Math.abs(k - i)]!
    for (let line = 0; line < lines; line++) {
      let sum = 0
      for (let k = first; k <= last; k++) sum += weights[Math.abs(k - i)]! * values[line * lineStep + k * step]!
      means[line * lineStep + i * step] = sum / total
    }
  }
  return means
}
