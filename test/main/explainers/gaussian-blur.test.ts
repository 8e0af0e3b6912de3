import { describe, expect, it } from 'vitest'
import { gaussianBlur } from '#main/explainers/gaussian-blur.ts'
import { seededUniform } from '../../builders/small-model.ts'

const [width, height, channels] = [9, 6, 2]
const uniform = seededUniform(1)
const image = Float32Array.from({ length: width * height * channels }, () => uniform())

/** The two-dimensional kernel over the image with its edges repeated, weight by weight. */
function naiveBlur(values: Float32Array, sigma: number): number[] {
  const radius = Math.ceil(3 * sigma)
  const clamp = (at: number, n: number): number => Math.min(Math.max(at, 0), n - 1)
  return Array.from(values, (_, index) => {
    const [y, x, c] = [Math.floor(index / channels / width), Math.floor(index / channels) % width, index % channels]
    let sum = 0
    let weights = 0
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const weight = Math.exp(-(dy ** 2 + dx ** 2) / (2 * sigma ** 2))
        sum += weight * values[(clamp(y + dy, height) * width + clamp(x + dx, width)) * channels + c]!
        weights += weight
      }
    }
    return sum / weights
  })
}

describe('Gaussian blur', () => {
  it.each([0.4, 1, 2.5, 10])('of sigma %d is the two-dimensional Gaussian over repeated edges', (sigma) => {
    const blurred = gaussianBlur(image, { width, height, channels, sigma })
    naiveBlur(image, sigma).forEach((value, i) => expect(Math.abs(blurred[i]! - value)).toBeLessThan(1e-6))
  })

  it('leaves an even image as it is', () => {
    const even = new Float32Array(image.length).fill(0.75)
    const blurred = gaussianBlur(even, { width, height, channels, sigma: 3 })
    blurred.forEach((value) => expect(value).toBeCloseTo(0.75, 6))
  })
})
