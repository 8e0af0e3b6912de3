import { describe, expect, it } from 'vitest'
import type { ModelId } from '#common/contract/ids.ts'
import { classMapInForce, saveClassMap } from '#main/project/class-map-repository.ts'
import { findOrInsertModel, getModel, listModels } from '#main/project/model-repository.ts'
import { makeProject, write } from '../../builders/project.ts'

const tiny = {
  name: 'tiny',
  path: '/models/tiny.onnx',
  sha256: '4'.repeat(64),
  card: { size: 8, labels: ['cat', 'dog'] },
}

describe('models', () => {
  it('are taken in once, whatever the order of keys in the card', async () => {
    const project = await makeProject()
    const model = await write(project, (trx) => findOrInsertModel(trx, tiny, 5))
    expect(model).toEqual({ ...tiny, id: 1, createdAt: 5 })
    const card = { labels: ['cat', 'dog'], size: 8 }
    expect(await write(project, (trx) => findOrInsertModel(trx, { ...tiny, card }, 6))).toEqual(model)
    expect(await listModels(project.read)).toEqual([model])
  })

  it('are others when they are used in another way, or are other bytes', async () => {
    const project = await makeProject()
    const ids = await write(project, async (trx) => [
      (await findOrInsertModel(trx, tiny, 5)).id,
      (await findOrInsertModel(trx, { ...tiny, card: { ...tiny.card, size: 9 } }, 5)).id,
      (await findOrInsertModel(trx, { ...tiny, sha256: '5'.repeat(64) }, 5)).id,
    ])
    expect(new Set(ids).size).toBe(3)
    expect((await listModels(project.read)).map(({ id }) => id)).toEqual(ids)
  })

  it('keep their id and name when the file is found elsewhere', async () => {
    const project = await makeProject()
    await write(project, (trx) => findOrInsertModel(trx, tiny, 5))
    const moved = await write(project, (trx) => findOrInsertModel(trx, { ...tiny, path: '/b.onnx', name: 'b' }, 6))
    expect(moved).toEqual({ ...tiny, path: '/b.onnx', id: 1, createdAt: 5 })
    expect(await getModel(project.read, 1 as ModelId)).toEqual(moved)
  })

  it('are missing by their own code', async () => {
    const project = await makeProject()
    await expect(getModel(project.read, 1 as ModelId)).rejects.toMatchObject({ code: 'record.missing' })
  })
})

describe('class maps', () => {
  it('are in force as the newest of their model, apart from that of the objects', async () => {
    const project = await makeProject()
    const [model, other] = await write(project, async (trx) => [
      (await findOrInsertModel(trx, tiny, 5)).id,
      (await findOrInsertModel(trx, { ...tiny, sha256: '5'.repeat(64) }, 5)).id,
    ])
    expect(await classMapInForce(project.read, model)).toBeNull()
    expect(await classMapInForce(project.read, null)).toBeNull()
    const entries = { 0: 'cat', 1: 'dog', 'Egyptian cat': 'cat' }
    await write(project, async (trx) => {
      await saveClassMap(trx, { modelId: model, entries: { 0: 'dog' }, origin: 'guess' }, 6)
      await saveClassMap(trx, { modelId: null, entries: { pet: 'cat' }, origin: 'file' }, 6)
      await saveClassMap(trx, { modelId: model, entries, origin: 'user' }, 7)
    })
    expect(await classMapInForce(project.read, model)).toEqual({
      id: 3,
      modelId: model,
      entries,
      origin: 'user',
      createdAt: 7,
    })
    expect(await classMapInForce(project.read, null)).toMatchObject({ id: 2, entries: { pet: 'cat' }, origin: 'file' })
    expect(await classMapInForce(project.read, other)).toBeNull()
    expect(await project.read.selectFrom('class_map').selectAll().execute()).toHaveLength(3)
  })
})
