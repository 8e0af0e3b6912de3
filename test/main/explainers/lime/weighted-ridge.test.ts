import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawPerturbations, sampleWeights } from '#main/explainers/lime/perturbations.ts'
import { fitWeightedRidge } from '#main/explainers/lime/weighted-ridge.ts'

describe('fitWeightedRidge', () => {
  it('meets what scikit-learn 1.5.2 gives for a small problem', () => {
    // Ridge(alpha=1).fit([[1,1],[1,0],[0,1],[0,0]], [3,2,1.5,0], sample_weight=[1,2,.5,1])
    const fit = fitWeightedRidge({
      rows: Uint8Array.of(1, 1, 1, 0, 0, 1, 0, 0),
      nFeatures: 2,
      weights: Float64Array.of(1, 2, 0.5, 1),
      values: Float64Array.of(3, 2, 1.5, 0),
    })
    const expected = [0.9166666666666665, 0.5833333333333333, 0.916666666666667, 0.7412790697674418]
    const found = [...fit.coefficients, fit.intercept, fit.score]
    found.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, 12))
  })

  it('is where the penalised error has no slope', () => {
    const cases = fc.record({
      nFeatures: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(1e6),
      n: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(cases, ({ nFeatures, seed, n }) => {
        const rows = drawPerturbations(n, nFeatures, seed)
        const weights = sampleWeights(rows, nFeatures)
        const values = Float64Array.from({ length: n }, (_, i) => Math.sin(seed + i * 12.9898))
        const { coefficients, intercept, score } = fitWeightedRidge({ rows, nFeatures, weights, values })
        const slopes = new Float64Array(nFeatures + 1)
        coefficients.forEach((coefficient, i) => (slopes[i] = coefficient))
        for (let s = 0; s < n; s++) {
          let rest = intercept - values[s]!
          for (let i = 0; i < nFeatures; i++) rest += rows[s * nFeatures + i]! * coefficients[i]!
          for (let i = 0; i < nFeatures; i++) slopes[i]! += weights[s]! * rest * rows[s * nFeatures + i]!
          slopes[nFeatures]! += weights[s]! * rest
        }
        for (const slope of slopes) expect(Math.abs(slope)).toBeLessThan(1e-9)
        expect(score).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('calls equal values a perfect fit', () => {
    const fit = fitWeightedRidge({
      rows: Uint8Array.of(1, 0),
      nFeatures: 1,
      weights: Float64Array.of(1, 1),
      values: Float64Array.of(0.5, 0.5),
    })
    expect(fit).toEqual({ coefficients: Float64Array.of(0), intercept: 0.5, score: 1 })
  })
})

describe('sampleWeights', () => {
  it('counts the photo itself most and an all-hidden one least', () => {
    const weights = sampleWeights(Uint8Array.of(1, 1, 1, 0, 0, 0), 2)
    expect(weights[0]).toBe(1)
    expect(weights[1]).toBeCloseTo(Math.exp(-8 * (1 - Math.SQRT1_2) ** 2), 14)
    expect(weights[2]).toBeCloseTo(Math.exp(-8), 14)
  })
})
