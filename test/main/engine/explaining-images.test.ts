import { cpSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, folderIn, inspect, useEngine, useFolder } from './engine-tools.ts'
import { allScores, occlusion, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

type Request = Parameters<EngineClient['image.explain']>[0]
type Explained = Awaited<ReturnType<EngineClient['image.explain']>>

const root = useFolder()
const { client } = useEngine()
/** of an engine that has loaded no classifier */
const { client: fresh } = useEngine()
const classes = ['cat', 'dog', 'bird']
let model: string

beforeAll(async () => {
  model = await writeSmallModel(join(root, 'small'), { labels: classes })
})

/** A project whose run knows a model and has explained each image once. */
async function explainedProject(
  path = model,
): Promise<RunSetting & { explain: (more?: Partial<Request>) => Promise<Explained> }> {
  const setting = await setUpRun(client, root, { perClass: 1 })
  await runToEnd(client, setting.project, specOf(path, { methods: [occlusion] }))
  const usual = { project: setting.project, image: 1, model: 1, ...occlusion }
  return { ...setting, explain: (more = {}) => client['image.explain']({ ...usual, ...more }) }
}

function valuesOf({ header, values }: Explained): number[] {
  return [...decodeNative({ header, values }).values]
}

describe('image.explain', () => {
  it('gives the map of a run with its score, without a model or a photo', async () => {
    const own = await writeSmallModel(join(root, 'gone'), { labels: classes })
    const { project, images, explain } = await explainedProject(own)
    rmSync(join(root, 'gone'), { recursive: true })
    renameSync(images, `${images}-elsewhere`)
    const map = await explain()
    const { maps } = await client['image.read']({ project, image: 1 })
    const { against, probability, seconds, ...stored } = map
    expect(maps).toEqual([stored])
    expect(stored).toMatchObject({
      modelId: 1,
      options: { patch: 8, stride: 4, fill: 0 },
      classIndex: 0,
      classLabel: 'cat',
    })
    const [score] = await allScores(client, project)
    expect(map.score!.obalex).toBe(score!.obalex)
    expect(map.machineScore).toEqual(map.score)
    expect({ against, probability }).toEqual({ against: null, probability: score!.probability })
    expect(seconds).toBeGreaterThan(0)
  })

  it('computes what is not there, and keeps it: another method, variant, and other options are other maps', async () => {
    const { project, path, explain } = await explainedProject()
    const steps: string[] = []
    const coarse = { options: { patch: 16, stride: 8 } }
    const cam = await client['image.explain'](
      { project, image: 1, model: 1, method: 'gradcam' },
      { onEvent: ({ step }) => steps.push(step) },
    )
    expect(steps).toEqual(expect.arrayContaining(['loading small', 'explaining by gradcam']))
    const others = [cam, await explain(coarse), await explain({ variant: 'paper' })]
    const before = await inspect(path)
    expect(await client['image.explain']({ project, image: 1, model: 1, method: 'gradcam' })).toEqual(cam)
    expect(await explain(coarse)).toEqual(others[1])
    expect((await inspect(path)).audit).toEqual(before.audit)
    const { maps } = await client['image.read']({ project, image: 1 })
    expect(maps.slice(1).map(({ id }) => id)).toEqual(others.map(({ id }) => id))
    expect(new Set(maps.map(({ method, variant, options }) => JSON.stringify([method, variant, options]))).size).toBe(4)
  })

  it('explains by a model whose image was never classified', async () => {
    const { project, explain } = await explainedProject()
    const { project: other } = await setUpRun(client, root, { perClass: 1 })
    await runToEnd(client, other, specOf(model, { methods: [occlusion], limit: 1 }))
    const map = await client['image.explain']({ project: other, image: 2, model: 1, ...occlusion })
    expect(map.classLabel).toBe('dog')
    expect(valuesOf(map)).toEqual(valuesOf(await explain({ image: 2 })))
    expect((await client['image.read']({ project: other, image: 2 })).predictions).toEqual(
      (await client['image.read']({ project, image: 2 })).predictions,
    )
  })

  it('keeps and scores the map of another class, which is in no average, list or report', async () => {
    const { project, path, explain } = await explainedProject()
    const average = () => client['scores.average']({ project })
    const before = [await average(), await allScores(client, project), await client['images.list']({ project })]
    const other = await explain({ classIndex: 2 })
    expect(other).toMatchObject({ classIndex: 2, classLabel: 'bird', against: null })
    expect(other.id).not.toBeNull()
    expect(other.score!.areaShare).toBeGreaterThan(0)
    expect(valuesOf(other)).not.toEqual(valuesOf(await explain()))
    expect(await explain({ classIndex: 2 })).toEqual(other)
    expect([await average(), await allScores(client, project), await client['images.list']({ project })]).toEqual(
      before,
    )
    const { images } = await client['scores.distribution']({ project, model: 1, ...occlusion })
    expect(images).toEqual(Float64Array.of(1, 2, 3))
    const classesOf = async (which: 'predicted' | 'all') =>
      (await client['image.read']({ project, image: 1, classes: which })).maps.map(({ classIndex }) => classIndex)
    expect([await classesOf('predicted'), await classesOf('all')]).toEqual([[0], [0, 2]])
    expect(await client['project.verify']({ path, recompute: true })).toMatchObject({ ok: true })
  })

  it('explains the difference of two classes, and keeps nothing of it', async () => {
    const { path, explain } = await explainedProject()
    const [cat, dog] = [await explain({ classIndex: 0 }), await explain({ classIndex: 1 })]
    const before = await inspect(path)
    const difference = await explain({ against: 1 })
    expect(difference).toMatchObject({ id: null, classIndex: 0, against: 1, method: 'occlusion', modelId: 1 })
    const expected = valuesOf(cat).map((value, i) => value - valuesOf(dog)[i]!)
    for (const [i, value] of valuesOf(difference).entries()) expect(value).toBeCloseTo(expected[i]!, 5)
    expect(difference.score!.areaShare).toBe(cat.score!.areaShare)
    expect(difference.machineScore).toEqual(difference.score)
    expect(await inspect(path)).toEqual(before)
  })

  it('keeps nothing in a project that is open for reading', async () => {
    const { path } = await explainedProject()
    const { project } = await client['project.open']({ path, mode: 'read' })
    const before = await inspect(path)
    const map = await client['image.explain']({ project, image: 1, model: 1, method: 'gradcam' })
    expect(map).toMatchObject({ id: null, against: null, classIndex: 0 })
    expect((await client['image.explain']({ project, image: 1, model: 1, ...occlusion })).id).not.toBeNull()
    expect(await inspect(path)).toEqual(before)
  })

  it('loads the model as the run said it', async () => {
    const path = await writeSmallModel(join(root, 'said'), { labels: classes })
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const card = { name: 'as said', resize: 'area' as const, labels: ['dog', 'cat', 'bird'] }
    await runToEnd(client, project, { models: [{ path, card }], methods: [occlusion] })
    const map = await client['image.explain']({ project, image: 1, model: 1, method: 'gradcam' })
    expect(map).toMatchObject({ model: 'as said', classLabel: 'dog' })
  })

  it('says where the file of the model is another one, or gone; one that is loaded stays usable', async () => {
    const folder = join(folderIn(root), 'moved')
    const { path, explain } = await explainedProject(await writeSmallModel(folder, { labels: classes }))
    cpSync(folder, `${folder}-kept`, { recursive: true })
    await writeSmallModel(folder, { labels: classes, diverse: false })
    const changed = await errorOf(explain({ method: 'gradcam', options: {} }))
    expect(changed).toMatchObject({ code: 'model.changed', message: expect.stringContaining('model.json') as string })
    rmSync(folder, { recursive: true })
    const { project } = await fresh['project.open']({ path, mode: 'read' })
    const missing = await errorOf(fresh['image.explain']({ project, image: 1, model: 1, method: 'gradcam' }))
    expect(missing).toMatchObject({ code: 'model.missing', message: expect.stringContaining('model.json') as string })
    renameSync(`${folder}-kept`, folder)
    expect(await fresh['image.explain']({ project, image: 1, model: 1, method: 'gradcam' })).toMatchObject({ id: null })
    rmSync(folder, { recursive: true })
    expect(await fresh['image.explain']({ project, image: 2, model: 1, method: 'gradcam' })).toMatchObject({ id: null })
  })

  it.each([
    ['a class that the model has not', { classIndex: 3 }, 'explainer.class'],
    ['another class that the model has not', { against: 3 }, 'explainer.class'],
    ['a class against itself', { classIndex: 1, against: 1 }, 'explainer.class'],
    ['a method that there is not', { method: 'tarot' }, 'explainer.unknown'],
    ['an option that the method has not', { options: { petch: 3 } }, 'explainer.options'],
    ['a patch larger than the photo', { options: { patch: 64 } }, 'explainer.options'],
    ['a layer that there is not', { method: 'gradcam', options: { layer: 'nowhere' } }, 'model.layer-missing'],
    ['an image that there is not', { image: 99 }, 'record.missing'],
    ['a model that there is not', { model: 99 }, 'record.missing'],
  ] as const)('refuses %s', async (_, changes, code) => {
    const { path, explain } = await explainedProject()
    const before = await inspect(path)
    expect(await codeOf(explain(changes))).toBe(code)
    expect(await inspect(path)).toEqual(before)
  })

  it('refuses a photo that is gone or was replaced, in one line', async () => {
    const { photos, explain } = await explainedProject()
    cpSync(photos[1]!.path, photos[0]!.path)
    expect(await codeOf(explain({ method: 'gradcam', options: {} }))).toBe('image.changed')
    rmSync(photos[0]!.path)
    expect(await codeOf(explain({ method: 'gradcam', options: {} }))).toBe('file.missing')
    expect(await codeOf(explain({ against: 1 }))).toBe('file.missing')
  })
})
