import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { AppError } from '#common/contract/errors.ts'
import type { ExplainedMap } from '#common/contract/procedures/explaining.ts'
import type { ReviewedImage, StoredMap } from '#common/contract/procedures/reviewing.ts'
import { encodeNative } from '#common/explanation/native-map.ts'
import { chooseMap, explainedClass } from '../../../renderer/stores/explain-choice.ts'
import { useExplainCells } from '../../../renderer/stores/explain-cells.ts'
import { useExplainList } from '../../../renderer/stores/explain-list.ts'
import { useExplain } from '../../../renderer/stores/explain.ts'
import { useExplainers } from '../../../renderer/stores/explainers.ts'
import { useImages } from '../../../renderer/stores/images.ts'
import { useModelClasses } from '../../../renderer/stores/model-classes.ts'
import { useProject } from '../../../renderer/stores/project.ts'
import { useSanity } from '../../../renderer/stores/sanity.ts'
import { useScoreLines } from '../../../renderer/stores/score-lines.ts'
import { useSettings } from '../../../renderer/stores/settings.ts'
import { useShell } from '../../../renderer/stores/shell.ts'
import { lost, makeWindow, reviewedImage, type FakeEngine } from './fake-window.ts'
import { average, distribution } from './score-distribution.ts'

afterEach(() => vi.unstubAllGlobals())

const native = encodeNative({
  kind: 'grid',
  rows: 1,
  cols: 2,
  values: Float64Array.of(3, 1),
  steps: [{ op: 'bilinear' }],
})

function map(facts: Partial<StoredMap> = {}): StoredMap {
  return {
    id: 1,
    modelId: 1,
    model: 'vgg',
    method: 'occlusion',
    variant: 'standard',
    options: { patch: 32 },
    classIndex: 7,
    classLabel: 'cat',
    ...native,
    grid: { width: 4, height: 3, fit: 'stretch' },
    maskVariant: 'standard',
    machineScore: null,
    score: {
      ...{ obalex: 0.5, areaShare: 0.25, lift: 2, normalized: 1 / 3, reason: null },
      ...{ pointingGame: 1, relevanceRank: 0.5, topK: 0.5, auc: 0.5 },
    },
    ...facts,
  }
}

const vgg = { modelId: 1, model: 'vgg', classIndex: 7, label: 'cat', probability: 0.9, isCorrect: true }
const resnet = { modelId: 2, model: 'resnet', classIndex: 7, label: 'cat', probability: null, isCorrect: null }

function explained(facts: Partial<ExplainedMap>): ExplainedMap {
  return { ...map(), against: null, probability: 0.5, seconds: 1, ...facts }
}

const explainers = ['occlusion', 'lime', 'gradcam', 'rise'].map((id) => ({
  id,
  label: id,
  description: id,
  variants: id === 'rise' ? (['standard'] as const) : (['standard', 'paper'] as const),
  options: {},
}))

/** Explain of a project of three images and two classifiers, of which vgg has scores by occlusion. */
async function openExplain(image: (id: number) => Partial<ReviewedImage> = () => ({})): Promise<FakeEngine> {
  const engine = makeWindow({
    'explainers.list': () => ({ explainers }),
    'scores.average': () => ({ rows: [average()] }),
    'scores.distribution': () =>
      distribution([
        { image: 1, obalex: 0.6, isCorrect: 1 },
        { image: 2, obalex: 0.3, isCorrect: 1 },
        { image: 3, obalex: 0.2, isCorrect: 0 },
      ]),
    'image.read': ({ image: id }) => ({
      ...reviewedImage(id),
      maps: [map()],
      predictions: [vgg, resnet],
      ...image(id),
    }),
    'classes.groups': () => ({
      labels: [],
      models: [
        {
          id: 1,
          name: 'vgg',
          origin: 'guess',
          classes: ['dog', 'cat'].map((name) => ({ name, label: null, guess: null })),
        },
        { id: 2, name: 'resnet', origin: 'guess', classes: [{ name: 'cat', label: null, guess: null }] },
      ],
      objects: { origin: 'guess', isAnyCategory: false, categories: [] },
    }),
  })
  await useProject().open('/p/pets.obalex')
  await useExplainers().load()
  await vi.waitFor(() => expect(useImages().averages).toHaveLength(1))
  useExplain()
  useShell().show('explain')
  useExplain().open(1)
  await vi.waitFor(() => expect(useExplain().image?.id).toBe(1))
  return engine
}

