import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resizeBilinear } from '#common/explanation/bilinear.ts'
import { fixture, largestDifference } from './goldens.ts'

interface Case {
  name: string
  in: number[]
  inSize: [number, number]
  out: number[]
  outSize: [number, number]
}

describe('resizeBilinear', () => {
  it.each(fixture('explanation/bilinear.json') as Case[])(
    'equals SciPy: $name',
    ({ in: samples, inSize, out, outSize }) => {
      const [height, width] = inSize
      const result = resizeBilinear({ width, height, data: Float64Array.from(samples) }, ...outSize)
      expect([result.height, result.width]).toEqual(outSize)
      expect(largestDifference(result.data, out)).toBeLessThan(1e-12)
    },
  )

  it('takes the centres of pixels: doubling mixes 1 to 3, the edges are kept', () => {
    const result = resizeBilinear({ width: 2, height: 1, data: Float64Array.of(0, 4) }, 1, 4)
    expect(Array.from(result.data)).toEqual([0, 1, 3, 4])
  })

  it('does not smooth when shrinking', () => {
    const spike = Float64Array.of(0, 0, 0, 0, 8, 0, 0, 0, 0)
    expect(Array.from(resizeBilinear({ width: 9, height: 1, data: spike }, 1, 3).data)).toEqual([0, 8, 0])
  })

  it('stays in the range of its input', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    const size = fc.integer({ min: 1, max: 20 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), size, size, (samples, outHeight, outWidth) => {
        const { data } = resizeBilinear({ width: 4, height: 3, data: Float64Array.from(samples) }, outHeight, outWidth)
        expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...samples) - 1e-9)
        expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...samples) + 1e-9)
      }),
    )
  })
})
