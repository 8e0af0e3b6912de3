import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeCoco, type Photo } from '../../builders/dataset.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import { allScores, occlusion, runToEnd, setUpRun, specOf } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
let named: string
let foreign: string

beforeAll(async () => {
  named = await writeSmallModel(join(root, 'named'), { labels: ['cats', 'dog', 'Vogel'] })
  foreign = await writeSmallModel(join(root, 'foreign'), { labels: ['alpha', 'beta', 'gamma'] })
})

async function writeMap(folder: string, map: unknown): Promise<string> {
  const file = join(folder, 'map.json')
  await writeFile(file, JSON.stringify(map))
  return file
}

const instances = async (project: number) => (await client['instances.list']({ project })).instances

describe('classes.describe', () => {
  it('says how classes and categories are matched to labels, and why', async () => {
    const { project } = await setUpRun(client, root)
    expect(await client['classes.describe']({ project })).toEqual({
      labels: ['bird', 'cat', 'dog'].map((label) => ({ label, nImages: 2 })),
      models: [],
      objects: {
        origin: 'guess',
        rule: expect.stringContaining('by the names of the categories') as string,
        choice: { minConfidence: 0, pick: 'union' },
        nByHand: 0,
        categories: ['bird', 'cat', 'dog'].map((category) => ({ category, label: category, nInstances: 2 })),
      },
    })
    const models = [{ path: named }, { path: foreign }]
    await runToEnd(client, project, specOf(named, { models, methods: [occlusion], limit: 1 }))
    const described = await client['classes.describe']({ project })
    expect(described.models).toEqual([
      {
        model: 'named',
        origin: 'guess',
        groups: [
          { label: 'cat', classes: [{ index: 0, name: 'cats' }], reason: 'plural' },
          { label: 'dog', classes: [{ index: 1, name: 'dog' }], reason: 'exact' },
          { label: 'bird', classes: [{ index: 2, name: 'Vogel' }], reason: 'translation' },
        ],
        nUnmatchedClasses: 0,
        unmatchedLabels: [],
      },
      { model: 'foreign', origin: 'guess', groups: [], nUnmatchedClasses: 3, unmatchedLabels: ['bird', 'cat', 'dog'] },
    ])
  })

  it('counts instances of the only category for every label where it is none itself', async () => {
    const { project } = await setUpRun(client, root, { categoryOf: () => 'pet' })
    const { objects } = await client['classes.describe']({ project })
    expect(objects.rule).toContain('“pet”')
    expect(objects.categories).toEqual([{ category: 'pet', label: null, nInstances: 6 }])
    expect((await instances(project)).every(({ isObject }) => isObject)).toBe(true)
  })
})

