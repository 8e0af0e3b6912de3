import { describe, expect, it } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { halveImage } from '#main/files/halve-image.ts'

function imageOf(width: number, height: number, colour: (x: number, y: number) => readonly number[]): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return colour(pixel % width, Math.floor(pixel / width))[i % 3]!
  })
  return { width, height, data }
}

/** The mean of the pixels that each one covers, counted one by one. */
function naive({ width, height, data }: RgbImage): number[] {
  const half: number[] = []
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      for (let channel = 0; channel < 3; channel++) {
        const [right, below] = [Math.min(x + 1, width - 1), Math.min(y + 1, height - 1)]
        const at = (column: number, row: number): number => data[(row * width + column) * 3 + channel]!
        half.push((at(x, y) + at(right, y) + at(x, below) + at(right, below)) / 4)
      }
    }
  }
  return half
}

describe('halveImage', () => {
  it.each([
    [40, 30],
    [41, 30],
    [40, 31],
    [41, 31],
  ])('lies over what it covers, at %i×%i pixels', async (width, height) => {
    const image = imageOf(width, height, (x, y) => [x * 6, y * 8, 128 + 3 * x - 4 * y])
    const half = await halveImage(image)
    expect([half.width, half.height]).toEqual([Math.ceil(width / 2), Math.ceil(height / 2)])
    const expected = naive(image)
    const off = expected.map((value, i) => Math.abs(value - half.data[i]!))
    // at the borders the filter reaches beyond the image
    expect(Math.max(...off)).toBeLessThanOrEqual(3)
    expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(0.6)
  })

  it('leaves a plain colour as it is, down to one pixel', async () => {
    let image = imageOf(5, 3, () => [7, 130, 255])
    for (let level = 0; level < 4; level++) image = await halveImage(image)
    expect({ ...image, data: [...image.data] }).toEqual({ width: 1, height: 1, data: [7, 130, 255] })
  })
})