describe('Explain', () => {
  it('has a row for each classifier, and a column for each usual method that there is', async () => {
    await openExplain()
    const cells = useExplainCells()
    expect(cells.rows.map((row) => row.map(({ model, place }) => `${model} ${place.method}`))).toEqual([
      ['vgg occlusion', 'vgg lime', 'vgg gradcam'],
      ['resnet occlusion', 'resnet lime', 'resnet gradcam'],
    ])
    expect(cells.all.map((cell) => cell.score?.obalex ?? null)).toEqual([0.5, null, null, null, null, null])
    expect(useExplain().selected).toEqual({ model: 1, method: 'occlusion' })
  })

  it('reads the maps of all classes', async () => {
    const { calls } = await openExplain()
    expect(calls.filter(({ name }) => name === 'image.read').at(-1)?.input).toMatchObject({ image: 1, classes: 'all' })
  })

  it('shows the methods that a person chose, and those of the variant alone', async () => {
    await openExplain()
    useSettings().set('shownMethods', ['rise', 'occlusion', 'of another project'])
    expect(useExplain().methods).toEqual(['occlusion', 'rise'])
    useSettings().set('mapVariant', 'paper')
    expect(useExplain().methods).toEqual(['occlusion'])
    expect(useExplainCells().all.map((cell) => cell.map)).toEqual([null, null])
  })

  it('is read only while it is looked at', async () => {
    const { calls } = await openExplain()
    useShell().show('home')
    useImages().selectedId = 2
    await nextTick()
    expect(calls.filter(({ name }) => name === 'image.read')).toHaveLength(1)
    useShell().show('explain')
    await vi.waitFor(() => expect(useExplain().image?.id).toBe(2))
  })

  it('says why an image is not shown, and forgets it with the next one', async () => {
    const { handlers } = await openExplain()
    const { 'image.read': read } = handlers
    handlers['image.read'] = (request) => {
      if (request.image !== 3) return read!(request)
      throw new AppError('record.missing', 'there is no image 3')
    }
    useExplain().open(3)
    await vi.waitFor(() => expect(useExplain().loadError).toBe('There is no image 3.'))
    useExplain().open(2)
    await vi.waitFor(() => expect(useExplain().image?.id).toBe(2))
    expect(useExplain().loadError).toBeNull()
  })

  it('shows cells beside each other: the next method, or the next classifier where there is one method only', async () => {
    await openExplain()
    const explain = useExplain()
    explain.setLayout('pair')
    expect(explain.other).toEqual({ model: 1, method: 'lime' })
    useSettings().set('shownMethods', ['occlusion'])
    explain.pair()
    expect(explain.other).toEqual({ model: 2, method: 'occlusion' })
    explain.enlarge({ model: 2, method: 'occlusion' })
    expect([explain.layout, explain.other, explain.selected?.model]).toEqual(['pair', null, 2])
  })

  it('goes round methods and classifiers', async () => {
    await openExplain()
    const explain = useExplain()
    for (const method of ['lime', 'gradcam', 'occlusion']) {
      explain.step('method')
      expect(explain.selected).toEqual({ model: 1, method })
    }
    explain.step('model')
    expect(explain.selected).toEqual({ model: 2, method: 'occlusion' })
  })
})

describe('the score of a cell', () => {
  it('is computed where the mask rule is another one than that of the stored score', async () => {
    await openExplain()
    const cells = useExplainCells()
    useSettings().set('maskRule', 'paper')
    // the whole photo is object
    expect(cells.selected?.score).toMatchObject({ obalex: null, areaShare: 0, reason: 'no-mask' })
  })

  it('says why a map cannot be drawn', async () => {
    await openExplain(() => ({ maps: [map({ header: '{}' })] }))
    expect(useExplainCells().selected).toMatchObject({ drawn: null, score: null })
    expect(useExplainCells().selected?.problem).toContain('explanation map is broken')
  })
})

