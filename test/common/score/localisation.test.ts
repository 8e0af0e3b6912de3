import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auc, pointingGame, relevanceRank, topK } from '#common/score/localisation.ts'
import { obalexScore, type MaskAndMap } from '#common/score/obalex.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { fixture, goldenValues } from '../explanation/goldens.ts'

interface Case extends MaskAndMap {
  name: string
  pointingGame: number
  relevanceRank: number
  top10: number
  auc: number
}

interface QuantusPair {
  photo: string
  map: string
  RelevanceMassAccuracy: number
  RelevanceRankAccuracy?: number
  PointingGame: number
  TopKIntersection_k1000?: number
}

const row = (mask: number[], map: number[]) => ({ width: mask.length, height: 1, mask, map })
const all = (input: MaskAndMap) => [pointingGame(input), relevanceRank(input), topK(input), auc(input)]

describe('localisation metrics', () => {
  it.each(fixture('score/scores.json') as Case[])('equal NumPy and SciPy: $name', (example) => {
    expect(pointingGame(example)).toBe(example.pointingGame)
    expect(relevanceRank(example)).toBeCloseTo(example.relevanceRank, 12)
    expect(topK(example, 10)).toBeCloseTo(example.top10, 12)
    expect(auc(example)).toBeCloseTo(example.auc, 12)
  })

  it('equal naive counting, ties in index order', () => {
    const cells = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -3, max: 3 })), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 50 }), (pairs, k) => {
        const input = row(
          pairs.map(([inside]) => (inside ? 1 : 0)),
          pairs.map(([, value]) => value),
        )
        const inside = pairs.filter(([isInside]) => isInside)
        const outside = pairs.filter(([isInside]) => !isInside)
        fc.pre(inside.length > 0 && pairs.some(([, value]) => value !== 0))
        const ordered = [...pairs].sort((a, b) => b[1] - a[1])
        const share = (count: number) => ordered.slice(0, count).filter(([isInside]) => isInside).length / count
        expect(relevanceRank(input)).toBe(share(inside.length))
        expect(topK(input, k)).toBe(share(Math.min(k, pairs.length)))
        expect(pointingGame(input)).toBe(inside.some(([, value]) => value === ordered[0]![1]) ? 1 : 0)
        if (outside.length === 0) return
        const wins = inside.flatMap(([, a]) => outside.map(([, b]) => (a > b ? 1 : a === b ? 0.5 : 0)))
        expect(auc(input)).toBeCloseTo(wins.reduce<number>((sum, win) => sum + win, 0) / wins.length, 12)
      }),
    )
  })

  it('count a cell as inside from a mask of 0.5 on', () => {
    const input = row([0.5, 0.49, 0], [3, 5, 1])
    expect(all(input)).toEqual([0, 0, 1 / 3, 0.5])
  })

  it('take a hit if one of the tied maxima is inside', () => {
    expect(pointingGame(row([0, 1, 0], [4, 4, 0]))).toBe(1)
  })

  it('give 1 for all evidence inside and an AUC of 0.5 for a uniform map', () => {
    expect(all(row([1, 1, 0, 0], [4, 3, 0, 0]))).toEqual([1, 1, 0.5, 1])
    expect(auc(row([1, 0, 0], [2, 2, 2]))).toBe(0.5)
  })

  it('are null without an object and without evidence; the AUC also without background', () => {
    expect(all(row([0, 0.4], [1, 2]))).toEqual([null, null, null, null])
    expect(all(row([1, 0], [0, 0]))).toEqual([null, null, null, null])
    expect(all(row([1, 1], [1, 2]))).toEqual([1, 1, 1, null])
  })

  it('take negative evidence, but nothing that is not finite, and no other size', () => {
    expect(all(row([1, 0], [-1, -2]))).toEqual([1, 1, 0.5, 1])
    for (const metric of [pointingGame, relevanceRank, topK, auc]) {
      expect(() => metric(row([1, 0], [1, NaN]))).toThrow(expect.objectContaining({ code: 'map.not-finite' }))
      expect(() => metric(row([1, 0], [1]))).toThrow(expect.objectContaining({ code: 'shape.mismatch' }))
    }
  })
})

describeWithData('localisation metrics beside Quantus', () => {
  it('agree on every pair of map and mask', () => {
    const { pairs } = JSON.parse(readFileSync(testData('goldens/quantus/quantus.json'), 'utf8')) as {
      pairs: QuantusPair[]
    }
    expect(pairs).toHaveLength(20)
    for (const pair of pairs) {
      const [name, minus] = pair.map.split(' minus ')
      const folder = `explainers/mobilenet025/${pair.photo}`
      const map = goldenValues(`${folder}/${name!}`).map((value) => value - Number(minus ?? 0))
      const input = { width: 224, height: 224, mask: goldenValues(`${folder}/mask`).map((value) => value / 255), map }
      expect(pointingGame(input)).toBe(pair.PointingGame)
      if (pair.RelevanceRankAccuracy !== undefined) {
        expect(Math.abs(relevanceRank(input)! - pair.RelevanceRankAccuracy)).toBeLessThan(1e-6)
        expect(Math.abs(topK(input)! - pair.TopKIntersection_k1000!)).toBeLessThanOrEqual(1e-3)
      }
      if (minus === undefined) expect(obalexScore(input).obalex).toBeCloseTo(pair.RelevanceMassAccuracy, 9)
      else expect(() => obalexScore(input)).toThrow(expect.objectContaining({ code: 'map.negative' }))
    }
  })
})
