import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { obalexScore, type MaskAndMap } from '#common/score/obalex.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { fixture, goldenExplanations, goldenValues } from '../explanation/goldens.ts'

interface Case extends MaskAndMap {
  name: string
  obalex: number
  areaShare: number
  lift: number
  normalized: number
}

const row = (mask: number[], map: number[]) => ({ width: mask.length, height: 1, mask, map })

describe('obalexScore', () => {
  it.each(fixture('score/scores.json') as Case[])('equals NumPy: $name', (example) => {
    const score = obalexScore(example)
    expect(score.obalex).toBeCloseTo(example.obalex, 12)
    expect(score.areaShare).toBeCloseTo(example.areaShare, 12)
    expect(score.lift).toBeCloseTo(example.lift, 12)
    expect(score.normalized).toBeCloseTo(example.normalized, 12)
    expect(score.reason).toBeUndefined()
  })

  it('is the share of the evidence on the object, weighted by a fuzzy mask', () => {
    expect(obalexScore(row([1, 0.5, 0, 0], [2, 4, 1, 1]))).toEqual({
      obalex: 0.5,
      areaShare: 0.375,
      lift: 0.5 / 0.375,
      normalized: 0.125 / 0.625,
    })
  })

  it('has no score for an empty map: null, in variant paper 0, the reason given in both', () => {
    const empty = row([1, 0, 0, 0], [0, 0, 0, 0])
    expect(obalexScore(empty)).toEqual({
      obalex: null,
      areaShare: 0.25,
      lift: null,
      normalized: null,
      reason: 'no-evidence',
    })
    expect(obalexScore({ ...empty, variant: 'paper' })).toEqual({
      obalex: 0,
      areaShare: 0.25,
      lift: 0,
      normalized: -0.25 / 0.75,
      reason: 'no-evidence',
    })
  })

  it('has no score for an empty mask in either variant, also where the map is empty', () => {
    const none = { obalex: null, areaShare: 0, lift: null, normalized: null, reason: 'no-mask' }
    for (const variant of ['standard', 'paper'] as const) {
      expect(obalexScore({ ...row([0, 0], [1, 2]), variant })).toEqual(none)
      expect(obalexScore({ ...row([0, 0], [0, 0]), variant })).toEqual(none)
    }
  })

  it('has no normalised score where the mask covers everything', () => {
    expect(obalexScore(row([1, 1], [1, 3]))).toEqual({ obalex: 1, areaShare: 1, lift: 1, normalized: null })
  })

  it('gives 1 if all evidence is inside and 0 if none is', () => {
    expect(obalexScore(row([1, 1, 0], [2, 1, 0])).obalex).toBe(1)
    expect(obalexScore(row([0, 0, 1], [2, 1, 0])).obalex).toBe(0)
  })

  it.each([
    ['a negative value', 'map.negative', row([1, 0], [1, -1e-12])],
    ['NaN', 'map.not-finite', row([1, 0], [1, NaN])],
    ['infinity', 'map.not-finite', row([1, 0], [1, Infinity])],
    ['a sum beyond float64', 'map.not-finite', row([1, 0], [1.7e308, 1.7e308])],
    ['a mask above 1', 'mask.range', row([255, 0], [1, 1])],
    ['a mask below 0', 'mask.range', row([-0.1, 0], [1, 1])],
    ['a mask of NaN', 'mask.range', row([NaN, 0], [1, 1])],
    ['a short map', 'shape.mismatch', row([1, 0], [1])],
    ['a long mask', 'shape.mismatch', { ...row([1, 0, 0], [1, 1]), width: 2 }],
    ['no cells', 'shape.mismatch', row([], [])],
  ])('refuses %s', (_, code, input) => {
    expect(() => obalexScore(input)).toThrow(expect.objectContaining({ code }))
  })

  // whole thousandths: with subnormal numbers the laws below hold only up to underflow
  const cell = fc.tuple(
    fc.nat(1000).map((a) => a / 1000),
    fc.nat(1_000_000).map((b) => b / 1000),
  )
  const cells = fc.array(cell, { minLength: 1, maxLength: 60 })
  const split = (pairs: [number, number][]) =>
    row(
      pairs.map(([a]) => a),
      pairs.map(([, b]) => b),
    )

  it('lies in 0…1, and does so exactly', () => {
    fc.assert(
      fc.property(cells, (pairs) => {
        const { obalex } = obalexScore(split(pairs))
        if (obalex !== null) expect(obalex >= 0 && obalex <= 1).toBe(true)
      }),
    )
  })

  it('does not depend on the scale of the map', () => {
    fc.assert(
      fc.property(cells, (pairs) => {
        const input = split(pairs)
        const scaled = { ...input, map: input.map.map((value) => value * 2 ** 20) }
        expect(obalexScore(scaled).obalex).toBe(obalexScore(input).obalex)
      }),
    )
  })

  it('adds up to 1 with the score of the background', () => {
    fc.assert(
      fc.property(cells, (pairs) => {
        const input = split(pairs)
        const outside = { ...input, mask: input.mask.map((value) => 1 - value) }
        const [a, b] = [obalexScore(input).obalex, obalexScore(outside).obalex]
        if (a !== null && b !== null) expect(a + b).toBeCloseTo(1, 9)
      }),
    )
  })

  it('gives a uniform map the area share', () => {
    fc.assert(
      fc.property(cells, (pairs) => {
        const { obalex, areaShare } = obalexScore({ ...split(pairs), map: new Float32Array(pairs.length).fill(0.1) })
        if (obalex !== null) expect(obalex).toBeCloseTo(areaShare, 12)
      }),
    )
  })
})

describeWithData('obalexScore beside the goldens', () => {
  it.each(goldenExplanations)('scores every stored map of %s to 1e-6', (photo) => {
    const folder = `explainers/${photo}`
    const meta = JSON.parse(readFileSync(testData(`goldens/${folder}/meta.json`), 'utf8')) as {
      obalex: Record<string, number>
    }
    const { uniform, ...scores } = meta.obalex
    const mask = goldenValues(`${folder}/mask`).map((value) => value / 255)
    expect(Object.keys(scores).length).toBeGreaterThanOrEqual(5)
    for (const [method, expected] of Object.entries(scores)) {
      const map = goldenValues(`${folder}/${method === 'lime' ? 'lime_mask' : `${method}_map`}`)
      const score = obalexScore({ width: 224, height: 224, mask, map, variant: 'paper' })
      expect(Math.abs(score.obalex! - expected)).toBeLessThan(1e-9)
      expect(Math.abs(score.areaShare - uniform!)).toBeLessThan(1e-12)
    }
  })
})
