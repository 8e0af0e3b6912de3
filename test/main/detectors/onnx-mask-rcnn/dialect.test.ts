import { describe, expect, it } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { dialects, type PreparedPhoto } from '#main/detectors/onnx-mask-rcnn/dialect.ts'

const { torchvision, 'model-zoo': modelZoo } = dialects
const colour = [200, 100, 50] as const
const mean = [102.9801, 115.9465, 122.7717] as const

function plain(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(Buffer.alloc(width * height * 3, Uint8Array.from(colour))) }
}

function valueAt({ input, width, height }: PreparedPhoto, plane: number, x: number, y: number): number {
  return input[(plane * height + y) * width + x]!
}

describe('torchvision’s photos', () => {
  it('are planes of red, green and blue from 0 to 1, at the photo’s size', () => {
    const photo = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 15 * i) }
    const { input, ...rest } = torchvision.prepare(photo)
    expect(rest).toEqual({ width: 3, height: 2, content: { width: 3, height: 2 } })
    const planes = [0, 1, 2].flatMap((channel) => [0, 1, 2, 3, 4, 5].map((i) => (15 * (3 * i + channel)) / 255))
    expect([...input]).toEqual(planes.map(Math.fround))
  })

  it('are made smaller above two and a half megapixels, in their proportions', () => {
    const prepared = torchvision.prepare(plain(4000, 2500))
    expect(prepared).toMatchObject({ width: 2000, height: 1250, content: { width: 2000, height: 1250 } })
    expect(prepared.input).toHaveLength(3 * 2000 * 1250)
    expect(colour.map((_, plane) => valueAt(prepared, plane, 1999, 1249))).toEqual(
      colour.map((byte) => Math.fround(byte / 255)),
    )
    expect(torchvision.prepare(plain(2000, 1250))).toMatchObject({ width: 2000, height: 1250 })
  })

  it('keep a pixel, however thin they are', () => {
    const { width, height } = torchvision.prepare(plain(4_000_000, 1))
    expect(height).toBe(1)
    expect(width).toBeGreaterThan(0)
  })
})

describe('the model zoo’s photos', () => {
  it('have a short side of 800, are blue, green and red less the mean, and end in zeros', () => {
    const prepared = modelZoo.prepare(plain(60, 40))
    expect(prepared).toMatchObject({ width: 1216, height: 800, content: { width: 1200, height: 800 } })
    expect(prepared.input).toHaveLength(3 * 1216 * 800)
    for (const plane of [0, 1, 2]) {
      const expected = Math.fround(colour[2 - plane]! - mean[plane]!)
      for (const [x, y] of [
        [0, 0],
        [1199, 0],
        [600, 400],
        [1199, 799],
      ] as const) {
        // prettier-ignore
        expect(valueAt(prepared, plane, x, y)).toBe(expected)
      }
      expect(valueAt(prepared, plane, 1200, 0)).toBe(0)
      expect(valueAt(prepared, plane, 1215, 799)).toBe(0)
    }
  })

  it('are padded below, too', () => {
    const prepared = modelZoo.prepare(plain(800, 1001))
    expect(prepared).toMatchObject({ width: 800, height: 1024, content: { width: 800, height: 1001 } })
    expect(valueAt(prepared, 0, 799, 1000)).not.toBe(0)
    expect(valueAt(prepared, 0, 799, 1001)).toBe(0)
  })

  it('keep the photo’s rows where it is not resized', () => {
    const data = Uint8Array.from({ length: 810 * 800 * 3 }, (_, i) => (i * 7919) % 251)
    const prepared = modelZoo.prepare({ width: 810, height: 800, data })
    expect(prepared).toMatchObject({ width: 832, height: 800, content: { width: 810, height: 800 } })
    for (const [x, y] of [
      [0, 0],
      [809, 0],
      [5, 700],
      [809, 799],
    ] as const) {
      // prettier-ignore
      for (const plane of [0, 1, 2]) {
        const byte = data[(y * 810 + x) * 3 + 2 - plane]!
        expect(valueAt(prepared, plane, x, y)).toBe(Math.fround(byte - mean[plane]!))
      }
    }
  })

  it('take no more memory for a photo that is long and thin', () => {
    const { width, height, content } = modelZoo.prepare(plain(20_000, 4))
    expect(width * height).toBeLessThan(4e6)
    expect(content.width / content.height).toBeGreaterThan(4000)
    expect(modelZoo.prepare(plain(300, 100))).toMatchObject({ content: { width: 2400, height: 800 } })
  })
})
