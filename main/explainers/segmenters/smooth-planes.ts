/**
 * Gaussian blur as scipy's `gaussian_filter` does it by default: cut off at four standard deviations, mirrored at the
 * edges (the edge pixel twice).
 * @param planes [channels, height, width]
 * @param shape sigma in pixels; 0: the planes themselves
 */
export function smoothPlanes(
  planes: Float64Array,
  { width, height, sigma }: { readonly width: number; readonly height: number; readonly sigma: number },
): Float64Array {
  if (sigma === 0) return planes
  const radius = Math.floor(4 * sigma + 0.5)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  )
  const sum = kernel.reduce((a, b) => a + b)
  for (let i = 0; i < kernel.length; i++) kernel[i]! /= sum
  const nRows = planes.length / width
  const byColumn = smoothLines(
    planes,
    kernel,
    (line, i) => (line - (line % width)) * height + (line % width) + i * width,
    {
      nLines: planes.length / height,
      length: height,
    },
  )
  return smoothLines(byColumn, kernel, (line, i) => line * width + i, { nLines: nRows, length: width })
}

function smoothLines(
  values: Float64Array,
  kernel: Float64Array,
  at: (line: number, i: number) => number,
  { nLines, length }: { readonly nLines: number; readonly length: number },
): Float64Array {
  const result = new Float64Array(values.length)
  const radius = (kernel.length - 1) / 2
  for (let line = 0; line < nLines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0
      for (let k = -radius; k <= radius; k++) sum += kernel[k + radius]! * values[at(line, mirrored(i + k, length))]!
      result[at(line, i)] = sum
    }
  }
  return result
}

function mirrored(i: number, length: number): number {
  const inPeriod = ((i % (2 * length)) + 2 * length) % (2 * length)
  return inPeriod < length ? inPeriod : 2 * length - 1 - inPeriod
}
