import { describe, expect, it } from 'vitest'
import { objectInstances, objectRule } from '#common/classes/object-rule.ts'

const instances = [{ category: 'Cat' }, { category: 'dog' }, { category: 'perro' }, { category: 'person' }]

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

describe('objectInstances', () => {
  const matching = { kind: 'matching' } as const

  it('picks the instances whose category means the label', () => {
    expect(objectInstances(instances, 'cat', { rule: matching, objectMap: {} })).toEqual([instances[0]])
    expect(objectInstances(instances, 'dog', { rule: matching, objectMap: { perro: 'dog' } })).toEqual([
      instances[1],
      instances[2],
    ])
    expect(objectInstances(instances, 'dog', { rule: matching, objectMap: { dog: 'wolf' } })).toEqual([])
  })

  it('picks all of the one category under its rule', () => {
    const pets = [{ category: 'pet' }, { category: 'pet' }]
    const rule = objectRule(['pet'], ['cat', 'dog'])
    expect(objectInstances(pets, 'cat', { rule, objectMap: {} })).toEqual(pets)
    const bare = [{ category: null }]
    expect(objectInstances(bare, 'cat', { rule: objectRule([null], ['cat']), objectMap: {} })).toEqual(bare)
    expect(objectInstances(bare, 'cat', { rule: matching, objectMap: {} })).toEqual([])
  })

  it('has nothing to match for an image without a label, and takes every instance', () => {
    expect(objectInstances(instances, null, { rule: matching, objectMap: {} })).toEqual(instances)
  })
})
