/**
 * Gaussian blur, separable, cut off at three standard deviations, edges repeated.
 * @param values [height, width, channels]
 * @param shape sigma in pixels, > 0
 * @returns the same shape
 */
export function gaussianBlur(
  values: Float32Array,
  shape: { readonly width: number; readonly height: number; readonly channels: number; readonly sigma: number },
): Float32Array {
  const { width, height, channels, sigma } = shape
  const kernel = gaussianKernel(sigma)
  const alongRows = blurAxis(values, kernel, {
    n: width,
    step: channels,
    lines: height,
    lineStep: width * channels,
    channels,
  })
  return blurAxis(alongRows, kernel, { n: height, step: width * channels, lines: width, lineStep: channels, channels })
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  )
  const sum = kernel.reduce((a, b) => a + b)
  return kernel.map((weight) => weight / sum)
}

interface Axis {
  /** cells along the axis, and how far apart they are */
  readonly n: number
  readonly step: number
  readonly lines: number
  readonly lineStep: number
  readonly channels: number
}

function blurAxis(
  values: Float32Array,
  kernel: Float64Array,
  { n, step, lines, lineStep, channels }: Axis,
): Float32Array {
  const result = new Float32Array(values.length)
  const radius = (kernel.length - 1) / 2
  for (let line = 0; line < lines; line++) {
    for (let c = 0; c < channels; c++) {
      const start = line * lineStep + c
      for (let i = 0; i < n; i++) {
        let sum = 0
        for (let k = -radius; k <= radius; k++) {
          const at = Math.min(Math.max(i + k, 0), n - 1)
          sum += kernel[k + radius]! * values[start + at * step]!
        }
        result[start + i * step] = sum
      }
    }
  }
  return result
}
