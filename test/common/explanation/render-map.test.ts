import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NativeMap, RenderStep, SegmentsMap } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { describeWithData } from '../../builders/test-data.ts'
import { goldenArray, goldenExplanations, goldenValues, largestDifference } from './goldens.ts'

const paperOcclusion: RenderStep[] = [{ op: 'zoom-cubic' }, { op: 'invert-minmax' }]
const paperCam: RenderStep[] = [{ op: 'zoom-cubic' }, { op: 'relu' }, { op: 'divide-by-max' }]
const standardCam: RenderStep[] = [{ op: 'relu' }, { op: 'bilinear' }, { op: 'divide-by-max' }]
const standardOcclusion: RenderStep[] = [
  { op: 'relu' },
  { op: 'patch-centres', patch: 3, stride: 2, size: { width: 7, height: 5 } },
  { op: 'divide-by-max' },
]

function grid(rows: number, cols: number, values: ArrayLike<number>, steps: RenderStep[]): NativeMap {
  return { kind: 'grid', rows, cols, values: Float64Array.from(values), steps }
}

describe('renderMap', () => {
  it('applies the steps in order', () => {
    const values = [-4, 0, 2, 4]
    const rendered = (steps: RenderStep[]) =>
      Array.from(renderMap(grid(2, 2, values, steps), { width: 2, height: 2 }).data)
    expect(rendered([])).toEqual(values)
    expect(rendered([{ op: 'relu' }])).toEqual([0, 0, 2, 4])
    expect(rendered([{ op: 'divide-by-max' }])).toEqual([-1, 0, 0.5, 1])
    expect(rendered([{ op: 'relu' }, { op: 'invert-minmax' }])).toEqual([1, 1, 0.5, 0])
    expect(rendered([{ op: 'invert-minmax' }, { op: 'relu' }])).toEqual([1, 0.5, 0.25, 0])
  })

  it('renders occlusion by patch centres: the highest score gives 1 at its centre', () => {
    const map = renderMap(grid(2, 3, [-1, 0, 2, 1, 8, 4], standardOcclusion), { width: 7, height: 5 })
    expect([map.width, map.height]).toEqual([7, 5])
    expect(map.data[3 * 7 + 3]).toBe(1)
    expect(map.data[3 * 7 + 5]).toBe(0.5)
    expect(map.data[0]).toBe(0)
  })

  it.each([
    ['a flat map', paperOcclusion, 3],
    ['an all-negative map', standardCam, -3],
    ['an all-zero map', paperCam, 0],
  ] as const)('makes zeros of %s, never NaN', (_, steps, value) => {
    const { data } = renderMap(grid(1, 1, [value], [...steps]), { width: 3, height: 2 })
    expect(data).toEqual(new Float64Array(6))
  })

  it('gives values of 0…1 with the steps of every method', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    const steps = fc.constantFrom(paperOcclusion, paperCam, standardCam, standardOcclusion)
    fc.assert(
      fc.property(fc.array(value, { minLength: 6, maxLength: 6 }), steps, (values, chosen) => {
        const { data } = renderMap(grid(2, 3, values, chosen), { width: 14, height: 10 })
        expect(data.every((number) => number >= 0 && number <= 1)).toBe(true)
      }),
    )
  })

  it('gives every pixel the value of its segment, after the steps', () => {
    const native: SegmentsMap = {
      kind: 'segments',
      width: 3,
      height: 2,
      labels: Uint16Array.of(0, 0, 2, 1, 1, 2),
      values: Float64Array.of(0.5, 4, -1),
      steps: [],
    }
    const rendered = (steps: SegmentsMap['steps']) =>
      Array.from(renderMap({ ...native, steps }, { width: 3, height: 2 }).data)
    expect(rendered([])).toEqual([0.5, 0.5, -1, 4, 4, -1])
    expect(rendered([{ op: 'keep', segments: [2, 0] }])).toEqual([0.5, 0.5, -1, 0, 0, -1])
    expect(rendered([{ op: 'keep', segments: [] }])).toEqual([0, 0, 0, 0, 0, 0])
    expect(rendered([{ op: 'keep', segments: [0, 2] }, { op: 'binary' }])).toEqual([1, 1, 0, 0, 0, 0])
    expect(rendered([{ op: 'relu' }, { op: 'divide-by-max' }])).toEqual([0.125, 0.125, 0, 1, 1, 0])
    expect(rendered([{ op: 'invert-minmax' }])).toEqual([0.7, 0.7, 1, 0, 0, 1])
    expect(native.values).toEqual(Float64Array.of(0.5, 4, -1))
    expect(() => renderMap(native, { width: 2, height: 2 })).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }) as Error,
    )
  })

  it('leaves the native map as it was', () => {
    const native = grid(1, 2, [-1, 2], [{ op: 'relu' }, { op: 'divide-by-max' }])
    renderMap(native, { width: 2, height: 1 })
    expect(Array.from(native.values)).toEqual([-1, 2])
  })

  it('refuses a map that no step brings to the size, or that is not finite', () => {
    const size = { width: 2, height: 2 }
    expect(() => renderMap(grid(1, 2, [1, 2], [{ op: 'relu' }]), size)).toThrow(
      expect.objectContaining({ code: 'shape.mismatch' }),
    )
    expect(() => renderMap(grid(1, 2, [1, NaN], standardCam), size)).toThrow(
      expect.objectContaining({ code: 'map.not-finite' }),
    )
    expect(() => renderMap(grid(2, 2, [1], standardCam), size)).toThrow(expect.objectContaining({ code: 'map.format' }))
  })
})

describeWithData('rendering beside the goldens', () => {
  const size = { width: 224, height: 224 }
  const rendered = (name: string, steps: RenderStep[]) => {
    const [rows, cols] = goldenArray(name).shape as [number, number]
    return renderMap(grid(rows, cols, goldenValues(name), steps), size).data
  }

  describe.each(goldenExplanations)('%s', (photo) => {
    const folder = `explainers/${photo}`

    it('paper occlusion', () => {
      const map = rendered(`${folder}/occlusion_scores`, paperOcclusion)
      // scores and map are float32; the reference's own noise on the scores would allow 2e-3
      expect(largestDifference(map, goldenValues(`${folder}/occlusion_map`))).toBeLessThan(2e-6)
    })

    it.each([
      ['gradcam_authors', paperCam],
      ['gradcampp_authors', paperCam],
      ['gradcam_textbook', standardCam],
      ['gradcampp_textbook', standardCam],
    ] as const)('%s', (method, steps) => {
      const map = rendered(`${folder}/${method}_coarse`, [...steps])
      expect(largestDifference(map, goldenValues(`${folder}/${method}_map`))).toBeLessThan(2e-6)
    })
  })
})
