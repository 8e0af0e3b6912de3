import { statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, inspect, useEngine, useFolder } from './engine-tools.ts'
import { gradcam, occlusion, runToEnd, setUpRun, specOf, type Spec } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
let model: string

beforeAll(async () => {
  model = await writeSmallModel(join(root, 'small'), { labels: ['cat', 'dog', 'bird'] })
})

describe('run.estimate', () => {
  it('tells the time by what ran here, for what is not there yet', async () => {
    const { project, path } = await setUpRun(client, root)
    const estimate = (changes: Partial<Spec> = {}) =>
      client['run.estimate']({ project, spec: specOf(model, { methods: [occlusion], ...changes }) })
    const before = await inspect(path)
    expect(await estimate()).toMatchObject({ nImages: 6, nMaps: 6, seconds: null })
    expect(await inspect(path)).toEqual(before)

    await runToEnd(client, project, specOf(model, { methods: [occlusion], limit: 3 }))
    const half = await estimate()
    expect(half).toMatchObject({ nImages: 6, nMaps: 3 })
    expect(half.seconds).toBeGreaterThan(0)
    expect(half.seconds).toBeLessThan(60)
    expect(await estimate({ limit: 4 })).toMatchObject({ nImages: 4, nMaps: 1 })
    expect(await estimate({ split: 'test' })).toEqual({ nImages: 0, nMaps: 0, seconds: 0, bytes: 0 })
    expect(await estimate({ limit: 3 })).toEqual({ nImages: 3, nMaps: 0, seconds: 0, bytes: 0 })
    // a method, or options, that never ran here
    expect(await estimate({ methods: [occlusion, gradcam] })).toMatchObject({ nMaps: 9, seconds: null })
    const coarse = { method: 'occlusion', options: { patch: 16, stride: 8 } }
    expect(await estimate({ methods: [coarse] })).toMatchObject({ nMaps: 6, seconds: null })
    expect(await estimate({ variant: 'paper' })).toMatchObject({ nMaps: 6, seconds: null })

    // another project does not have the maps, but the time is the machine's
    const { project: other } = await setUpRun(client, root)
    const again = await client['run.estimate']({ project: other, spec: specOf(model, { methods: [occlusion] }) })
    expect(again).toMatchObject({ nImages: 6, nMaps: 6 })
    expect(again.seconds).toBeCloseTo(2 * half.seconds!, 9)
  })

  it('counts what methods share with the prediction once', async () => {
    const { project } = await setUpRun(client, root)
    const plusPlus = { method: 'gradcam++', options: {} }
    await runToEnd(client, project, specOf(model, { methods: [gradcam, plusPlus] }))
    const { project: other } = await setUpRun(client, root)
    const secondsOf = async (methods: Spec['methods']): Promise<number> =>
      (await client['run.estimate']({ project: other, spec: specOf(model, { methods }) })).seconds!
    const [one, two] = [await secondsOf([gradcam]), await secondsOf([plusPlus])]
    const both = await secondsOf([gradcam, plusPlus])
    expect(both).toBeGreaterThanOrEqual(Math.max(one, two))
    // each alone counts the prediction's pass
    expect(both).toBeLessThan(one + two)
  })

  it('tells about how much larger the project will be', async () => {
    const { project, path } = await setUpRun(client, root, { perClass: 40 })
    const spec = specOf(model)
    const { bytes } = await client['run.estimate']({ project, spec })
    await client['project.backup']({ path, out: join(root, 'before.obalex') })
    await runToEnd(client, project, spec)
    await client['project.backup']({ path, out: join(root, 'after.obalex') })
    const grown = statSync(join(root, 'after.obalex')).size - statSync(join(root, 'before.obalex')).size
    expect(bytes / grown).toBeGreaterThan(0.5)
    expect(bytes / grown).toBeLessThan(2)
  })

  it('is refused as the run would be', async () => {
    const { project } = await setUpRun(client, root, { perClass: 1 })
    const codeFor = (spec: Spec) => codeOf(client['run.estimate']({ project, spec }))
    expect(await codeFor(specOf('nowhere/model.json'))).toBe('file.missing')
    expect(await codeFor(specOf(model, { methods: [{ method: 'tarot' }] }))).toBe('explainer.unknown')
    expect(await codeFor(specOf(model, { methods: [{ method: 'occlusion', options: { petch: 1 } }] }))).toBe(
      'explainer.options',
    )
  })
})
