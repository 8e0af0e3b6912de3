import { describe, expect, it } from 'vitest'
import { gradCamPaper, gradCamStandard, type FeatureMap } from '#common/explanation/cam.ts'
import type { RenderStep } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { describeWithData } from '../../builders/test-data.ts'
import { fixture, goldenArray, goldenExplanations, goldenValues, largestDifference } from './goldens.ts'

type Shape = [number, number, number]

interface Variant {
  weights: number[]
  coarse: number[]
  map: number[]
}

interface Case {
  name: string
  shape: Shape
  gradientShape: Shape
  activation: number[]
  gradient: number[]
  paper: Variant
  standard: Variant
}

const variants = [
  { variant: 'paper', golden: 'authors', gradient: 'softmax', cam: gradCamPaper, steps: ['zoom-cubic', 'relu'] },
  { variant: 'standard', golden: 'textbook', gradient: 'logit', cam: gradCamStandard, steps: ['relu', 'bilinear'] },
] as const

function features([height, width, channels]: Shape, data: ArrayLike<number>): FeatureMap {
  return { height, width, channels, data: Float32Array.from(data) }
}

function rendered(
  coarse: Float64Array,
  [rows, cols]: Shape,
  ops: readonly ('zoom-cubic' | 'relu' | 'bilinear')[],
  size: [number, number],
) {
  const steps: RenderStep[] = [...ops.map((op) => ({ op })), { op: 'divide-by-max' }]
  return renderMap({ kind: 'grid', rows, cols, values: coarse, steps }, { width: size[0], height: size[1] }).data
}

/** Largest difference, relative to the largest expected value. */
function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  return (
    largestDifference(actual, expected) / Array.from(expected).reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  )
}

const ones = features([2, 2, 3], new Float32Array(12).fill(1))

describe.each(variants)('Grad-CAM, $variant', ({ variant, cam, steps }) => {
  it.each(fixture('explanation/cam.json') as Case[])('equals NumPy with $name', (example) => {
    const { shape, gradientShape, activation, gradient } = example
    const result = cam(features(shape, activation), features(gradientShape, gradient))
    expect(relativeDifference(result.weights, example[variant].weights)).toBeLessThan(1e-12)
    expect(relativeDifference(result.coarse, example[variant].coarse)).toBeLessThan(1e-12)
    expect(largestDifference(rendered(result.coarse, shape, steps, [10, 8]), example[variant].map)).toBeLessThan(1e-11)
    expect(result.note).toBeUndefined()
  })

  it('takes one gradient for all positions as the same gradient at every position', () => {
    const activation = features([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const same = features([2, 2, 3], [0.5, -0.25, 2, 0.5, -0.25, 2, 0.5, -0.25, 2, 0.5, -0.25, 2])
    const one = cam(activation, features([1, 1, 3], [0.5, -0.25, 2]))
    expect(relativeDifference(one.coarse, cam(activation, same).coarse)).toBeLessThan(1e-14)
  })

  it('refuses an activation and a gradient that do not belong together', () => {
    const mismatch = expect.objectContaining({ code: 'shape.mismatch' }) as unknown as Error
    expect(() => cam(ones, features([2, 1, 3], new Float32Array(6)))).toThrow(mismatch)
    expect(() => cam(ones, features([2, 2, 2], new Float32Array(8)))).toThrow(mismatch)
    expect(() => cam(ones, features([2, 2, 3], new Float32Array(11)))).toThrow(mismatch)
    expect(() => cam(features([2, 2, 0], []), features([2, 2, 0], []))).toThrow(mismatch)
  })
})

describe('a gradient of 0', () => {
  const zero = features([2, 2, 3], new Float32Array(12))

  it('gives the sum of the activations in the paper variant, noted as saturated', () => {
    const result = gradCamPaper(ones, zero)
    expect(Array.from(result.coarse)).toEqual([3, 3, 3, 3])
    expect(result.note).toBe('saturated')
  })

  it('gives nothing in the standard variant, noted as saturated', () => {
    const result = gradCamStandard(ones, zero)
    expect(Array.from(result.coarse)).toEqual([0, 0, 0, 0])
    expect(result.note).toBe('saturated')
  })

  it('is told from evidence against the class only', () => {
    expect(gradCamStandard(ones, features([1, 1, 3], [-1, 0, 0])).note).toBe('no-positive-evidence')
  })
})

describeWithData('Grad-CAM beside the goldens', () => {
  describe.each(goldenExplanations)('%s', (photo) => {
    it.each(variants)('$variant from the stored activation and gradient', ({ golden, gradient, cam, steps }) => {
      const stored = (name: string) => {
        const { shape, data } = goldenArray(`explainers/${photo}/${name}`)
        return features(shape as Shape, data)
      }
      const activation = stored('cam_activation')
      const { weights, coarse, note } = cam(activation, stored(`cam_grad_${gradient}`))
      const expected = (part: string) => goldenValues(`explainers/${photo}/gradcam_${golden}_${part}`)
      expect(relativeDifference(weights, expected('weights'))).toBeLessThan(1e-5)
      expect(relativeDifference(coarse, expected('coarse'))).toBeLessThan(1e-5)
      const shape: Shape = [activation.height, activation.width, activation.channels]
      // the reference sums in float32
      expect(largestDifference(rendered(coarse, shape, steps, [224, 224]), expected('map'))).toBeLessThan(1e-4)
      expect(note).toBeUndefined()
    })
  })
})
