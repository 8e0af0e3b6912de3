import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RgbImage } from '#common/image/rgb-image.ts'
import { cocoConfig } from '#main/detectors/mask-rcnn/config.ts'
import { mold, resizeAndPad } from '#main/detectors/mask-rcnn/resize-image.ts'
import { decodeImage } from '#main/files/decode-image.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { expectClose, goldenArray, goldenBytes, goldenJson, goldenPath, goldenRuns, photoGolden } from './goldens.ts'

function plainPhoto(width: number, height: number, value: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) }
}

describe('resizeAndPad', () => {
  it('enlarges to the short side, unless the long side would not fit', () => {
    const config = { minSide: 8, maxSide: 12 }
    expect(resizeAndPad(plainPhoto(4, 4, 9), config)).toMatchObject({ window: [2, 2, 10, 10], scale: 2, side: 12 })
    expect(resizeAndPad(plainPhoto(8, 4, 9), config)).toMatchObject({ window: [3, 0, 9, 12], scale: 1.5 })
    expect(resizeAndPad(plainPhoto(24, 20, 9), config)).toMatchObject({ window: [1, 0, 11, 12], scale: 0.5 })
  })

  it('does not enlarge where no short side is asked for, and leaves the pixels alone then', () => {
    const photo = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
    const { data, window } = resizeAndPad(photo, { minSide: 0, maxSide: 4 })
    expect(window).toEqual([1, 1, 2, 3])
    expect([...data.subarray(15, 21)]).toEqual([1, 2, 3, 4, 5, 6])
    expect(data.reduce((sum, value) => sum + value)).toBe(21)
  })

  it('keeps a photo of one colour that colour to its very edge, black around it', () => {
    const size = fc.integer({ min: 1, max: 90 })
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 255 }), (width, height, value) => {
        const { data, window, side } = resizeAndPad(plainPhoto(width, height, value), { minSide: 24, maxSide: 32 })
        const [y1, x1, y2, x2] = window
        for (let i = 0; i < data.length; i++) {
          const [y, x] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side]
          const isPhoto = y >= y1 && y < y2 && x >= x1 && x < x2
          if (data[i] !== (isPhoto ? value : 0)) throw new Error(`pixel ${x}, ${y} is ${data[i] ?? 'absent'}`)
        }
      }),
    )
  })

  it('takes a photo of one pixel, and one so thin that it would vanish', () => {
    const tiny = resizeAndPad(plainPhoto(1, 1, 200), cocoConfig)
    expect(tiny).toMatchObject({ window: [112, 112, 912, 912], scale: 800 })
    expect(tiny.data[(500 * 1024 + 500) * 3]).toBe(200)
    expect(resizeAndPad(plainPhoto(5000, 1, 200), cocoConfig).window).toEqual([511, 0, 512, 1024])
  })

  it('refuses a photo that has not the values of its size', () => {
    const photo = { width: 4, height: 4, data: new Uint8Array(4) }
    expect(() => resizeAndPad(photo, cocoConfig)).toThrow(expect.objectContaining({ code: 'shape.mismatch' }))
    const nothing = { width: 0, height: 0, data: new Uint8Array(0) }
    expect(() => resizeAndPad(nothing, cocoConfig)).toThrow(expect.objectContaining({ code: 'shape.mismatch' }))
  })
})

describe('mold', () => {
  it('takes the mean from each colour', () => {
    expect([...mold(Uint8Array.of(10, 20, 30, 0, 0, 0), [1, 2, 3.5])]).toEqual([9, 18, 26.5, -1, -2, -3.5])
  })
})

interface ResizeCase {
  readonly min_dim: number
  readonly max_dim: number
  readonly min_scale: number
  readonly mode: string
  readonly window: readonly number[]
  readonly scale: number
}

describeWithData('photos as Matterport resizes them', () => {
  it('small ones, every square case', () => {
    const cases = (goldenJson('stages/stages') as { resize_image: ResizeCase[] }).resize_image
    const squares = cases.flatMap((golden, k) => (golden.mode === 'square' ? [{ golden, k }] : []))
    expect(squares).toHaveLength(8)
    for (const { golden, k } of squares) {
      const { shape } = goldenArray(`stages/resize_image/${k}_in`)
      const photo = { height: shape[0]!, width: shape[1]!, data: goldenBytes(`stages/resize_image/${k}_in`) }
      const config = { minSide: golden.min_dim, maxSide: golden.max_dim, minScale: golden.min_scale }
      const resized = resizeAndPad(photo, config)
      expect(resized.window).toEqual(golden.window)
      expect(resized.scale).toBe(golden.scale)
      // to the bit, because the order of operations is scipy's; another one is off by 1 here and there
      expectClose(resized.data, goldenBytes(`stages/resize_image/${k}_out`), 0)
    }
  })

  it.each(goldenRuns)('$folder', async ({ folder, config }) => {
    const golden = photoGolden(folder)
    const photo = await decodeImage(goldenPath(`${folder}/input.png`))
    const expected = await decodeImage(goldenPath(`${folder}/resized_padded.png`))
    const resized = resizeAndPad(photo, config)
    expect(resized.window).toEqual(golden.window)
    expect(resized.scale).toBe(golden.scale)
    expectClose(resized.data, expected.data, 0)
    const molded = mold(resized.data, config.mean)
    expectClose(
      golden.molded.probes.flat.map((at) => molded[at]!),
      golden.molded.probes.value,
      0,
    )
  })
})
