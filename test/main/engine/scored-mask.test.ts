import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everyInstance, isPart, standingsOf, type ObjectChoice, type ObjectRule } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { InstanceMaskId, MaskRevisionId } from '#common/contract/ids.ts'
import { findScoredMask, type ChoiceHistory, type InstanceHistory } from '#main/engine/scored-mask.ts'
import type { MaskRevision } from '#main/project/mask-rows.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'
import { aMask } from '../../builders/project.ts'

const labels = ['cat', 'dog', 'bird']
const categories = [...labels, 'Katze', null]

/** Objects of an image; the order in which their outlines came is that of the numbers given. */
function histories(
  facts: readonly { category: string | null; score?: number | null; ids: readonly number[] }[],
): InstanceHistory[] {
  return facts.map(({ category, score = null, ids }, index) => ({
    id: (index + 1) as InstanceMaskId,
    category,
    score,
    revisions: ids.map((id) => revision(id, index)),
  }))
}

const nothingChosen: ChoiceHistory = { categories, choices: [everyInstance], leftOuts: [] }

function revision(id: number, instance: number): MaskRevision {
  const facts = { number: 0, kind: 'machine', auditor: null, sha256: '', createdAt: 1 } as const
  return {
    ...facts,
    id: id as MaskRevisionId,
    instanceMaskId: (instance + 1) as InstanceMaskId,
    mask: { ...aMask(), area: (id * 7) % 5 },
  }
}

const category = fc.constantFrom(...categories)
const score = fc.constantFrom(null, 0.3, 0.7, 0.9)
/** One to six objects with one to three outlines each. */
const image = fc
  .array(fc.record({ category, score, count: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 6 })
  .chain((objects) => {
    const owners = objects.flatMap(({ count }, index) => Array<number>(count).fill(index))
    return fc.shuffledSubarray(owners, { minLength: owners.length }).map((order) =>
      histories(
        objects.map((object, index) => ({
          category: object.category,
          score: object.score,
          ids: order.flatMap((owner, place) => (owner === index ? [place + 1] : [])),
        })),
      ),
    )
  })

describe('findScoredMask', () => {
  it('finds what any rule chose for any label at any time', () => {
    const rule: fc.Arbitrary<ObjectRule> = fc.oneof(
      fc.constant({ kind: 'matching' } as const),
      category.map((chosen) => ({ kind: 'any-category', category: chosen }) as const),
    )
    const label = fc.option(fc.constantFrom(...labels), { nil: null })
    const choice: fc.Arbitrary<ObjectChoice> = fc.record({
      minConfidence: fc.constantFrom(0, 0.5, 0.8),
      pick: fc.constantFrom('union', 'biggest'),
    })
    const leftOut = fc.option(fc.subarray([1, 2, 3, 4, 5, 6]), { nil: null })
    fc.assert(
      fc.property(
        image,
        rule,
        label,
        choice,
        leftOut,
        fc.integer({ min: 1, max: 18 }),
        (instances, chosenRule, chosenLabel, chosenChoice, chosenByHand, time) => {
          const then = instances.flatMap(({ revisions, ...instance }) => {
            const newest = revisions.findLast(({ id }) => id <= time)
            return newest ? [{ ...instance, newest, area: newest.mask.area }] : []
          })
          const rules = { rule: chosenRule, objectMap: { Katze: 'cat' }, choice: chosenChoice, leftOut: chosenByHand }
          const standings = standingsOf(then, chosenLabel, rules)
          const ids = then.filter((_, place) => isPart(standings[place]!)).map(({ newest }) => newest.id)
          const found = findScoredMask(hashMaskChoice(ids, canonicalJson({ ...chosenRule })), instances, {
            categories,
            choices: [{ minConfidence: 0.2, pick: 'biggest' }, chosenChoice, everyInstance],
            leftOuts: chosenByHand === null ? [] : [[1], chosenByHand].map((left) => left as InstanceMaskId[]),
          })
          expect(found?.map(({ id }) => id).sort()).toEqual([...ids].sort())
        },
      ),
    )
  })

  it('gives null for a key of something else', () => {
    const instances = histories([{ category: 'cat', ids: [1, 3] }])
    expect(
      findScoredMask(hashMaskChoice([2 as MaskRevisionId], '{"kind":"matching"}'), instances, nothingChosen),
    ).toBeNull()
    expect(findScoredMask('0'.repeat(64), [], nothingChosen)).toBeNull()
  })

  it('finds all and none of an image with many categories', () => {
    const many = histories(Array.from({ length: 30 }, (_, i) => ({ category: `c${i}`, ids: [i + 1] })))
    const key = (ids: number[]) => hashMaskChoice(ids as MaskRevisionId[], '{"kind":"matching"}')
    expect(findScoredMask(key(many.map((_, i) => i + 1)), many, nothingChosen)).toHaveLength(30)
    expect(findScoredMask(key([]), many, nothingChosen)).toEqual([])
    expect(findScoredMask(key([7]), many, nothingChosen)?.map(({ id }) => id)).toEqual([7])
  })
})
