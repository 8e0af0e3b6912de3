import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { averageObalex, type AverageEntry, type Correctness } from '#common/score/average.ts'
import { obalexScore } from '#common/score/obalex.ts'

const scored = (obalex: number, areaShare = 0.25, correct: Correctness = true): AverageEntry => ({
  obalex,
  areaShare,
  correct,
})
const unscored = (reason: 'no-mask' | 'no-evidence', correct: Correctness = true): AverageEntry => ({
  obalex: null,
  areaShare: reason === 'no-mask' ? 0 : 0.25,
  reason,
  correct,
})

describe('averageObalex', () => {
  it('averages the correctly classified images that have a score', () => {
    const average = averageObalex([scored(0.5, 0.1), scored(0.7, 0.3), scored(0.1, 0.9, false)], { seed: 1 })
    expect(average).toMatchObject({ n: 2, accuracy: 2 / 3 })
    expect(average.avgObalex).toBeCloseTo(0.6, 12)
    expect(average.areaShare).toBeCloseTo(0.2, 12)
    expect(average.lift).toBeCloseTo(3, 12)
    expect(average.excluded).toEqual({ misclassified: 1, noMask: 0, noEvidence: 0, unlabelled: 0 })
  })

  it('counts every image in one place: unlabelled, misclassified, no mask, no evidence, in this order', () => {
    const reasons = ['no-mask', 'no-evidence'] as const
    const entries = [null, false, true].flatMap((correct) => [
      scored(0.5, 0.25, correct),
      ...reasons.map((reason) => unscored(reason, correct)),
    ])
    const { n, excluded, accuracy } = averageObalex(entries, { seed: 1 })
    expect(excluded).toEqual({ unlabelled: 3, misclassified: 3, noMask: 1, noEvidence: 1 })
    expect(n).toBe(1)
    expect(accuracy).toBe(0.5)
  })

  it('keeps the zero that variant paper gives to an empty map', () => {
    const empty = obalexScore({ width: 2, height: 1, mask: [1, 0], map: [0, 0], variant: 'paper' })
    const average = averageObalex([{ ...empty, correct: true }, scored(1)], { seed: 1 })
    expect(average).toMatchObject({ avgObalex: 0.5, n: 2, excluded: { noEvidence: 0 } })
  })

  it('counts an assumed answer as right in the average of scores, and not at all in accuracy', () => {
    const assumed = [scored(0.4, 0.25, 'assumed'), scored(0.6, 0.25, 'assumed'), unscored('no-mask', 'assumed')]
    expect(averageObalex(assumed, { seed: 1 })).toMatchObject({
      ...{ n: 2, avgObalex: 0.5, accuracy: null },
      excluded: { misclassified: 0, noMask: 1, noEvidence: 0, unlabelled: 0 },
    })
    const mixed = [...assumed, scored(0.5), scored(0.9, 0.25, false)]
    expect(averageObalex(mixed, { seed: 1 })).toMatchObject({ n: 3, avgObalex: 0.5, accuracy: 0.5 })
  })

  it('counts a missing score without a reason as no mask', () => {
    const average = averageObalex([{ obalex: null, areaShare: null, correct: true }], { seed: 1 })
    expect(average.excluded.noMask).toBe(1)
  })

  it('has no average, interval or lift without a scored image, and no accuracy without a label', () => {
    const nothing = { avgObalex: null, interval: null, n: 0, areaShare: null, lift: null }
    expect(averageObalex([], { seed: 1 })).toMatchObject({ ...nothing, accuracy: null })
    expect(averageObalex([scored(0.5, 0.25, null)], { seed: 1 })).toMatchObject({ ...nothing, accuracy: null })
    expect(averageObalex([unscored('no-mask')], { seed: 1 })).toMatchObject({ ...nothing, accuracy: 1 })
  })

  it('has an average but no interval for one image', () => {
    expect(averageObalex([scored(0.5)], { seed: 1 })).toMatchObject({ avgObalex: 0.5, interval: null, n: 1, lift: 2 })
  })

  it('has the same interval for the same seed, around the mean', () => {
    const entries = Array.from({ length: 40 }, (_, i) => scored(((i * 7) % 40) / 40))
    const first = averageObalex(entries, { seed: 42 })
    expect(averageObalex(entries, { seed: 42 })).toEqual(first)
    expect(averageObalex(entries, { seed: 43 }).interval).not.toEqual(first.interval)
    expect(averageObalex(entries, { seed: 42, resamples: 100 }).interval).not.toEqual(first.interval)
    expect(first.interval![0]).toBeLessThan(first.avgObalex!)
    expect(first.interval![1]).toBeGreaterThan(first.avgObalex!)
  })

  it('never loses or doubles an image', () => {
    const entry = fc.record({
      score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      reason: fc.constantFrom('no-mask' as const, 'no-evidence' as const),
      correct: fc.option(fc.boolean()),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), (drawn) => {
        const entries = drawn.map(({ score, reason, correct }) =>
          score === null ? unscored(reason, correct) : scored(score, 0.5, correct),
        )
        const { n, excluded } = averageObalex(entries, { seed: 7, resamples: 20 })
        expect(n + Object.values(excluded).reduce((sum, count) => sum + count, 0)).toBe(entries.length)
      }),
    )
  })
})
