import { describe, expect, it } from 'vitest'
import type { ExplanationId, ImageId, MaskRevisionId, ModelId } from '#common/contract/ids.ts'
import { updateImage } from '#main/project/image-repository.ts'
import { findOrInsertModel } from '#main/project/model-repository.ts'
import type { Project } from '#main/project/project.ts'
import {
  findScore,
  hashMaskChoice,
  listScores,
  listScoresForAverages,
  listScoresInForce,
  type NewScore,
  saveScore,
} from '#main/project/score-repository.ts'
import { aScore, explain, makeProject, predict, write } from '../../builders/project.ts'

const first = 1 as ImageId
const tiny = 1 as ModelId
const machine = hashMaskChoice([1 as MaskRevisionId], 'class')
const corrected = hashMaskChoice([2 as MaskRevisionId], 'class')

async function makeExplained() {
  const project = await makeProject({ images: 1 })
  const explanationId = await write(project, async (trx) => explain(trx, await predict(trx, first)))
  return { project, explanationId }
}

function save(project: Project, explanationId: ExplanationId, facts: Partial<NewScore>) {
  return write(project, (trx) => saveScore(trx, aScore(explanationId, facts), 7))
}

async function inForce(project: Project, maskVariant: 'standard' | 'paper' = 'standard') {
  const scores = await listScoresForAverages(project.read, { modelId: tiny, maskVariant }, { limit: 100 })
  return scores.map(({ obalex }) => obalex)
}

