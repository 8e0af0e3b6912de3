import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClassifierInfo } from '#common/contract/procedures/models.ts'
import { topClasses } from '#main/engine/class-scores.ts'

describe('the top classes', () => {
  const info = { card: { labels: null } } as unknown as ClassifierInfo

  it('are the best ones in order, equal ones by their index, however many are asked for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 }),
        fc.option(fc.integer({ min: 1, max: 70 })),
        (scores, n) => {
          const logits = Float32Array.from(scores)
          const probabilities = Float64Array.from(scores, (score) => score / 10)
          const expected = scores
            .map((logit, index) => ({ index, label: null, logit, probability: logit / 10 }))
            .sort((a, b) => b.logit - a.logit || a.index - b.index)
          expect(topClasses(info, { logits, probabilities }, n)).toEqual(expected.slice(0, n ?? scores.length))
        },
      ),
    )
  })

  it('have the names of the card', () => {
    const named = { card: { labels: ['cat', 'dog'] } } as unknown as ClassifierInfo
    const [best] = topClasses(named, { logits: Float32Array.of(0, 1), probabilities: Float64Array.of(0.25, 0.75) }, 1)
    expect(best).toEqual({ index: 1, label: 'dog', probability: 0.75, logit: 1 })
  })
})
