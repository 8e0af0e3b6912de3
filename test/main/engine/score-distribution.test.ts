import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import { makePhotos, paintPhoto } from '../../builders/dataset.ts'
import { classColour, writeSmallModel } from '../../builders/small-model.ts'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'
import {
  allScores,
  gradcam,
  occlusion,
  runToEnd,
  setUpRun,
  specOf,
  type RunSetting,
  type ScoreRow,
} from './run-tools.ts'

type Distribution = Awaited<ReturnType<EngineClient['scores.distribution']>>
type DoubtfulPage = Awaited<ReturnType<EngineClient['scores.doubtful']>>

const root = useFolder()
const { client } = useEngine()
const labels = ['cat', 'dog', 'bird']
let setting: RunSetting
let scores: ScoreRow[]

beforeAll(async () => {
  const model = await writeSmallModel(join(root, 'small'), { labels })
  // one dog that looks like a bird, one bird without an object, one photo without a label
  setting = await setUpRun(client, root, {
    colourOf: (classIndex, number) => (classIndex === 1 && number === 0 ? 2 : classIndex),
    categoryOf: ({ file, label }) => (file === 'birds/1.png' ? null : label),
  })
  const [photo] = await makePhotos(join(root, 'more'), { perClass: 1, classes: ['cat'] })
  const unlabelled = join(root, 'unlabelled')
  await paintPhoto({ ...photo!, path: join(unlabelled, 'picture.png') }, classColour(0, 3))
  await client['dataset.import']({ project: setting.project, format: 'folder', images: unlabelled })
  await runToEnd(client, setting.project, specOf(model))
  scores = (await allScores(client, setting.project)).filter(({ method }) => method === 'occlusion')
})

function orNaN(value: number | null): number {
  return value ?? NaN
}

describe('scores.distribution', () => {
  it('has the scores of one line of the table, image by image, and its average', async () => {
    const { project } = setting
    const found: Distribution = await client['scores.distribution']({ project, model: 1, ...occlusion })
    expect([...found.images]).toEqual([1, 2, 3, 4, 5, 6, 7])
    for (const key of ['obalex', 'areaShare', 'lift', 'normalized'] as const) {
      expect(found[key]).toEqual(Float64Array.from(scores, (score) => orNaN(score[key])))
    }
    const codes = scores.map(({ isCorrect }) => (isCorrect === null ? 3 : Number(isCorrect)))
    expect([...found.isCorrect]).toEqual(codes)
    expect(new Set(codes)).toEqual(new Set([0, 1, 3]))
    const { rows } = await client['scores.average']({ project })
    const { group: _, ...row } = rows.find(({ method }) => method === 'occlusion')!
    expect(found.average).toEqual(row)
    const averaged = scores.filter(({ isCorrect, obalex }) => isCorrect === true && obalex !== null)
    for (const key of ['pointingGame', 'relevanceRank', 'topK', 'auc'] as const) {
      const sum = averaged.reduce((total, score) => total + score[key]!, 0)
      expect(found.average[key]).toBeCloseTo(sum / averaged.length, 12)
    }
  })

  it('tells settings apart: other options and mask rules have no scores yet', async () => {
    const { project } = setting
    const other = { ...occlusion, options: { patch: 16, stride: 8 } }
    for (const wanted of [
      other,
      { ...occlusion, maskVariant: 'paper' as const },
      { ...occlusion, variant: 'paper' as const },
    ]) {
      const { images, average } = await client['scores.distribution']({ project, model: 1, ...wanted })
      expect([images.length, average.n, average.avgObalex]).toEqual([0, 0, null])
    }
    expect((await client['scores.distribution']({ project, model: 1, ...gradcam })).images).toHaveLength(7)
    expect(await codeOf(client['scores.distribution']({ project, model: 2, ...gradcam }))).toBe('record.missing')
  })
})

describe('scores.doubtful', () => {
  const doubtful = (more: object = {}): Promise<DoubtfulPage> =>
    client['scores.doubtful']({ project: setting.project, model: 1, ...occlusion, ...more })

  it('has what is right with a low normalised score, the lowest first', async () => {
    const right = scores.filter(({ isCorrect, normalized }) => isCorrect === true && normalized !== null)
    const sorted = [...right].sort((a, b) => a.normalized! - b.normalized!)
    const threshold = sorted.at(-1)!.normalized!
    const { images, total, next } = await doubtful({ threshold })
    const expected = sorted.filter(({ normalized }) => normalized! < threshold)
    expect(images.map(({ file, obalex, normalized }) => [file, obalex, normalized])).toEqual(
      expected.map(({ image, obalex, normalized }) => [image, obalex, normalized]),
    )
    expect(total).toBe(expected.length)
    expect(total).toBeGreaterThan(1)
    expect(next).toBeNull()
    expect((await doubtful({ threshold: -1e6 })).images).toEqual([])
  })

  it('comes page by page, equal scores too', async () => {
    const all = await doubtful({ threshold: 1 })
    expect(all.images).toHaveLength(4)
    const pages: DoubtfulPage['images'][] = []
    let after: DoubtfulPage['next'] = null
    do {
      const page: DoubtfulPage = await doubtful({ threshold: 1, limit: 1, after })
      pages.push(page.images)
      after = page.next
    } while (after !== null)
    expect(pages.every((page) => page.length === 1)).toBe(true)
    expect(pages.flat()).toEqual(all.images)
  })
})

describe('what is asked again', () => {
  it('is computed anew once the project has changed', async () => {
    const { project } = setting
    const ask = () => client['scores.distribution']({ project, model: 1, ...occlusion })
    const before = await ask()
    expect(await ask()).toEqual(before)
    // dogs are not matched any more
    const entries = { 0: 'cat', 2: 'bird' }
    await client['classes.assign']({ project, map: { models: [{ model: 1, entries }], objects: null } })
    const after = await ask()
    expect(after.average.excluded.misclassified).toBeGreaterThan(before.average.excluded.misclassified)
    expect(after.obalex).toEqual(before.obalex)
  })
})
