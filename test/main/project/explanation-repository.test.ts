import { describe, expect, it } from 'vitest'
import type { ExplanationId, ImageId } from '#common/contract/ids.ts'
import { getBlob } from '#main/project/blobs.ts'
import { findExplanation, getExplanation, listExplanations } from '#main/project/explanation-repository.ts'
import { explain, makeProject, predict, write } from '../../builders/project.ts'

async function makePredicted() {
  const project = await makeProject({ images: 1 })
  return { project, predictionId: await write(project, (trx) => predict(trx, 1 as ImageId)) }
}

describe('explanations', () => {
  it('come back as they were made, with the bytes of their native form', async () => {
    const { project, predictionId } = await makePredicted()
    const bytes = new Uint8Array(new Float32Array([0, 0.25, 0.5, 1]).buffer)
    const header = { kind: 'grid', shape: [2, 2], type: 'float32' }
    const id = await write(project, (trx) => explain(trx, predictionId, { bytes, header, note: 'centre only' }))
    const explanation = await getExplanation(project.read, id)
    expect(explanation).toEqual({
      id,
      predictionId,
      method: 'occlusion',
      variant: 'standard',
      options: { patch: 4, stride: 2 },
      classIndex: 0,
      header,
      blobSha256: explanation.blobSha256,
      note: 'centre only',
      runtime: 'onnx-cpu',
      seconds: 0.25,
      createdAt: 4,
    })
    expect(Buffer.from(bytes).equals(await getBlob(project.read, explanation.blobSha256))).toBe(true)
  })

  it('stay as they are when the same is explained again, whatever the order of options', async () => {
    const { project, predictionId } = await makePredicted()
    const id = await write(project, (trx) => explain(trx, predictionId))
    const options = { stride: 2, patch: 4 }
    expect(await write(project, (trx) => explain(trx, predictionId, { options, bytes: new Uint8Array(9) }))).toBe(id)
    const key = { predictionId, method: 'occlusion', variant: 'standard', options, classIndex: 0 }
    expect(await findExplanation(project.read, key)).toEqual(await getExplanation(project.read, id))
    expect(await project.read.selectFrom('blob').selectAll().execute()).toHaveLength(1)
  })

  it('are others with another method, variant, option or class', async () => {
    const { project, predictionId } = await makePredicted()
    const ids = await write(project, async (trx) => [
      await explain(trx, predictionId),
      await explain(trx, predictionId, { method: 'lime' }),
      await explain(trx, predictionId, { variant: 'paper' }),
      await explain(trx, predictionId, { options: { patch: 4, stride: 1 } }),
      await explain(trx, predictionId, { classIndex: 1 }),
    ])
    expect(new Set(ids).size).toBe(5)
    expect((await listExplanations(project.read, predictionId)).map(({ id }) => id)).toEqual(ids)
    const key = { predictionId, method: 'lime', variant: 'paper', options: { patch: 4, stride: 2 }, classIndex: 0 }
    expect(await findExplanation(project.read, key)).toBeNull()
  })

  it('are missing by their own code', async () => {
    const { project } = await makePredicted()
    await expect(getExplanation(project.read, 1 as ExplanationId)).rejects.toMatchObject({ code: 'record.missing' })
  })
})
