import { describe, expect, it } from 'vitest'
import { structuralSimilarity } from '#common/explanation/structural-similarity.ts'
import { seededUniform } from '../../builders/small-model.ts'

const [width, height] = [14, 9]
const uniform = seededUniform(3)
const map = (value: () => number) => ({ width, height, data: Float64Array.from({ length: width * height }, value) })

/** The definition, with the window of every pixel written out. */
function naive(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const seen: [number, number, number][] = []
      for (let v = Math.max(y - 5, 0); v <= Math.min(y + 5, height - 1); v++)
        for (let u = Math.max(x - 5, 0); u <= Math.min(x + 5, width - 1); u++)
          seen.push([Math.exp(-((v - y) ** 2 + (u - x) ** 2) / 4.5), a[v * width + u]!, b[v * width + u]!])
      const mean = (of: (p: number, q: number) => number): number =>
        seen.reduce((sum, [w, p, q]) => sum + w * of(p, q), 0) / seen.reduce((sum, [w]) => sum + w, 0)
      const [p, q] = [mean((value) => value), mean((_, value) => value)]
      const [v, w, c] = [mean((s) => (s - p) ** 2), mean((_, s) => (s - q) ** 2), mean((s, t) => (s - p) * (t - q))]
      total += ((2 * p * q + 1e-4) * (2 * c + 9e-4)) / ((p * p + q * q + 1e-4) * (v + w + 9e-4))
    }
  }
  return total / (width * height)
}

describe('structural similarity', () => {
  it('is what its definition gives', () => {
    const [a, b] = [map(uniform), map(uniform)]
    expect(structuralSimilarity(a, b)).toBeCloseTo(naive(a.data, b.data), 10)
  })

  it('is 1 for equal maps, those of one value included, and less for others', () => {
    const a = map(uniform)
    expect(structuralSimilarity(a, a)).toBeCloseTo(1, 12)
    expect(
      structuralSimilarity(
        map(() => 0),
        map(() => 0),
      ),
    ).toBe(1)
    expect(structuralSimilarity(a, { ...a, data: a.data.map((value) => 1 - value) })).toBeLessThan(0)
  })

  it('refuses maps of other sizes', () => {
    const mismatch = expect.objectContaining({ code: 'shape.mismatch' }) as Error
    expect(() => structuralSimilarity(map(uniform), { ...map(uniform), width: height, height: width })).toThrow(
      mismatch,
    )
  })
})