describe('maps that are not there', () => {
  it('are computed one after the other, and stored scores follow', async () => {
    const { calls, handlers } = await openExplain()
    const cells = useExplainCells()
    handlers['image.explain'] = ({ model, method }) => explained({ id: 9, modelId: model, method })
    const nReads = calls.filter(({ name }) => name === 'scores.average').length
    cells.compute(cells.missing)
    expect(cells.isWorking).toBe(true)
    await vi.waitFor(() => expect(cells.isWorking).toBe(false))
    expect(cells.all.map((cell) => cell.map?.method)).toEqual([
      ...['occlusion', 'lime', 'gradcam'],
      ...['occlusion', 'lime', 'gradcam'],
    ])
    await vi.waitFor(() => expect(calls.filter(({ name }) => name === 'scores.average').length).toBe(nReads + 1))
    expect(calls.find(({ name }) => name === 'image.explain')?.input).toEqual({
      ...{ project: 1, image: 1, model: 1, method: 'lime', variant: 'standard', maskVariant: 'standard' },
      ...{ classIndex: 7, against: null },
    })
  })

  it('say why they could not be computed, and can be asked for again', async () => {
    const { handlers } = await openExplain()
    const cells = useExplainCells()
    handlers['image.explain'] = () => {
      throw new AppError('model.missing', 'the file of vgg is not where it was')
    }
    const [, lime] = cells.all
    cells.compute([lime!])
    await vi.waitFor(() => expect(cells.all[1]?.problem).toBe('The file of vgg is not where it was.'))
    handlers['image.explain'] = () => explained({ method: 'lime' })
    cells.compute([cells.all[1]!])
    await vi.waitFor(() => expect(cells.all[1]).toMatchObject({ problem: null, map: { method: 'lime' } }))
  })

  it('are not computed any more once a person stops it', async () => {
    const { calls, handlers } = await openExplain()
    const cells = useExplainCells()
    handlers['image.explain'] = () => new Promise(() => undefined)
    cells.compute(cells.missing)
    cells.cancel()
    expect(cells.isWorking).toBe(false)
    expect(calls.filter(({ name }) => name === 'image.explain')).toHaveLength(1)
    expect(cells.all.map(({ problem }) => problem)).toEqual(Array(6).fill(null))
    // and can be asked for again, though the engine has not answered the first one yet
    handlers['image.explain'] = () => explained({ method: 'lime' })
    cells.compute([cells.all[1]!])
    await vi.waitFor(() => expect(cells.all[1]).toMatchObject({ work: null, map: { method: 'lime' } }))
  })

  it('cannot be computed without the photo', async () => {
    await openExplain(() => ({ photo: 'missing' }))
    expect(useExplainCells().missing).toEqual([])
    expect(useExplainCells().all[1]?.problem).toContain('The photo is not here')
  })
})

describe('the explained class', () => {
  it('is chosen by its name, which is another number in each classifier', async () => {
    const { handlers, calls } = await openExplain()
    await useModelClasses().load()
    useExplain().target = { kind: 'class', name: 'cat' }
    const cells = useExplainCells()
    handlers['image.explain'] = (request) =>
      explained({ modelId: request.model, method: request.method, classIndex: request.classIndex! })
    cells.compute(cells.all.filter(({ place }) => place.method === 'lime'))
    await vi.waitFor(() => expect(cells.isWorking).toBe(false))
    const asked = calls.filter(({ name }) => name === 'image.explain').map(({ input }) => input)
    expect(asked).toMatchObject([
      { model: 1, classIndex: 1 },
      { model: 2, classIndex: 0 },
    ])
  })

  it('may be one that a classifier does not have', async () => {
    await openExplain()
    await useModelClasses().load()
    useExplain().target = { kind: 'difference', name: 'cat', against: 'dog' }
    const [first, , , other] = useExplainCells().all
    expect(first).toMatchObject({ problem: null, canCompute: true, map: null })
    expect(other).toMatchObject({ problem: 'This classifier has no class of that name.', canCompute: false })
  })

  it('is told from the number of classes that there are', () => {
    const indexOf = (name: string): number | null => ({ dog: 0, cat: 1 })[name] ?? null
    expect(explainedClass({ kind: 'predicted' }, null, indexOf)).toEqual({ classIndex: null, against: null })
    expect(explainedClass({ kind: 'predicted' }, { classIndex: 5 }, indexOf)).toEqual({ classIndex: 5, against: null })
    const difference = { kind: 'difference', name: 'cat', against: 'dog' } as const
    expect(explainedClass(difference, null, indexOf)).toEqual({ classIndex: 1, against: 0 })
    expect(explainedClass({ ...difference, against: 'cow' }, null, indexOf)).toBeNull()
  })
})

