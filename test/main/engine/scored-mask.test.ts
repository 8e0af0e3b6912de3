import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { objectInstances, type ObjectRule } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { InstanceMaskId, MaskRevisionId } from '#common/contract/ids.ts'
import { findScoredMask, type InstanceHistory } from '#main/engine/scored-mask.ts'
import type { MaskRevision } from '#main/project/mask-rows.ts'
import { hashMaskChoice } from '#main/project/score-repository.ts'
import { aMask } from '../../builders/project.ts'

const labels = ['cat', 'dog', 'bird']
const categories = [...labels, 'Katze', null]

/** Objects of an image; the order in which their outlines came is that of the numbers given. */
function histories(facts: readonly { category: string | null; ids: readonly number[] }[]): InstanceHistory[] {
  return facts.map(({ category, ids }, index) => ({ category, revisions: ids.map((id) => revision(id, index)) }))
}

function revision(id: number, instance: number): MaskRevision {
  const facts = { number: 0, kind: 'machine', auditor: null, sha256: '', createdAt: 1 } as const
  return { ...facts, id: id as MaskRevisionId, instanceMaskId: (instance + 1) as InstanceMaskId, mask: aMask() }
}

const category = fc.constantFrom(...categories)
/** One to six objects with one to three outlines each. */
const image = fc
  .array(fc.record({ category, count: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 6 })
  .chain((objects) => {
    const owners = objects.flatMap(({ count }, index) => Array<number>(count).fill(index))
    return fc.shuffledSubarray(owners, { minLength: owners.length }).map((order) =>
      histories(
        objects.map((object, index) => ({
          category: object.category,
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
    fc.assert(
      fc.property(image, rule, label, fc.integer({ min: 1, max: 18 }), (instances, chosenRule, chosenLabel, time) => {
        const then = instances.flatMap(({ category: own, revisions }) => {
          const newest = revisions.findLast(({ id }) => id <= time)
          return newest ? [{ category: own, newest }] : []
        })
        const options = { rule: chosenRule, objectMap: { Katze: 'cat' } }
        const chosen = objectInstances(then, chosenLabel, options).map(({ newest }) => newest)
        const ids = chosen.map(({ id }) => id)
        const found = findScoredMask(hashMaskChoice(ids, canonicalJson({ ...chosenRule })), instances, categories)
        expect(found?.map(({ id }) => id).sort()).toEqual([...ids].sort())
      }),
    )
  })

  it('gives null for a key of something else', () => {
    const instances = histories([{ category: 'cat', ids: [1, 3] }])
    expect(
      findScoredMask(hashMaskChoice([2 as MaskRevisionId], '{"kind":"matching"}'), instances, categories),
    ).toBeNull()
    expect(findScoredMask('0'.repeat(64), [], categories)).toBeNull()
  })

  it('finds all and none of an image with many categories', () => {
    const many = histories(Array.from({ length: 30 }, (_, i) => ({ category: `c${i}`, ids: [i + 1] })))
    const key = (ids: number[]) => hashMaskChoice(ids as MaskRevisionId[], '{"kind":"matching"}')
    expect(findScoredMask(key(many.map((_, i) => i + 1)), many, categories)).toHaveLength(30)
    expect(findScoredMask(key([]), many, categories)).toEqual([])
    expect(findScoredMask(key([7]), many, categories)?.map(({ id }) => id)).toEqual([7])
  })
})
