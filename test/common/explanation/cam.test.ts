import { describe, expect, it } from 'vitest'
import {
  gradCamPaper,
  gradCamPlusPlusPaper,
  gradCamPlusPlusStandard,
  gradCamStandard,
  type FeatureMap,
} from '#common/explanation/cam.ts'
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

describe('Grad-CAM++', () => {
  const activation = features([2, 2, 2], [1, 0.5, 2, 0, 0, 3, 1, 0.25])
  const gradient = features([2, 2, 2], [0.5, -1, 0.25, 2, -0.5, 1, 1, 0])

  it('standard: α = g² / (2g² + S·g³ + 10⁻⁶), weights Σ max(g, 0)·α, as worked out by hand', () => {
    const alpha = (g: number, S: number): number => g ** 2 / (2 * g ** 2 + S * g ** 3 + 1e-6)
    const first = [0.5, 0.25, 1].reduce((sum, g) => sum + g * alpha(g, 4), 0)
    const second = [2, 1].reduce((sum, g) => sum + g * alpha(g, 3.75), 0)
    const { weights, coarse } = gradCamPlusPlusStandard(activation, gradient)
    expect(largestDifference(weights, [first, second])).toBeLessThan(1e-12)
    expect(coarse[0]).toBeCloseTo(first + 0.5 * second, 12)
  })

  it('paper: the α of a channel are divided by their sum', () => {
    const rms = Math.sqrt([...gradient.data].reduce((sum, g) => sum + g * g, 0) / 8)
    const { weights } = gradCamPlusPlusPaper(activation, gradient)
    const expected = [4, 3.75].map((S, c) => {
      const g = [...gradient.data].filter((_, i) => i % 2 === c).map((value) => (value + 1e-10) / rms)
      const alphas = g.map((value) => value ** 2 / (2 * value ** 2 + value ** 3 * S))
      const sum = alphas.reduce((a, b) => a + b)
      return g.reduce((weight, value, i) => weight + (Math.max(value, 0) * alphas[i]!) / sum, 0)
    })
    expect(relativeDifference(weights, expected)).toBeLessThan(1e-5)
  })

  it.each([gradCamPlusPlusPaper, gradCamPlusPlusStandard])(
    'takes one gradient for all positions as the same gradient at every position: %o',
    (cam) => {
      const same = features([2, 2, 2], [0.5, -0.25, 0.5, -0.25, 0.5, -0.25, 0.5, -0.25])
      const one = cam(activation, features([1, 1, 2], [0.5, -0.25]))
      expect(relativeDifference(one.coarse, cam(activation, same).coarse)).toBeLessThan(1e-6)
    },
  )

  it('weighs channels of which no gradient speaks for the class 0, and says so where that is all of them', () => {
    const against = features([2, 2, 2], [-1, -2, -1, -0.5, -3, -1, -1, -1])
    for (const cam of [gradCamPlusPlusPaper, gradCamPlusPlusStandard]) {
      const { coarse, note } = cam(activation, against)
      expect([...coarse]).toEqual([0, 0, 0, 0])
      expect(note).toBe('no-positive-evidence')
    }
  })

  it('gives finite numbers with a reason for a gradient of 0 and for activations of 0', () => {
    const zero = features([2, 2, 2], new Float32Array(8))
    for (const cam of [gradCamPlusPlusPaper, gradCamPlusPlusStandard]) {
      expect(cam(activation, zero).note).toBe('saturated')
      expect(cam(zero, gradient).note).toBe('no-positive-evidence')
      for (const map of [cam(activation, zero), cam(zero, gradient)]) {
        expect(map.coarse.every(Number.isFinite)).toBe(true)
        expect(map.weights.every(Number.isFinite)).toBe(true)
      }
    }
  })

  it('paper: notes a map as unstable where the α of a channel cancel', () => {
    // of g = (x, x, −x, −x), the parts cancel where 1/(2 + x·S) = −1/(2 − x·S); RMS is x, so that g is ±1
    const cancelling = features([2, 2, 1], [1, 1, -1, -1])
    const large = features([2, 2, 1], [1e9, 1e9, 1e9, 1e9])
    const { note, coarse } = gradCamPlusPlusPaper(large, cancelling)
    expect(note).toBe('unstable')
    expect(coarse.every(Number.isFinite)).toBe(true)
  })
})

describeWithData('class activation maps beside the goldens', () => {
  const methods = [
    ...variants.map((variant) => ({ ...variant, method: 'gradcam' })),
    { ...variants[0], method: 'gradcampp', cam: gradCamPlusPlusPaper },
    { ...variants[1], method: 'gradcampp', cam: gradCamPlusPlusStandard },
  ]
  describe.each(goldenExplanations)('%s', (photo) => {
    it.each(methods)('$method, $variant, from the stored activation and gradient', (example) => {
      const { method, golden, gradient, cam, steps } = example
      const stored = (name: string) => {
        const { shape, data } = goldenArray(`explainers/${photo}/${name}`)
        return features(shape as Shape, data)
      }
      const activation = stored('cam_activation')
      const { weights, coarse, note } = cam(activation, stored(`cam_grad_${gradient}`))
      const expected = (part: string) => goldenValues(`explainers/${photo}/${method}_${golden}_${part}`)
      expect(relativeDifference(weights, expected('weights'))).toBeLessThan(1e-5)
      expect(relativeDifference(coarse, expected('coarse'))).toBeLessThan(1e-5)
      const shape: Shape = [activation.height, activation.width, activation.channels]
      // the reference sums in float32
      expect(largestDifference(rendered(coarse, shape, steps, [224, 224]), expected('map'))).toBeLessThan(1e-4)
      expect(note).toBeUndefined()
    })
  })
})
