import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { upsamplePatches, type PatchGeometry } from '#common/explanation/patch-upsampling.ts'
import type { DenseMap } from '#common/explanation/map.ts'
import { largestDifference } from './goldens.ts'

/** The value at one pixel, by looking for the neighbouring centres. */
function naive(map: DenseMap, { patch, stride, size }: PatchGeometry, outHeight: number, outWidth: number): number[] {
  const axis = (out: number, outLength: number, length: number, pixels: number) => {
    const pixel = ((out + 0.5) / outLength) * pixels - 0.5
    const centres = Array.from({ length }, (_, i) => i * stride + (patch - 1) / 2)
    const next = centres.findIndex((centre) => centre >= pixel)
    if (next === 0) return [{ cell: 0, share: 1 }]
    if (next < 0) return [{ cell: length - 1, share: 1 }]
    const share = (pixel - centres[next - 1]!) / stride
    return [
      { cell: next - 1, share: 1 - share },
      { cell: next, share },
    ]
  }
  return Array.from({ length: outHeight * outWidth }, (_, i) => {
    const rows = axis(Math.floor(i / outWidth), outHeight, map.height, size.height)
    const columns = axis(i % outWidth, outWidth, map.width, size.width)
    return rows
      .flatMap((r) => columns.map((c) => r.share * c.share * map.data[r.cell * map.width + c.cell]!))
      .reduce((sum, part) => sum + part, 0)
  })
}

const at = (map: DenseMap, x: number, y: number) => map.data[y * map.width + x]!

describe('upsamplePatches', () => {
  it('puts each score at the centre of its patch and clamps outside of the centres', () => {
    const grid = { width: 3, height: 2, data: Float64Array.of(1, 2, 3, 4, 5, 6) }
    const result = upsamplePatches(grid, { patch: 3, stride: 2, size: { width: 7, height: 5 } }, 5, 7)
    expect([at(result, 1, 1), at(result, 3, 1), at(result, 5, 1)]).toEqual([1, 2, 3])
    expect([at(result, 1, 3), at(result, 3, 3), at(result, 5, 3)]).toEqual([4, 5, 6])
    expect([at(result, 2, 1), at(result, 1, 2), at(result, 2, 2)]).toEqual([1.5, 2.5, 3])
    expect([at(result, 0, 0), at(result, 6, 0), at(result, 0, 4), at(result, 6, 4)]).toEqual([1, 3, 4, 6])
  })

  it('has the centre of an even patch between two pixels', () => {
    const grid = { width: 2, height: 1, data: Float64Array.of(0, 16) }
    const result = upsamplePatches(grid, { patch: 32, stride: 16, size: { width: 48, height: 32 } }, 32, 48)
    expect([at(result, 15, 0), at(result, 16, 0), at(result, 31, 0), at(result, 32, 0)]).toEqual([0, 0.5, 15.5, 16])
  })

  it('equals looking for the neighbouring centres, at any size', () => {
    const length = fc.integer({ min: 1, max: 5 })
    const cases = fc.record({
      rows: length,
      columns: length,
      patch: fc.integer({ min: 1, max: 9 }),
      stride: fc.integer({ min: 1, max: 9 }),
      border: fc.nat(4),
      outHeight: fc.integer({ min: 1, max: 30 }),
      outWidth: fc.integer({ min: 1, max: 30 }),
      values: fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 25, maxLength: 25 }),
    })
    fc.assert(
      fc.property(cases, ({ rows, columns, patch, stride, border, outHeight, outWidth, values }) => {
        const map = { width: columns, height: rows, data: Float64Array.from(values.slice(0, rows * columns)) }
        const side = (count: number) => (count - 1) * stride + patch + border
        const geometry = { patch, stride, size: { width: side(columns), height: side(rows) } }
        const result = upsamplePatches(map, geometry, outHeight, outWidth)
        expect([result.height, result.width]).toEqual([outHeight, outWidth])
        expect(largestDifference(result.data, naive(map, geometry, outHeight, outWidth))).toBeLessThan(1e-9)
      }),
    )
  })
})
