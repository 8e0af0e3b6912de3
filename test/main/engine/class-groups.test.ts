import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import { allScores, occlusion, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
let named: string
let numbered: string

beforeAll(async () => {
  named = await writeSmallModel(join(root, 'named'), { labels: ['cats', 'dog', 'Vogel'] })
  numbered = await writeSmallModel(join(root, 'numbered'), { classes: 3 })
})

/** A project that both models were run on, with their ids. */
async function setUp(options: Parameters<typeof setUpRun>[2] = {}): Promise<RunSetting & { readonly ids: number[] }> {
  const setting = await setUpRun(client, root, { perClass: 1, ...options })
  const models = [{ path: named }, { path: numbered }]
  await runToEnd(client, setting.project, specOf(named, { models, methods: [occlusion] }))
  const { models: grouped } = await client['classes.groups']({ project: setting.project })
  return { ...setting, ids: grouped.map(({ id }) => id) }
}

describe('classes.groups', () => {
  it('gives every class of every model with its label and what its name would mean', async () => {
    const { project } = await setUp()
    const { labels, models, objects } = await client['classes.groups']({ project })
    expect(labels).toEqual(['bird', 'cat', 'dog'])
    expect(models).toMatchObject([
      {
        name: 'named',
        origin: 'guess',
        classes: [
          { name: 'cats', label: 'cat', guess: { label: 'cat', reason: 'plural' } },
          { name: 'dog', label: 'dog', guess: { label: 'dog', reason: 'exact' } },
          { name: 'Vogel', label: 'bird', guess: { label: 'bird', reason: 'translation' } },
        ],
      },
      { name: 'numbered', classes: Array.from({ length: 3 }, () => ({ name: null, label: null, guess: null })) },
    ])
    expect(objects).toEqual({
      origin: 'guess',
      isAnyCategory: false,
      choice: { minConfidence: 0, pick: 'union' },
      nByHand: 0,
      categories: ['bird', 'cat', 'dog'].map((category) => ({ category, label: category, nInstances: 1 })),
    })
  })

  it('says where the only category counts for every label', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1, categoryOf: () => 'pet' })
    const { objects } = await client['classes.groups']({ project })
    expect(objects).toMatchObject({ isAnyCategory: true, categories: [{ category: 'pet', label: null }] })
  })
})

describe('classes.assign of what a person grouped', () => {
  it('changes one model alone, and the averages with it', async () => {
    const { project, path, ids } = await setUp()
    const correct = async (): Promise<string[]> =>
      (await allScores(client, project))
        .filter(({ isCorrect }) => isCorrect)
        .map(({ model, label }) => `${model} ${label!}`)
    expect((await correct()).sort()).toEqual(['named bird', 'named cat', 'named dog'])
    const map = { models: [{ model: ids[1]!, entries: { 0: 'cat', 2: 'bird' } }] }
    const { models } = await client['classes.assign']({ project, map })
    expect(models.map(({ origin }) => origin)).toEqual(['guess', 'user'])
    expect((await correct()).sort()).toEqual(['named bird', 'named cat', 'named dog', 'numbered bird', 'numbered cat'])

    const { audit } = await inspect(path)
    expect(audit.at(-1)).toMatchObject({
      actor: 'user',
      action: 'class-map.assign',
      data: { models: [{ model: ids[1], entries: { 0: 'cat', 2: 'bird' } }], objects: null },
    })
    await client['project.close']({ project })
    expect(await client['project.verify']({ path })).toMatchObject({ ok: true })
  })

  it('takes all classes out of their groups', async () => {
    const { project, ids } = await setUp()
    await client['classes.assign']({ project, map: { models: [{ model: ids[0]!, entries: {} }] } })
    const { models } = await client['classes.groups']({ project })
    expect(models[0]).toMatchObject({ origin: 'user' })
    expect(models[0]!.classes.every(({ label }) => label === null)).toBe(true)
  })

  it('takes a category out, and gives it back', async () => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    const objects = { cat: '', dog: 'dog', bird: 'bird' }
    const matching = await client['classes.assign']({ project, map: { objects } })
    expect(matching.objects.categories.map(({ label }) => label)).toEqual(['bird', null, 'dog'])
    const chosen = async (): Promise<boolean[]> =>
      (await client['instances.list']({ project })).instances.map(({ isObject }) => isObject)
    expect((await chosen()).filter(Boolean)).toHaveLength(2)
    const { objects: grouped } = await client['classes.groups']({ project })
    expect(grouped).toMatchObject({ origin: 'user', isAnyCategory: false })
    await client['classes.assign']({ project, map: { objects: { ...objects, cat: 'cat' } } })
    expect(await chosen()).toEqual([true, true, true])
    await client['project.close']({ project })
    expect(await client['project.verify']({ path })).toMatchObject({ ok: true })
  })

  it('changes nothing where it is in force already', async () => {
    const { project, path, ids } = await setUp()
    const map = { models: [{ model: ids[0]!, entries: { 0: 'dog' } }] }
    await client['classes.assign']({ project, map })
    const before = await inspect(path)
    await client['classes.assign']({ project, map })
    expect(await inspect(path)).toEqual(before)
  })

  it('refuses a model and a class that there are not, and changes nothing', async () => {
    const { project, path, ids } = await setUp()
    const before = await inspect(path)
    const good = { model: ids[0]!, entries: { 0: 'dog' } }
    const assign = (models: { model: number; entries: Record<string, string> }[]): Promise<string> =>
      codeOf(client['classes.assign']({ project, map: { models } }))
    expect(await assign([good, { model: 99, entries: {} }])).toBe('record.missing')
    expect(await assign([good, { model: ids[1]!, entries: { 3: 'dog' } }])).toBe('class-map.format')
    expect(await assign([{ model: ids[0]!, entries: { dog: 'dog' } }])).toBe('request.invalid')
    expect(await assign([{ model: ids[0]!, entries: { 0: ' ' } }])).toBe('request.invalid')
    expect(await inspect(path)).toEqual(before)
  })
})