describe('hashMaskChoice', () => {
  it('depends on the revisions and the rule, not on their order', () => {
    const [a, b] = [9, 10] as [MaskRevisionId, MaskRevisionId]
    expect(hashMaskChoice([b, a], 'class')).toBe(hashMaskChoice([a, b], 'class'))
    expect(hashMaskChoice([a], 'class')).not.toBe(hashMaskChoice([b], 'class'))
    expect(hashMaskChoice([a], 'class')).not.toBe(hashMaskChoice([a], 'picked'))
    expect(hashMaskChoice([], 'class')).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('scores', () => {
  it('come back as they were computed', async () => {
    const { project, explanationId } = await makeExplained()
    const score = aScore(explanationId, { maskKey: machine, obalex: 0.1 + 0.2 })
    const id = await write(project, (trx) => saveScore(trx, score, 7))
    expect(await findScore(project.read, score)).toEqual({ ...score, id, createdAt: 7 })
  })

  it('may be missing for a reason', async () => {
    const { project, explanationId } = await makeExplained()
    const none = {
      obalex: null,
      areaShare: null,
      lift: null,
      normalized: null,
      pointingGame: null,
      relevanceRank: null,
    }
    const score = aScore(explanationId, { ...none, reason: 'no-mask', topK: null, auc: null })
    await write(project, (trx) => saveScore(trx, score, 7))
    expect(await findScore(project.read, score)).toMatchObject({ ...none, reason: 'no-mask' })
    expect(await inForce(project)).toEqual([null])
  })

  it('keep their values when the same is computed again', async () => {
    const { project, explanationId } = await makeExplained()
    const id = await save(project, explanationId, { obalex: 0.5 })
    expect(await save(project, explanationId, { obalex: 0.6 })).toBe(id)
    expect(await inForce(project)).toEqual([0.5])
  })

  it('are in force as the last one saved, also when an older one comes true again', async () => {
    const { project, explanationId } = await makeExplained()
    await save(project, explanationId, { maskKey: machine, obalex: 0.4 })
    await save(project, explanationId, { maskKey: corrected, obalex: 0.6 })
    await save(project, explanationId, { maskKey: machine, maskVariant: 'paper', obalex: 0.3 })
    expect(await inForce(project)).toEqual([0.6])
    await save(project, explanationId, { maskKey: machine, obalex: 0.4 })
    expect(await inForce(project)).toEqual([0.4])
    expect(await inForce(project, 'paper')).toEqual([0.3])
    const all = await listScores(project.read, explanationId)
    expect(all.map(({ maskVariant, obalex }) => [maskVariant, obalex])).toEqual([
      ['paper', 0.3],
      ['standard', 0.6],
      ['standard', 0.4],
    ])
  })
})

describe('listScoresForAverages', () => {
  it('gives with each score all that decides whether it counts', async () => {
    const { project, explanationId } = await makeExplained()
    await write(project, (trx) => updateImage(trx, first, { label: 'dog', split: 'test' }))
    await save(project, explanationId, { maskKey: machine })
    expect(await listScoresForAverages(project.read, { modelId: tiny, maskVariant: 'standard' }, { limit: 9 })).toEqual(
      [
        {
          id: 1,
          explanationId,
          maskVariant: 'standard',
          obalex: 0.5,
          reason: null,
          areaShare: 0.25,
          lift: 2,
          normalized: 1 / 3,
          pointingGame: 1,
          relevanceRank: 0.5,
          topK: 0.125,
          auc: 0.75,
          imageId: first,
          label: 'dog',
          split: 'test',
          modelId: tiny,
          classIndex: 0,
          classLabel: 'cat',
          predictionRuntime: 'onnx-cpu',
          method: 'occlusion',
          variant: 'standard',
          options: '{"patch":4,"stride":2}',
        },
      ],
    )
  })

  it('leaves out other models, other classes than the predicted one, and images that have changed since', async () => {
    const project = await makeProject({ images: 2 })
    await write(project, async (trx) => {
      const predictionId = await predict(trx, first)
      await saveScore(trx, aScore(await explain(trx, predictionId), { obalex: 0.1 }), 1)
      await saveScore(trx, aScore(await explain(trx, predictionId, { classIndex: 1 }), { obalex: 0.2 }), 1)
      const other = await findOrInsertModel(trx, { name: 'o', path: '/o', sha256: '5'.repeat(64), card: {} }, 1)
      const byOther = await predict(trx, first, { modelId: other.id })
      await saveScore(trx, aScore(await explain(trx, byOther), { obalex: 0.3 }), 1)
      const changed = await predict(trx, 2 as ImageId)
      await saveScore(trx, aScore(await explain(trx, changed), { obalex: 0.4 }), 1)
      await updateImage(trx, 2 as ImageId, { sha256: 'e'.repeat(64) })
    })
    expect(await inForce(project)).toEqual([0.1])
  })

  it('gives on demand the first score that an explanation had, also after it came into force again', async () => {
    const { project, explanationId } = await makeExplained()
    for (const [maskKey, obalex] of [
      [machine, 0.4],
      [corrected, 0.6],
    ] as const) {
      await save(project, explanationId, { maskKey, obalex })
    }
    await save(project, explanationId, { maskKey: machine, maskVariant: 'paper', obalex: 0.3 })
    const firsts = async () => {
      const choice = { modelId: tiny, maskVariant: 'standard', turn: 'first' } as const
      return (await listScoresForAverages(project.read, choice, { limit: 9 })).map(({ obalex }) => obalex)
    }
    expect(await firsts()).toEqual([0.4])
    await save(project, explanationId, { maskKey: machine, obalex: 0.4 })
    expect(await firsts()).toEqual([0.4])
  })

  it('goes on where the page before ended, within an image too', async () => {
    const project = await makeProject({ images: 3 })
    await write(project, async (trx) => {
      for (const imageId of [3, 1, 2] as ImageId[]) {
        const predictionId = await predict(trx, imageId)
        for (const method of ['occlusion', 'lime', 'gradcam']) {
          await saveScore(trx, aScore(await explain(trx, predictionId, { method })), 1)
        }
      }
    })
    const wanted = { modelId: tiny, maskVariant: 'standard' } as const
    const all = await listScoresForAverages(project.read, wanted, { limit: 100 })
    expect(all.map(({ imageId, method }) => `${imageId} ${method}`)).toEqual(
      [1, 2, 3].flatMap((imageId) => ['occlusion', 'lime', 'gradcam'].map((method) => `${imageId} ${method}`)),
    )
    const paged = []
    for (let page = all.slice(0, 0); ;) {
      const after = page.at(-1)
      page = await listScoresForAverages(project.read, wanted, { limit: 2, ...(after && { after }) })
      if (page.length === 0) break
      paged.push(...page)
    }
    expect(paged).toEqual(all)
  })
})

describe('listScoresInForce', () => {
  it('gives the scores in force of all models, page by page', async () => {
    const project = await makeProject({ images: 3 })
    await write(project, async (trx) => {
      for (const imageId of [1, 2, 3] as ImageId[]) {
        const explanationId = await explain(trx, await predict(trx, imageId))
        await saveScore(trx, aScore(explanationId, { maskKey: machine, obalex: 0.1 }), 1)
        await saveScore(trx, aScore(explanationId, { maskKey: corrected, obalex: 0.2 }), 1)
      }
      await updateImage(trx, 3 as ImageId, { sha256: 'e'.repeat(64) })
    })
    const all = await listScoresInForce(project.read, { limit: 9 })
    expect(all.map(({ id, imageId, obalex, turn }) => [id, imageId, obalex, turn])).toEqual([
      [2, 1, 0.2, 2],
      [4, 2, 0.2, 2],
    ])
    expect(all[0]).toMatchObject({ file: '0.jpg', label: 'cat', model: 'tiny', classLabel: 'cat', probability: 0.75 })
    expect(await listScoresInForce(project.read, { after: all[0]!.id, limit: 9 })).toEqual([all[1]])
  })
})
