import { describe, expect, it } from 'vitest'
import { applyClassMap, parseClassMap, predictionMatches } from '#common/classes/class-map.ts'

const labels = [
  'tench, Tinca tinca',
  'Cardigan, Cardigan Welsh corgi',
  'cardigan',
  'crane',
  'crane',
  'tabby, tabby cat',
  'n02099601 golden_retriever',
]

function apply(classifier: Record<string, string>): (string | null)[] {
  return applyClassMap({ classifier }, labels)
}

describe('parseClassMap', () => {
  it('takes both parts, or either', () => {
    expect(parseClassMap({ classifier: { tabby: ' cat ' } })).toEqual({ classifier: { tabby: 'cat' }, objects: {} })
    expect(parseClassMap({ objects: { pet: 'dog', plate: '' } })).toEqual({
      classifier: {},
      objects: { pet: 'dog', plate: '' },
    })
  })

  it('names the place of what it does not understand', () => {
    for (const [json, place] of [
      [{ classifier: { tabby: 3 } }, 'classifier.tabby'],
      [{ classifier: { tabby: '' } }, 'classifier.tabby'],
      [{ objects: { cat: 3 } }, 'objects.cat'],
      [{ classes: {} }, 'classes'],
      [[], 'top level'],
      ['cat', 'top level'],
      [null, 'top level'],
    ] as const) {
      expect(() => parseClassMap(json)).toThrow(
        expect.objectContaining({ code: 'class-map.format', message: expect.stringContaining(place) as string }),
      )
    }
  })
})

describe('applyClassMap', () => {
  it('goes by whole name, synonym or index, in any case', () => {
    expect(apply({ 'tinca tinca': 'fish', 'TABBY CAT': 'cat', '3': 'bird', 'Golden Retriever': 'dog' })).toEqual([
      'fish',
      null,
      null,
      'bird',
      null,
      'cat',
      'dog',
    ])
  })

  it('tells classes apart by case where nothing else does', () => {
    expect(apply({ cardigan: 'clothes' })[2]).toBe('clothes')
    expect(apply({ Cardigan: 'dog' })[1]).toBe('dog')
    expect(apply({ 'cardigan welsh corgi': 'dog' })).toEqual([null, 'dog', null, null, null, null, null])
  })

  it('takes a number for an index, and for a name where there is no such index', () => {
    expect(applyClassMap({ classifier: { '1': 'b', '7': 'a' } }, ['7', '0'])).toEqual(['a', 'b'])
  })

  it('names an unknown key and the nearest names', () => {
    expect(() => apply({ taby: 'cat' })).toThrow(
      expect.objectContaining({ code: 'class-map.format', data: { key: 'taby', nearest: ['tabby'] } }),
    )
    expect(() => apply({ retriever: 'dog' })).toThrow(
      expect.objectContaining({ data: { key: 'retriever', nearest: ['golden_retriever'] } }),
    )
    expect(() => apply({ '7': 'cat' })).toThrow(expect.objectContaining({ code: 'class-map.format' }))
    expect(() => apply({ xxxxxxxxxx: 'cat' })).toThrow(
      expect.objectContaining({ data: { key: 'xxxxxxxxxx', nearest: [] } }),
    )
  })

  it('refuses a name of several classes, and two labels for one class', () => {
    expect(() => apply({ crane: 'bird' })).toThrow(expect.objectContaining({ data: { key: 'crane', classes: [3, 4] } }))
    expect(() => apply({ tench: 'fish', '0': 'food' })).toThrow(expect.objectContaining({ code: 'class-map.format' }))
    expect(apply({ tench: 'fish', '0': 'fish' })[0]).toBe('fish')
  })

  it('is quick on a hostile key', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `class number ${i}, ${'x'.repeat(2000)}`)
    expect(() => applyClassMap({ classifier: { ['y'.repeat(100_000)]: 'cat' } }, many)).toThrow(
      expect.objectContaining({ code: 'class-map.format' }),
    )
  })
})

describe('predictionMatches', () => {
  const mapped = ['Cat', null]

  it('compares labels but for case', () => {
    expect(predictionMatches(0, 'cat', mapped)).toBe(true)
    expect(predictionMatches(0, 'dog', mapped)).toBe(false)
  })

  it('is wrong for a class without a label, and unknown for an image without one', () => {
    expect(predictionMatches(1, 'cat', mapped)).toBe(false)
    expect(predictionMatches(9, 'cat', mapped)).toBe(false)
    expect(predictionMatches(0, null, mapped)).toBeNull()
  })
})
