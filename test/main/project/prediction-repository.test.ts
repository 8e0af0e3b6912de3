import { describe, expect, it } from 'vitest'
import type { ImageId, ModelId, PredictionId } from '#common/contract/ids.ts'
import { updateImage } from '#main/project/image-repository.ts'
import { findOrInsertModel } from '#main/project/model-repository.ts'
import {
  findPrediction,
  getPrediction,
  listPredictedClasses,
  listPredictionsOfImage,
} from '#main/project/prediction-repository.ts'
import { makeProject, predict, write } from '../../builders/project.ts'

const [first, second, third] = [1, 2, 3] as [ImageId, ImageId, ImageId]
const tiny = 1 as ModelId

describe('predictions', () => {
  it('come back as they were made, without a logit where the model gives none', async () => {
    const project = await makeProject({ images: 1 })
    const top = [
      [0, 0.75, null],
      [1, 0.25, -1e-7],
    ] as const
    const id = await write(project, (trx) => predict(trx, first, { logit: null, top }))
    const prediction = await getPrediction(project.read, id)
    expect(prediction).toMatchObject({
      id,
      imageId: first,
      modelId: tiny,
      classIndex: 0,
      classLabel: 'cat',
      createdAt: 3,
    })
    expect(prediction).toMatchObject({ probability: 0.75, logit: null, top, runtime: 'onnx-cpu' })
    expect(await findPrediction(project.read, prediction)).toEqual(prediction)
  })

  it('stay as they are when the same is predicted again', async () => {
    const project = await makeProject({ images: 1 })
    const id = await write(project, (trx) => predict(trx, first))
    expect(await write(project, (trx) => predict(trx, first, { probability: 0.5, runtime: 'wasm' }))).toBe(id)
    expect(await getPrediction(project.read, id)).toMatchObject({ probability: 0.75, runtime: 'onnx-cpu' })
  })

  it('are made anew for an image that has changed; the old ones stay, but no longer speak of it', async () => {
    const project = await makeProject({ images: 1 })
    const old = await write(project, (trx) => predict(trx, first))
    await write(project, (trx) => updateImage(trx, first, { sha256: 'e'.repeat(64) }))
    expect(await listPredictionsOfImage(project.read, first)).toEqual([])
    expect(await listPredictedClasses(project.read, tiny, { limit: 9 })).toEqual([])
    const id = await write(project, (trx) => predict(trx, first, { classIndex: 1, classLabel: 'dog' }))
    expect(id).not.toBe(old)
    expect((await listPredictionsOfImage(project.read, first)).map((prediction) => prediction.id)).toEqual([id])
    expect((await getPrediction(project.read, old)).classLabel).toBe('cat')
  })

  it('are listed of a model with the labels, page by page', async () => {
    const project = await makeProject({ images: 3 })
    await write(project, async (trx) => {
      const other = { name: 'other', path: '/o', sha256: '5'.repeat(64), card: {} }
      for (const id of [third, first, second]) await predict(trx, id)
      await predict(trx, first, { modelId: (await findOrInsertModel(trx, other, 1)).id })
      await updateImage(trx, second, { label: null, split: 'test' })
    })
    const all = await listPredictedClasses(project.read, tiny, { limit: 9 })
    expect(all.map(({ imageId, label, split, classLabel }) => [imageId, label, split, classLabel])).toEqual([
      [first, 'cat', null, 'cat'],
      [second, null, 'test', 'cat'],
      [third, 'cat', null, 'cat'],
    ])
    expect(all[0]).toMatchObject({ id: 2, classIndex: 0, probability: 0.75 })
    expect(await listPredictedClasses(project.read, tiny, { after: first, limit: 1 })).toEqual([all[1]])
    expect(await listPredictionsOfImage(project.read, first)).toHaveLength(2)
  })

  it('are missing by their own code', async () => {
    const project = await makeProject()
    await expect(getPrediction(project.read, 1 as PredictionId)).rejects.toMatchObject({ code: 'record.missing' })
    expect(await findPrediction(project.read, { imageId: first, modelId: tiny, imageSha256: '' })).toBeNull()
  })
})
