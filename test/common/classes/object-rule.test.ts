import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  biggestOf,
  countsForLabel,
  everyInstance,
  isPart,
  objectRule,
  standingsOf,
  type ObjectCandidate,
  type ObjectChoice,
  type ObjectRules,
} from '#common/classes/object-rule.ts'

const matching = { kind: 'matching' } as const
const anyRules: ObjectRules = { rule: matching, objectMap: {}, choice: everyInstance, leftOut: null }

/** Instances of these categories that nobody said more of. */
function candidates(...categories: (string | null)[]): ObjectCandidate[] {
  return categories.map((category, i) => ({ id: i + 1, category, score: null, area: 10 }))
}

/** Ids of those that are part of the object. */
function partsOf(instances: readonly ObjectCandidate[], label: string | null, rules: Partial<ObjectRules>): number[] {
  const standings = standingsOf(instances, label, { ...anyRules, ...rules })
  return instances.filter((_, place) => isPart(standings[place]!)).map(({ id }) => id)
}

describe('objectRule', () => {
  it('lets the only category count for every label if it is none itself', () => {
    expect(objectRule(['pet', 'pet'], ['cat', 'dog'])).toEqual({ kind: 'any-category', category: 'pet' })
    expect(objectRule([null, null], ['cat'])).toEqual({ kind: 'any-category', category: null })
    expect(objectRule(['foreground'], [])).toEqual({ kind: 'any-category', category: 'foreground' })
  })

  it('asks for a match where there are several categories, or the only one means a label', () => {
    expect(objectRule(['pet', 'person'], ['cat'])).toEqual({ kind: 'matching' })
    expect(objectRule(['cats'], ['cat', 'dog'])).toEqual({ kind: 'matching' })
    expect(objectRule(['gato'], ['cat'])).toEqual({ kind: 'matching' })
    expect(objectRule([null, 'pet'], ['cat'])).toEqual({ kind: 'matching' })
    expect(objectRule([], ['cat'])).toEqual({ kind: 'matching' })
  })
})

describe('countsForLabel', () => {
  it('goes by what a category means', () => {
    expect(countsForLabel('Cat', 'cat', anyRules)).toBe(true)
    expect(countsForLabel('perro', 'dog', anyRules)).toBe(false)
    expect(countsForLabel('perro', 'dog', { rule: matching, objectMap: { perro: 'dog' } })).toBe(true)
    expect(countsForLabel('dog', 'dog', { rule: matching, objectMap: { dog: 'wolf' } })).toBe(false)
    expect(countsForLabel('dog', 'dog', { rule: matching, objectMap: { dog: '' } })).toBe(false)
  })
})

describe('standingsOf', () => {
  it('picks the instances whose category means the label', () => {
    const instances = candidates('Cat', 'dog', 'perro', 'person')
    expect(partsOf(instances, 'cat', {})).toEqual([1])
    expect(partsOf(instances, 'dog', { objectMap: { perro: 'dog' } })).toEqual([2, 3])
    expect(partsOf(instances, 'dog', { objectMap: { dog: 'wolf' } })).toEqual([])
  })

  it('picks all of the one category under its rule', () => {
    const rule = objectRule(['pet'], ['cat', 'dog'])
    expect(partsOf(candidates('pet', 'pet'), 'cat', { rule })).toEqual([1, 2])
    expect(partsOf(candidates(null), 'cat', { rule: objectRule([null], ['cat']) })).toEqual([1])
    expect(partsOf(candidates(null), 'cat', {})).toEqual([])
  })

  it('has nothing to match for an image without a label, and takes every instance', () => {
    expect(partsOf(candidates('Cat', 'dog', null), null, {})).toEqual([1, 2, 3])
  })

  it('says why an instance is not part of the object', () => {
    const instances: ObjectCandidate[] = [
      { id: 1, category: 'cat', score: 0.9, area: 5 },
      { id: 2, category: 'cat', score: 0.7, area: 9 },
      { id: 3, category: 'cat', score: 0.69, area: 90 },
      { id: 4, category: 'dog', score: 0.99, area: 90 },
      { id: 5, category: 'cat', score: null, area: 2 },
    ]
    const choice: ObjectChoice = { minConfidence: 0.7, pick: 'biggest' }
    expect(standingsOf(instances, 'cat', { ...anyRules, choice })).toEqual([
      'not-biggest',
      'rule',
      'low-confidence',
      'other-class',
      'not-biggest',
    ])
    expect(standingsOf(instances, 'cat', { ...anyRules, choice, leftOut: [2, 77] })).toEqual([
      'by-hand',
      'left-out',
      'by-hand',
      'by-hand',
      'by-hand',
    ])
  })
})

const candidate = fc.record({
  category: fc.constantFrom('cat', 'dog', null),
  score: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
  area: fc.integer({ min: 0, max: 5 }),
})
const instancesOf = fc.array(candidate, { maxLength: 8 }).chain((facts) =>
  fc
    .shuffledSubarray(
      facts.map((_, i) => i + 1),
      { minLength: facts.length },
    )
    .map((ids) => facts.map((each, i): ObjectCandidate => ({ ...each, id: ids[i]! }))),
)
const anyLabel = fc.constantFrom('cat', 'dog', null)
const confidence = fc.double({ min: 0, max: 1, noNaN: true })

describe('the rules of the object', () => {
  it('take all of the class by default', () => {
    fc.assert(
      fc.property(instancesOf, anyLabel, (instances, label) => {
        const wanted = instances.filter(({ category }) => countsForLabel(category, label, anyRules))
        expect(partsOf(instances, label, {})).toEqual(wanted.map(({ id }) => id))
      }),
    )
  })

  it('take fewer with every step of the least confidence, and never lose one without a score', () => {
    fc.assert(
      fc.property(instancesOf, anyLabel, confidence, confidence, (instances, label, a, b) => {
        const at = (minConfidence: number) => partsOf(instances, label, { choice: { minConfidence, pick: 'union' } })
        const [low, high] = [at(Math.min(a, b)), at(Math.max(a, b))]
        expect(low).toEqual(expect.arrayContaining(high))
        const unscored = instances.filter(({ score }) => score === null).map(({ id }) => id)
        expect(high.filter((id) => unscored.includes(id))).toEqual(
          partsOf(instances, label, {}).filter((id) => unscored.includes(id)),
        )
      }),
    )
  })

  it('pick one, the largest of the union, of equal ones the oldest', () => {
    fc.assert(
      fc.property(instancesOf, anyLabel, confidence, (instances, label, minConfidence) => {
        const union = partsOf(instances, label, { choice: { minConfidence, pick: 'union' } })
        const all = instances.filter(({ id }) => union.includes(id))
        const [first] = [...all].sort((x, y) => y.area - x.area || x.id - y.id)
        const picked = partsOf(instances, label, { choice: { minConfidence, pick: 'biggest' } })
        expect(picked).toEqual(first === undefined ? [] : [first.id])
        expect(biggestOf(all)).toBe(first)
      }),
    )
  })

  it('give way to a person, whatever they are', () => {
    fc.assert(
      fc.property(
        instancesOf,
        anyLabel,
        confidence,
        fc.constantFrom('union', 'biggest'),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (instances, label, minConfidence, pick, leftOut) => {
          const ids = instances.map(({ id }) => id).filter((id) => !leftOut.includes(id))
          expect(partsOf(instances, label, { choice: { minConfidence, pick }, leftOut })).toEqual(ids)
        },
      ),
    )
  })
})
