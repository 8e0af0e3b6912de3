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

  it('refuses sides that are no whole numbers of at least one', () => {
    for (const width of [0, -3, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => inputWindow({ width, height: 5 }, square, 'stretch')).toThrow(AppError)
      expect(() => inputWindow({ width: 5, height: 5 }, { width, height: 5 }, 'crop')).toThrow(AppError)
    }
  })
})
