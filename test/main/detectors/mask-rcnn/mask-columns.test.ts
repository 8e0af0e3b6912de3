import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PixelSize } from '#common/image/geometry.ts'
import { maskColumns } from '#main/detectors/mask-rcnn/mask-columns.ts'
import { describeWithData } from '../../../builders/test-data.ts'
import { goldenArray, goldenBytes, goldenFloats, goldenJson } from './goldens.ts'

/** The pixels of the runs, row-major. */
function painted(columns: readonly (readonly number[])[], { width, height }: PixelSize): number[] {
  const pixels = new Array<number>(width * height).fill(0)
  for (const [x, runs] of columns.entries()) {
    for (let i = 0; i < runs.length; i += 2) for (let y = runs[i]!; y < runs[i + 1]!; y++) pixels[y * width + x] = 1
  }
  return pixels
}

/** Every pixel by itself, as scikit-image does it. */
function naive(mask: Float32Array, side: number, { width, height }: PixelSize): number[] {
  const [lowest, highest] = [Math.min(...mask), Math.max(...mask)]
  const at = (y: number, x: number) => (y < 0 || x < 0 || y >= side || x >= side ? 0 : mask[y * side + x]!)
  return Array.from({ length: width * height }, (_, i) => {
    const y = (Math.floor(i / width) + 0.5) * (side / height) - 0.5
    const x = ((i % width) + 0.5) * (side / width) - 0.5
    const [top, left] = [Math.floor(y), Math.floor(x)]
    const [up, near] = [1 - (y - top), 1 - (x - left)]
    const value =
      at(top, left) * up * near +
      at(top, left + 1) * up * (1 - near) +
      at(top + 1, left) * (1 - up) * near +
      at(top + 1, left + 1) * (1 - up) * (1 - near)
    return Math.min(Math.max(Math.fround(value), lowest), highest) >= 0.5 ? 1 : 0
  })
}

describe('maskColumns', () => {
  it('keeps the pixels of a mask of the box’s size', () => {
    const mask = Float32Array.of(0.5, 0.49, 0, 1)
    expect(maskColumns(mask, { height: 2, width: 2 })).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  it('fills the box where the whole mask is object, although the border is darkened', () => {
    expect(maskColumns(new Float32Array(4).fill(0.6), { height: 9, width: 1 })).toEqual([[0, 9]])
  })

  it('has no runs where the mask has no object, or is NaN', () => {
    expect(maskColumns(new Float32Array(4).fill(0.4), { height: 5, width: 2 })).toEqual([[], []])
    expect(maskColumns(new Float32Array(4).fill(NaN), { height: 5, width: 2 })).toEqual([[], []])
  })

  it('equals computing every pixel', () => {
    const mask = fc
      .integer({ min: 1, max: 7 })
      .chain((side) =>
        fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: side * side, maxLength: side * side }),
      )
    const length = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(mask, length, length, (values, height, width) => {
        const side = Math.sqrt(values.length)
        const [data, box] = [Float32Array.from(values), { height, width }]
        expect(painted(maskColumns(data, box), box)).toEqual(naive(data, side, box))
      }),
      { numRuns: 300 },
    )
  })
})

describeWithData('masks as scikit-image resizes them', () => {
  it('gives every pixel of the reference', () => {
    const { unmold_mask: cases } = goldenJson('stages/stages') as {
      unmold_mask: { box: [number, number, number, number]; image_shape: [number, number] }[]
    }
    for (const [k, { box, image_shape: shape }] of cases.entries()) {
      const [y1, x1, y2, x2] = box
      const size = { height: y2 - y1, width: x2 - x1 }
      const pixels = painted(maskColumns(goldenFloats(`stages/unmold_mask/${k}_mask`), size), size)
      const full = goldenBytes(`stages/unmold_mask/${k}_full`)
      const inBox = pixels.map((_, i) => full[(y1 + Math.floor(i / size.width)) * shape[1] + x1 + (i % size.width)])
      expect(pixels).toEqual(inBox)
    }
  })

  it('gives the pixels that are at least .5 in the reference’s enlarged constant', () => {
    const { shape, data } = goldenArray('stages/unmold_mask/constant_up_resized')
    const size = { height: shape[0]!, width: shape[1]! }
    const pixels = painted(maskColumns(goldenFloats('stages/unmold_mask/constant_up_mask'), size), size)
    expect(pixels).toEqual(Array.from(data, (value) => (value >= 0.5 ? 1 : 0)))
  })
})
