import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseClassMap, applyClassMap } from '#common/classes/class-map.ts'
import { everyInstance } from '#common/classes/object-rule.ts'
import type { ClassGroups } from '#common/contract/procedures/classes.ts'
import { useClassGroups } from '../../../renderer/stores/class-groups.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { filterRows, rowsOfModel } from '../../../renderer/views/classes/class-rows.ts'
import { makeWindow, type FakeEngine } from './fake-window.ts'

afterEach(() => vi.unstubAllGlobals())

const guess = { label: 'cat', reason: 'plural' } as const
const groups: ClassGroups = {
  labels: ['cat', 'dog'],
  models: [
    {
      id: 4,
      name: 'pets',
      origin: 'guess',
      classes: [
        { name: 'cats', label: 'cat', guess },
        { name: 'Dog', label: 'dog', guess: { label: 'dog', reason: 'exact' } },
        { name: 'dog', label: null, guess: null },
        { name: '1', label: null, guess: null },
      ],
    },
    { id: 5, name: 'other', origin: 'file', classes: [{ name: null, label: 'dog', guess: null }] },
  ],
  objects: {
    origin: 'guess',
    isAnyCategory: false,
    choice: everyInstance,
    nByHand: 0,
    categories: [
      { category: 'cat', label: 'cat', nInstances: 2 },
      { category: 'pet', label: null, nInstances: 1 },
    ],
  },
}

async function open(shown: ClassGroups = groups): Promise<FakeEngine> {
  const engine = makeWindow({ 'classes.groups': () => shown, 'classes.assign': () => ({}) })
  await useProject().open('/p/pets.obalex')
  await useClassGroups().load()
  return engine
}

const assigned = ({ calls }: FakeEngine): unknown =>
  calls.filter(({ name }) => name === 'classes.assign').map(({ input }) => (input as { map: unknown }).map)

describe('classes that a person groups', () => {
  it('are saved for the models that were changed, and for no other', async () => {
    const engine = await open()
    const classes = useClassGroups()
    expect([classes.modelId, classes.isChanged]).toEqual([4, false])
    classes.setLabel([2, 3], 'cat')
    classes.setLabel([0], null)
    expect(classes.labels).toEqual([null, 'dog', 'cat', 'cat'])
    expect([classes.areAveragesChanged, classes.areScoresChanged]).toEqual([true, false])
    await classes.save()
    expect(assigned(engine)).toEqual([
      { models: [{ model: 4, entries: { 1: 'dog', 2: 'cat', 3: 'cat' } }], objects: null },
    ])
    // what follows from it is read again
    expect(engine.calls.slice(-3).map(({ name }) => name)).toContain('scores.average')
  })

  it('are as they were where the change was taken back, or dropped', async () => {
    await open()
    const classes = useClassGroups()
    classes.setLabel([0], 'dog')
    expect(classes.isShownChanged).toBe(true)
    classes.takeGuess()
    expect(classes.isChanged).toBe(false)
    classes.setLabel([0], 'dog')
    await classes.load()
    expect(classes.isChanged).toBe(false)
  })

  it('and categories of masks, which may be of none', async () => {
    const engine = await open()
    const classes = useClassGroups()
    classes.modelId = null
    classes.setLabel([0], null)
    classes.setLabel([1], 'dog')
    expect([classes.areAveragesChanged, classes.areScoresChanged]).toEqual([false, true])
    await classes.save()
    expect(assigned(engine)).toEqual([{ models: [], objects: { cat: '', pet: 'dog' } }])
  })

  it('give a class map file that says the same', async () => {
    await open()
    const classes = useClassGroups()
    classes.setLabel([2, 3], 'dog')
    const map = parseClassMap(JSON.parse(classes.exported()))
    expect(map).toEqual({
      classifier: { cats: 'cat', 1: 'dog', 2: 'dog', 3: 'dog' },
      objects: { cat: 'cat', pet: '' },
    })
    const names = groups.models[0]!.classes.map(({ name }) => name!)
    expect(applyClassMap(map, names)).toEqual(classes.labels)
  })

  it('leave the only category, which counts for every label, out of the file', async () => {
    await open({
      ...groups,
      objects: {
        origin: 'guess',
        isAnyCategory: true,
        choice: everyInstance,
        nByHand: 0,
        categories: [{ category: 'pet', label: null, nInstances: 3 }],
      },
    })
    const classes = useClassGroups()
    classes.modelId = null
    expect(JSON.parse(classes.exported())).toEqual({ classifier: {}, objects: {} })
    classes.setLabel([0], 'cat')
    expect(JSON.parse(classes.exported())).toEqual({ classifier: {}, objects: { pet: 'cat' } })
  })
})

describe('the object that a person chooses with the classes', () => {
  it('is put in force by itself, and the classes stay as they are', async () => {
    const engine = await open()
    engine.handlers['objects.choose'] = () => ({})
    const classes = useClassGroups()
    classes.modelId = null
    classes.setChoice({ minConfidence: 0.7 })
    expect([classes.isChanged, classes.isShownChanged, classes.isObjectChanged]).toEqual([true, true, true])
    classes.setChoice({ minConfidence: 0 })
    expect(classes.isChanged).toBe(false)
    classes.setChoice({ minConfidence: 0.7 })
    classes.setChoice({ pick: 'biggest' })
    await classes.save()
    expect(assigned(engine)).toEqual([])
    const chosen = engine.calls.filter(({ name }) => name === 'objects.choose').map(({ input }) => input)
    expect(chosen).toEqual([{ project: 1, choice: { minConfidence: 0.7, pick: 'biggest' } }])
    expect(classes.rescoring).toBeNull()
  })
})

describe('the list of classes', () => {
  const [pets, other] = groups.models
  const labels = pets!.classes.map(({ label }) => label)
  const rows = rowsOfModel(pets!, labels)

  it('says why a class is where it is, and calls one without a name by its number', () => {
    expect(rows.map(({ note }) => note)).toEqual(['plural', 'same name', '', ''])
    expect(rowsOfModel(pets!, ['dog', 'dog', null, null])[0]!.note).toBe('')
    expect(rowsOfModel(other!, ['dog'])[0]!.name).toBe('class 0')
  })

  it('shows a group, and what has every word that is looked for', () => {
    const shown = (group: Parameters<typeof filterRows>[2]['group'], words: string): number[] =>
      filterRows(rows, labels, { group, words }).map(({ place }) => place)
    expect(shown('all', '')).toEqual([0, 1, 2, 3])
    expect(shown({ label: null }, '')).toEqual([2, 3])
    expect(shown({ label: 'cat' }, 'dog')).toEqual([])
    expect(shown('all', 'DÓG')).toEqual([1, 2])
    expect(shown('all', 'a cat')).toEqual([0])
  })
})
