import { describe, expect, it } from 'vitest'
import { cocoCategoryIds } from '#common/classes/coco-categories.ts'
import { Categories, Ids } from '#main/datasets/coco/ids.ts'
import { namelessCategory } from '#main/datasets/dataset.ts'

/** Notes the categories and gives the ids in the same order, and the list. */
function assign(...uses: [name: string | null, sourceId: number | null][]) {
  const categories = new Categories()
  const indexes = uses.map(([name, sourceId]) => categories.note(name, sourceId))
  const { ids, list } = categories.assign()
  return { ids: indexes.map((index) => ids[index]), list, names: indexes.map((index) => categories.nameOf(index)) }
}

describe('Ids', () => {
  it('keeps ids that are free, and fills the gaps for the rest', () => {
    const ids = new Ids()
    expect([3, 1, 3, 'a', 'a', null, 0].map((id) => ids.keep(id))).toEqual([3, 1, null, 'a', null, null, 0])
    expect([ids.give(), ids.give(), ids.give()]).toEqual([2, 4, 5])
  })
})

describe('Categories', () => {
  it('keeps the ids that came with the data, also where they share a name', () => {
    expect(assign(['Person', 12], ['Apple', 0], ['Person', 10], ['Person', 12])).toMatchObject({
      ids: [12, 0, 10, 12],
      list: [
        { id: 0, name: 'Apple' },
        { id: 10, name: 'Person' },
        { id: 12, name: 'Person' },
      ],
    })
  })

  it('gives COCO’s own ids to its categories and numbers the others from 1', () => {
    expect(assign(['mushroom', null], ['cat', null], ['toothbrush', null], ['leaf', null]).ids).toEqual([1, 17, 90, 2])
  })

  it('gives a name without an id the id that the same name has', () => {
    expect(assign(['cat', null], ['cat', 3], ['cat', 5]).ids).toEqual([3, 3, 5])
  })

  it('does not give an id twice, in whatever order categories come', () => {
    expect(assign(['cat', null], ['robot', 17], ['leaf', null], ['tree', 1]).ids).toEqual([2, 17, 3, 1])
    expect(assign(['robot', 17], ['tree', 1], ['cat', null], ['leaf', null]).ids).toEqual([17, 1, 2, 3])
  })

  it('gives a second name of the same id another one', () => {
    expect(assign(['a', 4], ['b', 4], ['a', 4])).toMatchObject({ ids: [4, 1, 4], names: ['a', 'b', 'a'] })
  })

  it('keeps an id without a name out of the list, and names what has neither', () => {
    expect(assign([null, 9], [null, null], ['a', null])).toEqual({
      ids: [9, 1, 2],
      list: [
        { id: 1, name: namelessCategory },
        { id: 2, name: 'a' },
      ],
      names: [null, namelessCategory, 'a'],
    })
    expect(assign(['a', 9], [null, 9])).toMatchObject({ ids: [9, 1], names: ['a', namelessCategory] })
  })
})

describe('cocoCategoryIds', () => {
  it('has the ids of COCO’s instances files', () => {
    const some = ['person', 'stop sign', 'backpack', 'cat', 'dog', 'chair', 'toilet', 'book', 'toothbrush']
    expect(some.map((name) => cocoCategoryIds.get(name))).toEqual([1, 13, 27, 17, 18, 62, 70, 84, 90])
    expect(cocoCategoryIds.size).toBe(80)
  })
})
