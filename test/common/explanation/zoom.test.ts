import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zoomCubic } from '#common/explanation/zoom.ts'
import { describeWithData } from '../../builders/test-data.ts'
import { fixture, goldenArray, goldenValues, largestDifference } from './goldens.ts'

interface Case {
  name: string
  in: number[]
  inSize: [number, number]
  out: number[]
  outSize: [number, number]
}

function zoomed(values: ArrayLike<number>, height: number, width: number, outHeight: number, outWidth: number) {
  return zoomCubic({ width, height, data: Float64Array.from(values) }, outHeight, outWidth)
}

describe('zoomCubic', () => {
  it.each(fixture('explanation/zoom.json') as Case[])('equals SciPy: $name', ({ in: values, inSize, out, outSize }) => {
    const result = zoomed(values, ...inSize, ...outSize)
    expect([result.height, result.width]).toEqual(outSize)
    expect(largestDifference(result.data, out)).toBeLessThan(1e-12)
  })

  it('keeps the trap of SciPy: a last position that rounds behind the last sample is 0', () => {
    expect(zoomed(new Float64Array(14).fill(1), 1, 14, 1, 384).data.at(-1)).toBe(0)
    expect(zoomed(new Float64Array(14).fill(1), 1, 14, 1, 224).data.at(-1)).toBeCloseTo(1, 12)
  })

  it('goes through every sample', () => {
    const grid = fc.integer({ min: 2, max: 9 }).chain((n) => fc.tuple(fc.constant(n), values(n * n)))
    fc.assert(
      fc.property(grid, ([n, samples]) => {
        const result = zoomed(samples, n, n, 2 * n - 1, 2 * n - 1)
        const back = samples.map((_, i) => result.data[2 * Math.floor(i / n) * (2 * n - 1) + 2 * (i % n)]!)
        expect(largestDifference(back, samples)).toBeLessThan(1e-10)
      }),
    )
  })

  it('commutes with transposing', () => {
    const swap = (data: ArrayLike<number>, height: number, width: number) =>
      Float64Array.from({ length: height * width }, (_, i) => data[(i % height) * width + Math.floor(i / height)]!)
    fc.assert(
      fc.property(values(12), (samples) => {
        const wide = zoomed(samples, 3, 4, 7, 10)
        const tall = zoomed(swap(samples, 3, 4), 4, 3, 10, 7)
        expect(largestDifference(swap(wide.data, 7, 10), tall.data)).toBeLessThan(1e-10)
      }),
    )
  })

  it('does not change its input', () => {
    const data = Float64Array.of(1, 2, 3, 4)
    zoomCubic({ width: 2, height: 2, data }, 5, 5)
    expect(data).toEqual(Float64Array.of(1, 2, 3, 4))
  })
})

describeWithData('zoomCubic beside the goldens', () => {
  it.each([0, 1, 2, 3])('equals SciPy on zoom%i to 1e-9', (k) => {
    const [height, width] = goldenArray(`primitives/zoom${k}_in`).shape as [number, number]
    const [outHeight, outWidth] = goldenArray(`primitives/zoom${k}_out`).shape as [number, number]
    const result = zoomed(goldenValues(`primitives/zoom${k}_in`), height, width, outHeight, outWidth)
    expect(largestDifference(result.data, goldenValues(`primitives/zoom${k}_out`))).toBeLessThan(1e-9)
  })

  it('zooms the occlusion scores of a photo', () => {
    const folder = 'explainers/mobilenet025/Persian_106'
    const result = zoomed(goldenValues(`${folder}/occlusion_scores`), 13, 13, 224, 224)
    // the reference is float32 of values near 20
    expect(largestDifference(result.data, goldenValues(`${folder}/occlusion_zoomed`))).toBeLessThan(5e-6)
  })
})

function values(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: length, maxLength: length })
}
