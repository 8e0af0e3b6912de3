import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { inputWindow } from '#common/image/geometry.ts'

const square = { width: 224, height: 224 }

describe('inputWindow', () => {
  it('is the whole photo when stretching', () => {
    expect(inputWindow({ width: 500, height: 333 }, square, 'stretch')).toEqual({ x: 0, y: 0, width: 500, height: 333 })
  })

  it('is the largest centred rectangle of the input’s shape when cropping', () => {
    expect(inputWindow({ width: 500, height: 333 }, square, 'crop')).toEqual({ x: 83, y: 0, width: 333, height: 333 })
    expect(inputWindow({ width: 333, height: 500 }, square, 'crop')).toEqual({ x: 0, y: 83, width: 333, height: 333 })
    expect(inputWindow({ width: 224, height: 224 }, square, 'crop')).toEqual({ x: 0, y: 0, width: 224, height: 224 })
    // 100·3 // 4 = 75 rows; (101 − 75) // 2 = 13
    const wide = { width: 4, height: 3 }
    expect(inputWindow({ width: 100, height: 101 }, wide, 'crop')).toEqual({ x: 0, y: 13, width: 100, height: 75 })
  })

  it('keeps at least one pixel of a photo that is far from the input’s shape', () => {
    expect(inputWindow({ width: 1, height: 9 }, { width: 9, height: 1 }, 'crop')).toEqual({
      x: 0,
      y: 4,
      width: 1,
      height: 1,
    })
  })

  it('stays inside the photo, touches two of its sides and is centred within a pixel', () => {
    const side = fc.integer({ min: 1, max: 5000 })
    const size = fc.record({ width: side, height: side })
    fc.assert(
      fc.property(size, size, (photo, input) => {
        const window = inputWindow(photo, input, 'crop')
        expect(window.width === photo.width || window.height === photo.height).toBe(true)
        for (const [start, length, whole] of [
          [window.x, window.width, photo.width],
          [window.y, window.height, photo.height],
        ] as const) {
          const after = whole - start - length
          expect(after - start === 0 || after - start === 1).toBe(true)
        }
      }),
    )
  })

  it('is the centre that is left of a photo whose short side is brought to some pixels', () => {
    const fit = { shortSide: 256 }
    // 512 · 224 / 256 = 448
    expect(inputWindow({ width: 512, height: 768 }, square, fit)).toEqual({ x: 32, y: 160, width: 448, height: 448 })
    // 375 · 224 / 256 = 328.1
    expect(inputWindow({ width: 500, height: 375 }, square, fit)).toEqual({ x: 86, y: 23, width: 328, height: 328 })
    expect(inputWindow({ width: 100, height: 200 }, { width: 192, height: 128 }, fit)).toEqual({
      x: 12,
      y: 75,
      width: 75,
      height: 50,
    })
    expect(inputWindow({ width: 1, height: 9 }, square, fit)).toEqual({ x: 0, y: 4, width: 1, height: 1 })
  })

  it('is the crop of a square input where the short side is the input’s', () => {
    const side = fc.integer({ min: 1, max: 5000 })
    fc.assert(
      fc.property(fc.record({ width: side, height: side }), (photo) => {
        expect(inputWindow(photo, square, { shortSide: 224 })).toEqual(inputWindow(photo, square, 'crop'))
      }),
    )
  })

  it('stays inside the photo and is centred within a pixel, whatever its short side is brought to', () => {
    const side = fc.integer({ min: 1, max: 5000 })
    const input = fc.integer({ min: 8, max: 256 })
    fc.assert(
      fc.property(side, side, input, input, fc.integer({ min: 256, max: 4096 }), (width, height, w, h, shortSide) => {
        const window = inputWindow({ width, height }, { width: w, height: h }, { shortSide })
        for (const [start, length, whole, asked] of [
          [window.x, window.width, width, w],
          [window.y, window.height, height, h],
        ] as const) {
          const after = whole - start - length
          expect(start).toBeGreaterThanOrEqual(0)
          expect(after - start === 0 || after - start === 1).toBe(true)
          const exact = (asked * Math.min(width, height)) / shortSide
          expect(Math.abs(length - Math.max(1, exact))).toBeLessThanOrEqual(0.5)
        }
      }),
    )
  })

  it('refuses a short side that does not hold the input', () => {
    for (const shortSide of [223, 0, 256.5, Number.NaN]) {
      expect(() => inputWindow({ width: 500, height: 333 }, square, { shortSide })).toThrow(AppError)
    }
  })

  it('refuses sides that are no whole numbers of at least one', () => {
    for (const width of [0, -3, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => inputWindow({ width, height: 5 }, square, 'stretch')).toThrow(AppError)
      expect(() => inputWindow({ width: 5, height: 5 }, { width, height: 5 }, 'crop')).toThrow(AppError)
    }
  })
})