describe('classes.assign', () => {
  it('puts a class map in force, for the models that have its classes and for the objects', async () => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    const models = [{ path: named }, { path: foreign }]
    await runToEnd(client, project, specOf(named, { models, methods: [occlusion] }))
    const file = await writeMap(folder, {
      classifier: { alpha: 'cat', beta: 'dog', dog: 'cat' },
      objects: { cat: 'cat', dog: 'cat' },
    })
    const matching = await client['classes.assign']({ project, file })
    expect(
      matching.models.map(({ origin, groups }) => [
        origin,
        groups.map(({ label, classes, reason }) => [label, classes[0]!.index, reason]),
      ]),
    ).toEqual([
      ['file', [['cat', 1, null]]],
      [
        'file',
        [
          ['cat', 0, null],
          ['dog', 1, null],
        ],
      ],
    ])
    expect(matching.objects).toMatchObject({
      origin: 'file',
      rule: expect.stringContaining('by the class map') as string,
      // a category that the map leaves out means itself
      categories: [
        { category: 'bird', label: 'bird' },
        { category: 'cat', label: 'cat' },
        { category: 'dog', label: 'cat' },
      ],
    })
    expect((await instances(project)).map(({ category, isObject }) => [category, isObject])).toEqual([
      ['cat', true],
      ['dog', false],
      ['bird', true],
    ])
    const { audit } = await inspect(path)
    expect(audit.at(-1)).toMatchObject({
      actor: 'user',
      action: 'class-map.assign',
      data: { map: { objects: { dog: 'cat' } } },
    })

    const correct = (await allScores(client, project)).map(
      ({ model, label, isCorrect }) => `${model} ${label!} ${isCorrect!}`,
    )
    expect(correct.sort()).toEqual([
      'foreign bird false',
      'foreign cat true',
      'foreign dog true',
      'named bird false',
      'named cat false',
      'named dog false',
    ])
  })

  it('changes nothing where it is in force already', async () => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    const file = await writeMap(folder, { objects: { dog: 'cat' } })
    const matching = await client['classes.assign']({ project, file })
    const before = await inspect(path)
    expect(await client['classes.assign']({ project, file })).toEqual(matching)
    expect(await inspect(path)).toEqual(before)
  })

  it.each([
    ['a class that no model has', { classifier: { zebra: 'cat' } }],
    ['an index beyond the classes', { classifier: { 3: 'cat' } }],
    ['two labels for one class', { classifier: { dog: 'cat', 1: 'dog' } }],
    ['another form', { classes: { dog: 'cat' } }],
  ])('refuses %s, and changes nothing', async (_, map) => {
    const { project, folder, path } = await setUpRun(client, root, { perClass: 1 })
    await runToEnd(client, project, specOf(named, { methods: [occlusion], limit: 1 }))
    const before = await inspect(path)
    expect(await codeOf(client['classes.assign']({ project, file: await writeMap(folder, map) }))).toBe(
      'class-map.format',
    )
    expect(await inspect(path)).toEqual(before)
  })

  it('asks for a classifier before its classes are mapped', async () => {
    const { project, folder } = await setUpRun(client, root, { perClass: 1 })
    const file = await writeMap(folder, { classifier: { dog: 'cat' } })
    expect(await codeOf(client['classes.assign']({ project, file }))).toBe('class-map.format')
    expect(await codeOf(client['classes.assign']({ project, file: join(folder, 'none.json') }))).toBe('file.missing')
  })

  it('of the objects puts new scores in force with the next run', async () => {
    const categoryOf = ({ label }: Photo) => (label === 'dog' ? 'hound' : label)
    const { project, folder } = await setUpRun(client, root, { perClass: 1, categoryOf })
    const spec = specOf(named, { methods: [occlusion] })
    await runToEnd(client, project, spec)
    const dog = async () => (await allScores(client, project)).find(({ label }) => label === 'dog')!
    expect(await dog()).toMatchObject({ obalex: null, reason: 'no-mask', revision: 1 })
    await client['classes.assign']({ project, file: await writeMap(folder, { objects: { hound: 'dog' } }) })
    await runToEnd(client, project, spec)
    const scored = await dog()
    expect(scored).toMatchObject({ reason: null, revision: 2 })
    expect(scored.obalex).toBeGreaterThan(0)
  })
})

describe('instances.list', () => {
  it('gives all instances page by page, with what is known of each', async () => {
    const { project, photos, folder, images } = await setUpRun(client, root)
    const annotations = await writeCoco(join(folder, 'corrected.json'), [photos[3]!])
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    const all = await instances(project)
    expect(all.map(({ image, label, category }) => [image, label, category])).toEqual(
      photos.map(({ file, label }) => [file, label, label]),
    )
    const area = photos[3]!.mask.data.reduce((a, b) => a + b)
    expect(all[3]).toMatchObject({ area, revision: 1, auditor: 'Ada', score: null, isObject: true })
    expect(all[2]).toMatchObject({ revision: 0, auditor: null })

    const pages: number[] = []
    let after: number | null = null
    const paged = []
    do {
      const page: Awaited<ReturnType<(typeof client)['instances.list']>> = await client['instances.list']({
        project,
        after,
        limit: 2,
      })
      pages.push(page.instances.length)
      paged.push(...page.instances)
      after = page.next
    } while (after !== null)
    expect(paged).toEqual(all)
    expect(pages).toEqual([2, 2, 2])
  })
})
