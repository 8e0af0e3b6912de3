import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PixelSize } from '#common/image/geometry.ts'
import { checkRle, decodeRle, rleArea, rleBbox } from '#common/mask/rle.ts'
import { maskOnPhoto, pasteMask } from '#main/detectors/onnx-mask-rcnn/paste-mask.ts'

type Box = readonly [number, number, number, number]

/** Bilinear between the middles of cells, as `F.interpolate(…, align_corners=False)`: [height, width] */
function interpolate(values: readonly number[][], width: number, height: number): number[][] {
  const [rows, columns] = [values.length, values[0]!.length]
  const place = (i: number, n: number, length: number): readonly [number, number, number] => {
    const at = Math.max(((i + 0.5) * n) / length - 0.5, 0)
    const first = Math.floor(at)
    return [first, Math.min(first + 1, n - 1), at - first]
  }
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => {
      const [top, bottom, down] = place(y, rows, height)
      const [left, right, across] = place(x, columns, width)
      const upper = values[top]![left]! * (1 - across) + values[top]![right]! * across
      const lower = values[bottom]![left]! * (1 - across) + values[bottom]![right]! * across
      return upper * (1 - down) + lower * down
    }),
  )
}

/** torchvision 0.16's `paste_masks_in_image` of one mask, line by line: the values that are compared with .5. */
function pasted(mask: Float32Array, box: Box, { width: imW, height: imH }: PixelSize): number[][] {
  const side = Math.sqrt(mask.length)
  const padded = Array.from({ length: side + 2 }, (_, y) =>
    Array.from({ length: side + 2 }, (__, x) =>
      y === 0 || x === 0 || y > side || x > side ? 0 : mask[(y - 1) * side + x - 1]!,
    ),
  )
  const scale = (side + 2) / side
  const [wHalf, hHalf] = [(box[2] - box[0]) * 0.5 * scale, (box[3] - box[1]) * 0.5 * scale]
  const [xC, yC] = [(box[2] + box[0]) * 0.5, (box[3] + box[1]) * 0.5]
  const b = [xC - wHalf, yC - hHalf, xC + wHalf, yC + hHalf].map(Math.trunc) as [number, number, number, number]
  const w = Math.max(b[2] - b[0] + 1, 1)
  const h = Math.max(b[3] - b[1] + 1, 1)
  const resized = interpolate(padded, w, h)
  const image = Array.from({ length: imH }, () => Array<number>(imW).fill(0))
  const [x0, x1] = [Math.max(b[0], 0), Math.min(b[2] + 1, imW)]
  const [y0, y1] = [Math.max(b[1], 0), Math.min(b[3] + 1, imH)]
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) image[y]![x] = resized[y - b[1]]![x - b[0]]!
  return image
}

/** Differing pixels, but those that are one half up to rounding. */
function differences(mask: Float32Array, box: Box, photo: PixelSize): number[] {
  const rle = pasteMask(mask, box, photo)
  checkRle(rle)
  const { data } = decodeRle(rle)
  return pasted(mask, box, photo)
    .flat()
    .flatMap((value, i) => (Math.abs(value - 0.5) > 1e-9 && (value > 0.5 ? 1 : 0) !== data[i] ? [i] : []))
}

const full = (side = 28): Float32Array => new Float32Array(side * side).fill(1)

describe('pasteMask', () => {
  it('gives the pixels of torchvision, also of boxes that are partly or wholly outside', () => {
    const coordinate = fc.double({ min: -40, max: 70, noNaN: true })
    const extent = fc.double({ min: 0, max: 60, noNaN: true })
    const mask = fc
      .integer({ min: 1, max: 6 })
      .chain((side) =>
        fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: side * side, maxLength: side * side }),
      )
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(mask, coordinate, coordinate, extent, extent, size, size, (values, x, y, w, h, width, height) => {
        const box: Box = [x, y, x + w, y + h]
        expect(differences(Float32Array.from(values), box, { width, height })).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('pastes a mask of the usual side over its box, and half a cell around it stays outside', () => {
    const rle = pasteMask(full(), [10, 5, 38, 33], { width: 60, height: 50 })
    expect(differences(full(), [10, 5, 38, 33], { width: 60, height: 50 })).toEqual([])
    const [left, top, width, height] = rleBbox(rle)
    expect([left, top]).toEqual([10, 5])
    expect(width).toBeGreaterThanOrEqual(28)
    expect(height).toBe(width)
  })

  it('keeps holes', () => {
    const ring = Float32Array.from({ length: 49 }, (_, i) => (i === 24 ? 0 : 1))
    const photo = { width: 70, height: 70 }
    expect(differences(ring, [0, 0, 69, 69], photo)).toEqual([])
    const { data } = decodeRle(pasteMask(ring, [0, 0, 69, 69], photo))
    expect([data[35 * 70 + 35], data[35 * 70 + 15]]).toEqual([0, 1])
  })

  it('takes a photo and a box of one pixel', () => {
    expect([...pasteMask(full(), [0, 0, 1, 1], { width: 1, height: 1 }).counts]).toEqual([0, 1])
    expect(rleArea(pasteMask(full(), [3, 3, 3, 3], { width: 9, height: 9 }))).toBe(1)
  })

  it.each<[string, Box]>([
    ['left of the photo', [-20, 2, -10, 8]],
    ['below the photo', [2, 20, 8, 40]],
    ['turned inside out', [8, 8, 2, 2]],
    ['of NaN', [NaN, NaN, NaN, NaN]],
    ['partly of NaN', [2, 2, NaN, 8]],
    ['without end', [-Infinity, -Infinity, Infinity, Infinity]],
  ])('finds nothing in a box %s', (_, box) => {
    expect([...pasteMask(full(), box, { width: 10, height: 12 }).counts]).toEqual([120])
  })

  it('takes what is exactly one half for background', () => {
    const half = new Float32Array(16).fill(0.5)
    expect(rleArea(pasteMask(half, [2, 2, 8, 8], { width: 10, height: 10 }))).toBe(0)
  })
})

describe('maskOnPhoto', () => {
  it('is the mask itself at its own size', () => {
    const size = { width: 3, height: 2 }
    const values = Float32Array.of(0.6, 0.5, 0.4, 0.51, 1, 0)
    const { data } = decodeRle(maskOnPhoto(values, { width: 3, content: size }, size))
    expect([...data]).toEqual([1, 0, 0, 1, 1, 0])
  })

  it('gives each pixel of a larger or smaller photo the cell in which its middle lies, whatever padding there is', () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
    fc.assert(
      fc.property(
        size,
        size,
        fc.nat(3),
        fc.array(fc.boolean(), { minLength: 225, maxLength: 225 }),
        (own, photo, padding, bits) => {
          const rowLength = own.width + padding
          const mask = Float32Array.from({ length: rowLength * (own.height + padding) }, (_, i) => Number(bits[i]))
          const { data } = decodeRle(maskOnPhoto(mask, { width: rowLength, content: own }, photo))
          const expected = Array.from(data, (_, i) => {
            const [x, y] = [i % photo.width, Math.floor(i / photo.width)]
            const column = Math.floor(((x + 0.5) / photo.width) * own.width + 1e-9)
            const row = Math.floor(((y + 0.5) / photo.height) * own.height + 1e-9)
            return mask[row * rowLength + column]
          })
          expect([...data]).toEqual(expected)
        },
      ),
    )
  })
})
