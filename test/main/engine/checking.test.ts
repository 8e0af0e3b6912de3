import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, errorOf, useEngine, useFolder } from './engine-tools.ts'
import { gradcam, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

const folder = useFolder()
const { client } = useEngine()
let setting: RunSetting
let image: number
let model: number
let path: string

type Request = Parameters<EngineClient['explanation.check']>[0]
type Checked = Awaited<ReturnType<EngineClient['explanation.check']>>

beforeAll(async () => {
  path = await writeSmallModel(join(folder, 'small'), { labels: ['cat', 'dog', 'bird'] })
  setting = await setUpRun(client, folder, { perClass: 2 })
  const { project } = setting
  await runToEnd(client, project, specOf(path, { methods: [gradcam] }))
  image = (await client['images.list']({ project })).images[0]!.id
  model = (await client['image.read']({ project, image })).maps[0]!.modelId
})

function check(
  changes: Partial<Request> = {},
  onEvent: (progress: Progress) => void = () => undefined,
): Promise<Checked> {
  const request = { project: setting.project, image, model, method: 'gradcam', ...changes }
  return client['explanation.check'](request, { onEvent })
}

describe('explanation.check', () => {
  it('scores the map as the run did', async () => {
    const { map, classIndex, classLabel, grid, model: name, ...rest } = await check()
    const stored = (await client['image.read']({ project: setting.project, image })).maps[0]!
    expect({ ...map.score }).toEqual(stored.score)
    expect(decodeNative(map)).toEqual(decodeNative(stored))
    expect([classIndex, classLabel]).toEqual([stored.classIndex, stored.classLabel])
    expect(name).toBe(stored.model)
    expect(grid).toEqual({ width: 32, height: 32 })
    expect(rest).toMatchObject({ image, method: 'gradcam', variant: 'standard', maskVariant: 'standard' })
  })

  it('compares the map with those of random weights: of the top layer, and of all', async () => {
    const { randomised, obstacle, map } = await check()
    expect(obstacle).toBeNull()
    expect(randomised.map(({ weights }) => weights)).toEqual(['top', 'all'])
    for (const { values, rankCorrelation, ssim, score } of randomised) {
      expect(values).not.toEqual(map.values)
      expect(Math.abs(rankCorrelation ?? 0)).toBeLessThanOrEqual(1)
      expect(ssim).toBeLessThan(1)
      expect(score.areaShare).toBe(map.score.areaShare)
    }
    // the same seed forgets the same, another one something else; the classifier itself stays as it is
    const again = await check()
    expect(again.randomised).toEqual(randomised)
    expect((await check({ seed: 7 })).randomised[1]!.values).not.toEqual(randomised[1]!.values)
    expect(again.map).toEqual(map)
  })

  it('says why there are no random weights where a model runs as it is', async () => {
    const grouped = fileURLToPath(new URL('../../fixtures/onnx/grouped.onnx', import.meta.url))
    const { randomised, obstacle, map } = await check({
      ...{ model: { path: grouped, card: { preprocess: 'unit', size: 12 } }, method: 'rise', options: { samples: 20 } },
      nSeeds: 1,
    })
    expect(randomised).toEqual([])
    expect(obstacle).toMatch(/Conv/)
    expect(map.score.obalex).toBeGreaterThan(0)
  })

  it('scores maps that never saw the classifier: the uniform one by its area share', async () => {
    const { baselines, map } = await check()
    expect(baselines.uniform.obalex).toBeCloseTo(map.score.areaShare!, 9)
    expect(baselines.uniform.lift).toBeCloseTo(1, 9)
    expect(baselines.edges.obalex).toBeGreaterThan(0)
    expect(baselines.edges.obalex).not.toBeCloseTo(baselines.uniform.obalex!, 3)
  })

  it('has no band of seeds for a method that draws no random numbers', async () => {
    expect((await check()).seeds).toBeNull()
  })

  it('tells how far the score of RISE moves between seeds', async () => {
    const options = { samples: 30, seed: 5 }
    const { seeds, map } = await check({ method: 'rise', options, nSeeds: 4 })
    expect(seeds!.scores.map(({ seed }) => seed)).toEqual([5, 6, 7, 8])
    const values = seeds!.scores.map(({ obalex }) => obalex!)
    expect(values[0]).toBe(map.score.obalex)
    expect(new Set(values).size).toBe(4)
    expect([seeds!.min, seeds!.max]).toEqual([Math.min(...values), Math.max(...values)])
    expect(seeds!.mean).toBeCloseTo(values.reduce((a, b) => a + b) / 4, 12)
    expect(seeds!.sd).toBeGreaterThan(0)
  })

  it('explains the class that is asked for, by a model file, in the variant that is asked for', async () => {
    const { classIndex, classLabel, variant, maskVariant } = await check({
      ...{ model: { path }, classIndex: 2, variant: 'paper', maskVariant: 'paper', method: 'gradcam++' },
    })
    expect([classIndex, classLabel, variant, maskVariant]).toEqual([2, 'bird', 'paper', 'paper'])
  })

  it('tells how far it is, and ends with all of it done', async () => {
    const events: Progress[] = []
    await check({ method: 'rise', options: { samples: 20 }, nSeeds: 3 }, (progress) => events.push(progress))
    const counted = events.filter(({ total }) => total !== null)
    expect(new Set(counted.map(({ total }) => total))).toEqual(new Set([5]))
    const done = counted.map((event) => event.done)
    expect(done).toEqual([...done].sort((a, b) => a - b))
    expect(done.at(-1)).toBe(5)
  })

  it('stops when it is cancelled', async () => {
    const controller = new AbortController()
    const stopped = client['explanation.check'](
      { project: setting.project, image, model, method: 'rise', options: { samples: 100_000 } },
      { signal: controller.signal, onEvent: ({ done }) => done > 0 && controller.abort() },
    )
    expect(await codeOf(stopped)).toBe('aborted')
  })

  it('stores nothing', async () => {
    const before = await client['project.describe']({ project: setting.project })
    await check({ method: 'rise', options: { samples: 10 }, nSeeds: 2 })
    expect(await client['project.describe']({ project: setting.project })).toEqual(before)
  })

  it.each([
    ['explainer.unknown', { method: 'tea-leaves' }],
    ['explainer.options', { method: 'rise', options: { samples: 0 } }],
    ['explainer.options', { method: 'scorecam', variant: 'paper' }],
    ['explainer.class', { classIndex: 3 }],
    ['record.missing', { image: 999 }],
    ['record.missing', { model: 999 }],
    ['model.layer-missing', { options: { layer: 'conv9' } }],
  ] as const)('refuses with %s: %o', async (code, changes) => {
    expect(await codeOf(check(changes))).toBe(code)
  })

  it('refuses a photo that is not the one that was imported', async () => {
    const other = await setUpRun(client, folder, { perClass: 1 })
    const { id } = (await client['images.list']({ project: other.project })).images[0]!
    writeFileSync(other.photos[0]!.path, 'no photo')
    const error = await errorOf(check({ project: other.project, image: id, model: { path } }))
    expect(['image.changed', 'image.broken', 'file.format']).toContain(error.code)
  })
})
