import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSmallModel } from '../../builders/small-model.ts'
import { newProject, useEngine, useFolder } from './engine-tools.ts'
import { allScores, gradcam, occlusion, runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()
let setting: RunSetting

beforeAll(async () => {
  const labels = ['cat', 'dog', 'bird']
  const good = await writeSmallModel(join(root, 'good'), { labels })
  const poor = await writeSmallModel(join(root, 'poor'), { labels, diverse: false })
  setting = await setUpRun(client, root)
  const models = [{ path: good }, { path: poor }]
  await runToEnd(client, setting.project, specOf(good, { models, methods: [occlusion, gradcam] }))
}, 60_000)

const average = async (by?: 'method' | 'model' | 'class' | 'revision') =>
  (await client['scores.average']({ project: setting.project, ...(by ? { by } : {}) })).rows

describe('scores.average', () => {
  it('has a line a method and model', async () => {
    const rows = await average()
    expect(rows.map(({ method, model, group }) => [method, model, group])).toEqual([
      ['gradcam', 'good', null],
      ['gradcam', 'poor', null],
      ['occlusion', 'good', null],
      ['occlusion', 'poor', null],
    ])
    expect(rows.map(({ accuracy }) => accuracy)).toEqual([1, 1 / 3, 1, 1 / 3])
    expect((await average('model')).map(({ method, model }) => [method, model])).toEqual([
      ['gradcam', 'good'],
      ['occlusion', 'good'],
      ['gradcam', 'poor'],
      ['occlusion', 'poor'],
    ])
  })

  it('splits by class into parts that make up the whole', async () => {
    const whole = (await average()).find(({ method, model }) => method === 'occlusion' && model === 'good')!
    const parts = (await average('class')).filter(({ method, model }) => method === 'occlusion' && model === 'good')
    expect(parts.map(({ group, n }) => [group, n])).toEqual([
      ['bird', 2],
      ['cat', 2],
      ['dog', 2],
    ])
    const sum = parts.reduce((total, { avgObalex, n }) => total + avgObalex! * n, 0)
    expect(sum / whole.n).toBeCloseTo(whole.avgObalex!, 12)
    const poor = (await average('class')).filter(({ method, model }) => method === 'occlusion' && model === 'poor')
    expect(poor.map(({ group, accuracy, n }) => [group, accuracy, n])).toEqual([
      ['bird', 0, 0],
      ['cat', 1, 2],
      ['dog', 0, 0],
    ])
  })

  it('has the same first and newest scores where nothing was corrected', async () => {
    const rows = await average('revision')
    expect(rows).toHaveLength(8)
    for (let i = 0; i < rows.length; i += 2) {
      expect([rows[i]!.group, rows[i + 1]!.group]).toEqual(['first', 'newest'])
      expect({ ...rows[i]!, group: null }).toEqual({ ...rows[i + 1]!, group: null })
    }
  })

  it('is the same every time, its bootstrap intervals too', async () => {
    expect(await average()).toEqual(await average())
  })

  it('is empty for an empty project', async () => {
    const project = await newProject(client, join(root, 'empty.obalex'))
    for (const by of ['method', 'model', 'class', 'revision'] as const) {
      expect((await client['scores.average']({ project, by })).rows).toEqual([])
    }
  })
})

describe('scores.list', () => {
  it('gives all scores page by page, the last page with nothing after it', async () => {
    const all = await allScores(client, setting.project)
    expect(all).toHaveLength(24)
    expect(new Set(all.map(({ id }) => id)).size).toBe(24)
    for (const limit of [2, 5, 24]) expect(await allScores(client, setting.project, limit)).toEqual(all)
    const last = await client['scores.list']({ project: setting.project, after: all[21]!.id, limit: 2 })
    expect(last.scores).toEqual(all.slice(22))
    expect(last.next).toBeNull()
    const beyond = await client['scores.list']({ project: setting.project, after: all[23]!.id, limit: 2 })
    expect(beyond).toEqual({ scores: [], next: null })
  })

  it('says of each what it is about', async () => {
    const all = await allScores(client, setting.project)
    const wrong = all.filter(({ isCorrect }) => isCorrect === false)
    expect(wrong).toHaveLength(8)
    expect(
      wrong.every(({ model, label, predicted }) => model === 'poor' && label !== 'cat' && predicted === 'cat'),
    ).toBe(true)
    for (const { obalex, areaShare, lift, normalized, reason, probability, auc } of all) {
      expect(probability).toBeGreaterThan(0)
      if (obalex === null) {
        expect(reason).toBe('no-evidence')
        continue
      }
      expect(lift).toBeCloseTo(obalex / areaShare!, 12)
      expect(normalized).toBeCloseTo((obalex - areaShare!) / (1 - areaShare!), 12)
      expect(auc).toBeGreaterThanOrEqual(0)
    }
  })
})
