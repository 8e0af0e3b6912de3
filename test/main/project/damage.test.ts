import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import type { ExplanationId, ImageId, InstanceMaskId, ModelId, PredictionId } from '#common/contract/ids.ts'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { firstBrokenBlob, getBlob } from '#main/project/blobs.ts'
import { classMapInForce } from '#main/project/class-map-repository.ts'
import { getExplanation, listExplanations } from '#main/project/explanation-repository.ts'
import { countImagesByLabel, listFolders, listImages } from '#main/project/image-repository.ts'
import { listJobFailures, listJobs } from '#main/project/job-repository.ts'
import { currentMasks, firstBrokenRevision, listInstances, listRevisions } from '#main/project/mask-repository.ts'
import { listModels } from '#main/project/model-repository.ts'
import { openProject } from '#main/project/open.ts'
import { listPredictedClasses, listPredictionsOfImage } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import { listScores, listScoresForAverages } from '#main/project/score-repository.ts'
import { addImages } from '../../builders/project.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const whole = readFileSync(join(import.meta.dirname, '../../fixtures/project/version-1.obalex'))
const page = { limit: 100 }

/** Reads of everything that a project holds. */
function reads({ read }: Project): (() => Promise<unknown>)[] {
  return [
    () => listFolders(read),
    () => listImages(read, {}, page),
    () => listImages(read, { label: 'cat' }, page),
    () => countImagesByLabel(read),
    () => currentMasks(read, [1, 2, 3] as ImageId[]),
    () => listInstances(read, page),
    () => listRevisions(read, 1 as InstanceMaskId),
    () => listModels(read),
    () => classMapInForce(read, 1 as ModelId),
    () => listPredictionsOfImage(read, 1 as ImageId),
    () => listPredictedClasses(read, 1 as ModelId, page),
    () => listExplanations(read, 1 as PredictionId),
    async () => getBlob(read, (await getExplanation(read, 1 as ExplanationId)).blobSha256),
    () => listScores(read, 1 as ExplanationId),
    () => listScoresForAverages(read, { modelId: 1 as ModelId, maskVariant: 'standard' }, page),
    () => listJobs(read, page),
    () => listJobFailures(read, 1 as never, page),
    () => listAudit(read, page),
    () => verifyAudit(read),
    () => firstBrokenBlob(read),
    () => firstBrokenRevision(read),
  ]
}

/** Does what can be done with a file, and gives what is thrown that is no AppError. */
async function findBugs(path: string): Promise<unknown[]> {
  const bugs: unknown[] = []
  const attempt = (action: () => Promise<unknown>) =>
    action().catch((error: unknown) => {
      if (!(error instanceof AppError)) bugs.push(error)
    })
  for (const mode of ['read', 'write'] as const) {
    await attempt(async () => {
      const project = await openProject(path, { mode, now: () => 1 })
      for (const read of reads(project)) await attempt(read)
      if (mode === 'write') await attempt(() => addImages(project, 1, () => ({ file: 'new.jpg' })))
      await attempt(() => project.close())
    })
  }
  return bugs
}

describe('a damaged project', () => {
  it('is never more than an AppError: flipped bytes', async () => {
    const path = join(temporaryFolder(), 'damaged.obalex')
    const places = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(places, async (flips) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of flips) bytes[at] = value
        writeFileSync(path, bytes)
        expect(await findBugs(path)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('is never more than an AppError: cut off', async () => {
    const path = join(temporaryFolder(), 'damaged.obalex')
    await fc.assert(
      // at least a page: of the last one, SQLite takes what is missing for zeros
      fc.asyncProperty(fc.nat(whole.length - 4096), async (length) => {
        writeFileSync(path, whole.subarray(0, length))
        await expect(openProject(path, { mode: 'read', now: () => 1 })).rejects.toMatchObject({
          code: expect.stringMatching(/^project\.(corrupt|not-a-project)$/) as string,
        })
        expect(await findBugs(path)).toEqual([])
      }),
      { numRuns: 30 },
    )
  })
})
