import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { inputWindow, type PixelSize, type PixelWindow } from '#common/image/geometry.ts'
import { resizeRgb, type ResizeMethod } from '#common/image/resize.ts'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { readNpy } from '#main/files/npy.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

interface Packed {
  readonly base64?: string
  readonly sha256?: string
}
interface Case extends Partial<Record<ResizeMethod, Packed>> {
  readonly seed: number
  readonly photo: readonly [number, number]
  readonly box: readonly [number, number, number, number]
  readonly target: readonly [number, number]
}

const fixtureFile = join(import.meta.dirname, '../../fixtures/image/resize.json')
const { cases, shortSide } = JSON.parse(readFileSync(fixtureFile, 'utf8')) as {
  readonly cases: readonly Case[]
  /** the whole photo resized by nearest first, then its centre cut out */
  readonly shortSide: readonly {
    readonly seed: number
    readonly photo: readonly [number, number]
    readonly side: number
    readonly target: readonly [number, number]
    readonly nearest: Packed
  }[]
}

function noise(seed: number, { width, height }: PixelSize): RgbImage {
  const data = new Uint8Array(width * height * 3)
  let state = seed
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    data[i] = state & 255
  }
  return { width, height, data }
}

function expectPacked(data: Uint8Array, packed: Packed, tolerance: number): void {
  if (packed.base64 === undefined) {
    expect(createHash('sha256').update(data).digest('hex')).toBe(packed.sha256)
    return
  }
  const expected = Buffer.from(packed.base64, 'base64')
  expect(data).toHaveLength(expected.length)
  expect(Math.max(...expected.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThanOrEqual(tolerance)
}

/** The area average by its definition, in floating point. */
function naiveArea(photo: RgbImage, window: PixelWindow, target: PixelSize): number[] {
  const out: number[] = []
  const overlap = (i: number, from: number, to: number): number => Math.max(0, Math.min(i + 1, to) - Math.max(i, from))
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      const top = window.y + (y * window.height) / target.height
      const bottom = window.y + ((y + 1) * window.height) / target.height
      const left = window.x + (x * window.width) / target.width
      const right = window.x + ((x + 1) * window.width) / target.width
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let v = 0; v < photo.height; v++) {
          for (let u = 0; u < photo.width; u++) {
            sum += photo.data[(v * photo.width + u) * 3 + c]! * overlap(v, top, bottom) * overlap(u, left, right)
          }
        }
        out.push(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return out
}

describe('resizeRgb', () => {
  const methods = ['nearest', 'bilinear', 'area'] as const
  for (const { seed, photo, box, target, ...results } of cases) {
    const [left, top, right, bottom] = box
    const window = { x: left, y: top, width: right - left, height: bottom - top }
    for (const method of methods) {
      const packed = results[method]
      if (packed === undefined) continue
      it(`${method} equals Pillow: ${box.join(',')} of ${photo.join('×')} to ${target.join('×')}`, () => {
        const image = noise(seed, { width: photo[0], height: photo[1] })
        const resized = resizeRgb(image, window, { target: { width: target[0], height: target[1] }, method })
        // Pillow's BOX rounds once more, between its two passes
        expectPacked(resized.data, packed, method === 'area' ? 1 : 0)
      })
    }
  }

  it.each(shortSide)('cuts out before resizing what Pillow cuts out after, $photo by $side', (golden) => {
    const image = noise(golden.seed, { width: golden.photo[0], height: golden.photo[1] })
    const target = { width: golden.target[0], height: golden.target[1] }
    const window = inputWindow(image, target, { shortSide: golden.side })
    expectPacked(resizeRgb(image, window, { target, method: 'nearest' }).data, golden.nearest, 0)
  })

  it('averages by area as the definition says, at any factor', () => {
    const side = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(fc.tuple(side, side), fc.tuple(side, side), fc.integer({ min: 1, max: 1e9 }), (size, aim, seed) => {
        const photo = noise(seed, { width: size[0] + 2, height: size[1] + 1 })
        const window = { x: 1, y: 1, width: size[0], height: size[1] }
        const target = { width: aim[0], height: aim[1] }
        const fast = resizeRgb(photo, window, { target, method: 'area' })
        naiveArea(photo, window, target).forEach((exact, i) => {
          expect(Math.abs(fast.data[i]! - exact)).toBeLessThanOrEqual(0.5 + 1e-9)
        })
      }),
    )
  })

  it('rounds a half up when averaging', () => {
    const photo = { width: 2, height: 1, data: Uint8Array.of(0, 1, 254, 1, 2, 255) }
    const window = { x: 0, y: 0, width: 2, height: 1 }
    expect([...resizeRgb(photo, window, { target: { width: 1, height: 1 }, method: 'area' }).data]).toEqual([1, 2, 255])
  })

  it('leaves one colour as it is, by every method', () => {
    const data = new Uint8Array(19 * 23 * 3).fill(255)
    for (const method of methods) {
      const image = { width: 19, height: 23, data }
      const window = inputWindow(image, { width: 5, height: 31 }, 'crop')
      const resized = resizeRgb(image, window, { target: { width: 5, height: 31 }, method })
      expect(resized.data.every((value) => value === 255)).toBe(true)
      expect(resized.data).toHaveLength(5 * 31 * 3)
    }
  })

  it('refuses a window outside the photo, and data of another size', () => {
    const photo = noise(1, { width: 4, height: 4 })
    const target = { width: 2, height: 2 }
    for (const window of [
      { x: 1, y: 0, width: 4, height: 4 },
      { x: -1, y: 0, width: 4, height: 4 },
      { x: 0, y: 0, width: 0, height: 4 },
    ]) {
      expect(() => resizeRgb(photo, window, { target, method: 'nearest' })).toThrow(AppError)
    }
    const short = { ...photo, data: photo.data.subarray(1) }
    const whole = { x: 0, y: 0, width: 4, height: 4 }
    expect(() => resizeRgb(short, whole, { target, method: 'area' })).toThrow(AppError)
  })
})

describeWithData('resizeRgb beside the reference numbers', () => {
  it('brings a photo to 224×224 as Pillow does, to the byte', async () => {
    const { data, shape } = await readNpy(testData('goldens/primitives/resize_photo_in.npy'))
    const photo = { width: shape[1]!, height: shape[0]!, data: Uint8Array.from(data as Uint8Array) }
    const target = { width: 224, height: 224 }
    for (const method of ['nearest', 'bilinear'] as const) {
      const golden = await readNpy(testData(`goldens/primitives/resize_photo_pil_${method}.npy`))
      const resized = resizeRgb(photo, inputWindow(photo, target, 'stretch'), { target, method })
      expect(resized.data).toEqual(Uint8Array.from(golden.data as Uint8Array))
    }
  })
})