describe('the map of a cell', () => {
  const wish = {
    place: { model: 1, method: 'occlusion' },
    variant: 'standard',
    maskRule: 'standard',
    classIndex: 7,
    options: { patch: 32 },
  } as const

  it('is the newest of the class, with the options of the averages', () => {
    const maps = [
      map({ id: 1 }),
      map({ id: 2, classIndex: 8 }),
      map({ id: 3, options: { patch: 16 } }),
      map({ id: 4, variant: 'paper' }),
      map({ id: 5, modelId: 2 }),
      map({ id: 6, method: 'lime' }),
    ]
    expect(chooseMap(maps, wish)?.id).toBe(1)
    expect(chooseMap(maps, { ...wish, options: null })?.id).toBe(3)
    expect(chooseMap(maps, { ...wish, options: { patch: 8 } })?.id).toBe(3)
    expect(chooseMap(maps, { ...wish, classIndex: 9 })).toBeNull()
  })

  it('has the score of the mask rule, where both were scored', () => {
    const maps = [map({ maskVariant: 'standard' }), map({ maskVariant: 'paper' })]
    expect(chooseMap(maps, { ...wish, maskRule: 'paper' })?.maskVariant).toBe('paper')
    expect(chooseMap(maps.slice(0, 1), { ...wish, maskRule: 'paper' })?.maskVariant).toBe('standard')
  })
})

describe('the list of images', () => {
  async function openList(): Promise<FakeEngine> {
    const engine = await openExplain()
    const lines = useScoreLines()
    await lines.load(lines.shown)
    return engine
  }
  const ids = (): number[] => useExplainList().rows.map(({ id }) => id)

  it('leads from the lowest score up, with the score of the selected cell', async () => {
    await openList()
    const list = useExplainList()
    expect(ids()).toEqual([3, 2, 1])
    expect([list.scoreOf(3), list.scoreOf(9)]).toEqual([0.2, null])
    list.order = 'project'
    expect(ids()).toEqual([1, 2, 3])
    // not scored
    useExplain().select({ model: 2, method: 'lime' })
    list.order = 'lowest'
    expect([ids(), list.scoreOf(3)]).toEqual([[1, 2, 3], null])
  })

  it('has the right answers with doubtful reasons, by a threshold that a person chooses', async () => {
    await openList()
    const list = useExplainList()
    list.order = 'doubtful'
    // normalised: 0.467 and 0.067; image 3 is wrong
    expect(ids()).toEqual([2])
    useSettings().set('doubtfulBelow', 0.5)
    expect(ids()).toEqual([2, 1])
    useSettings().set('doubtfulBelow', 0)
    expect(ids()).toEqual([])
  })

  it('goes from image to image, and stops at its ends', async () => {
    await openList()
    const list = useExplainList()
    list.move(1)
    expect(useExplain().imageId).toBe(1)
    list.move(-1)
    expect(useExplain().imageId).toBe(2)
    expect(list.neighbours().map(({ id }) => id)).toEqual([1, 3])
    list.order = 'doubtful'
    useExplain().open(3)
    list.move(-1)
    expect(useExplain().imageId).toBe(2)
  })

  it('asks for scores once, and again when they may be others', async () => {
    const { calls } = await openList()
    const nAsked = (): number => calls.filter(({ name }) => name === 'scores.distribution').length
    const lines = useScoreLines()
    await lines.load(lines.shown)
    expect(nAsked()).toBe(1)
    await useImages().loadAverages()
    expect(lines.distributionOf(lines.shown[0]!)).toBeNull()
    await lines.load(lines.shown)
    expect(nAsked()).toBe(2)
  })
})

describe('a sanity check', () => {
  const result = { image: 1, randomised: [], obstacle: null, seeds: null } as never

  it('is of one cell, and kept for it', async () => {
    const { handlers, calls } = await openExplain()
    handlers['explanation.check'] = () => result
    const sanity = useSanity()
    const cell = useExplainCells().selected!
    const done = sanity.check(cell)
    expect(sanity.running?.key).toBe(sanity.keyOf(cell))
    await done
    expect([sanity.running, sanity.done.get(sanity.keyOf(cell))]).toEqual([null, { result, problem: null }])
    expect(calls.at(-1)?.input).toMatchObject({ image: 1, model: 1, method: 'occlusion', classIndex: 7 })
    useSettings().set('maskRule', 'paper')
    expect(sanity.done.has(sanity.keyOf(cell))).toBe(false)
  })

  it('says what went wrong', async () => {
    const { handlers } = await openExplain()
    handlers['explanation.check'] = lost
    const cell = useExplainCells().selected!
    await useSanity().check(cell)
    expect(useSanity().done.get(useSanity().keyOf(cell))).toEqual({ result: null, problem: 'Gone.' })
  })
})
