import { describe, expect, it } from 'vitest'
import Database from 'better-sqlite3'
import type {
  FlagId,
  FolderId,
  HandChoiceId,
  ImageId,
  InstanceMaskId,
  ModelId,
  ObjectRuleId,
  PredictionId,
  StrokeId,
} from '#common/contract/ids.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { listAudit, readAuditHead } from '#main/project/audit-log.ts'
import { getBlob } from '#main/project/blobs.ts'
import { classMapInForce } from '#main/project/class-map-repository.ts'
import { countExplained, meanMapBytes } from '#main/project/explanation-counts.ts'
import { findExplanation, listExplanations } from '#main/project/explanation-repository.ts'
import {
  countImages,
  countImagesByLabel,
  findImagesByFile,
  getImage,
  listImages,
} from '#main/project/image-repository.ts'
import { listImageOverviews } from '#main/project/image-overview.ts'
import { findFlag, flaggedImages, insertFlag } from '#main/project/flag-repository.ts'
import { findJob, interruptAbandonedJobs, listJobFailures, listJobs, startJob } from '#main/project/job-repository.ts'
import {
  addCorrection,
  countInstancesByCategory,
  currentMasks,
  findIdentical,
  getCurrentMask,
  insertInstances,
  listInstances,
  listRevisions,
  machineMasks,
} from '#main/project/mask-repository.ts'
import {
  findHandChoice,
  findObjectRule,
  handChoicesInForce,
  insertHandChoice,
  insertObjectRule,
  listHandChoices,
  objectRuleInForce,
} from '#main/project/object-choice-repository.ts'
import { getPrediction, listPredictedClasses, listPredictionsOfImage } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import { insertReview, newestReview } from '#main/project/review-repository.ts'
import { newestId } from '#main/project/row-counts.ts'
import {
  findScore,
  listScores,
  listScoresForAverages,
  listScoresForReport,
  listScoresInForce,
  saveScore,
} from '#main/project/score-repository.ts'
import { appendStep, lastStep, listSteps, listStepsOfAll, sealJournal } from '#main/project/stroke-repository.ts'
import { aMask, anInstance, aScore, explain, makeProject, predict, write } from '../../builders/project.ts'

const image = 1 as ImageId
const model = 1 as ModelId
const page = { limit: 10 }

/** Every list and look-up that a view, a job or an import makes again and again. */
async function askAll({ read, info }: Project): Promise<void> {
  await listImages(read, {}, page)
  await listImages(read, {}, { after: image, limit: 10 })
  await listImages(read, { label: 'cat' }, { after: image, limit: 10 })
  await listImages(read, { label: null, split: 'test' }, { after: image, limit: 10 })
  await listImages(read, { split: 'test' }, { after: image, limit: 10 })
  await countImages(read)
  await countImages(read, { label: 'cat' })
  await countImagesByLabel(read)
  await findImagesByFile(read, 1 as FolderId, ['0.jpg', '1.jpg'])
  await currentMasks(read, [image, 2 as ImageId])
  await getCurrentMask(read, { id: 1 as InstanceMaskId, imageId: image })
  await machineMasks(read, image)
  await listInstances(read, { after: 1 as InstanceMaskId, limit: 10 })
  await listRevisions(read, 1 as InstanceMaskId)
  await findIdentical(read, { ...anInstance(image), kind: 'machine' })
  await classMapInForce(read, model)
  await classMapInForce(read, null)
  await listPredictionsOfImage(read, image)
  await listPredictedClasses(read, model, { after: image, limit: 10 })
  await listExplanations(read, 1 as PredictionId)
  const prediction = await getPrediction(read, 1 as PredictionId)
  const options = { patch: 4, stride: 2 }
  const key = { predictionId: prediction.id, method: 'occlusion', variant: 'standard', options, classIndex: 0 }
  const explanation = (await findExplanation(read, key))!
  await getBlob(read, explanation.blobSha256)
  await findScore(read, aScore(explanation.id))
  await listScores(read, explanation.id)
  await listScoresForAverages(read, { modelId: model, maskVariant: 'standard' }, page)
  await listScoresForAverages(read, { modelId: model, maskVariant: 'standard', turn: 'first' }, page)
  const setting = { method: 'occlusion', variant: 'standard', options: canonicalJson(options) }
  await listScoresForAverages(read, { modelId: model, maskVariant: 'standard', setting }, page)
  await countExplained(read, { modelId: model, split: null, last: image, setting })
  await countExplained(read, { modelId: model, split: 'test', last: image, setting: null })
  await meanMapBytes(read, setting)
  await listScoresForReport(read, { modelId: model, maskVariant: 'standard' }, page)
  await listScoresInForce(read, page)
  await countInstancesByCategory(read)
  await listAudit(read, { after: 1, limit: 10 })
  await readAuditHead(read)
  await listJobs(read, page)
  await findJob(read, { kind: 'run', spec: { of: info.id } })
  await listJobFailures(read, 1 as never, { after: 1, limit: 10 })
  await getImage(read, image)
  await listImageOverviews(read, { after: 0 as ImageId, limit: 10 })
  const journal = { instanceMaskId: 1 as InstanceMaskId, baseNumber: 1 }
  await listSteps(read, journal)
  await lastStep(read, journal)
  await sealJournal(read, journal)
  await listStepsOfAll(read, { after: { ...journal, id: 1 as StrokeId }, limit: 10 })
  await newestReview(read, image)
  await flaggedImages(read, { from: image, to: 2 as ImageId })
  await findFlag(read, 1 as FlagId)
  await objectRuleInForce(read)
  await findObjectRule(read, 1 as ObjectRuleId)
  await handChoicesInForce(read, [image, 2 as ImageId])
  await listHandChoices(read, image)
  await findHandChoice(read, 1 as HandChoiceId)
  await newestId(read, 'model')
}

/** The writes that a bulk import or a job repeats. */
async function writeAll(project: Project): Promise<void> {
  await write(project, async (trx) => {
    const [instance] = await insertInstances(trx, [anInstance(image)], 1)
    await addCorrection(trx, { instanceMaskId: instance!.id, auditor: 'Ada', mask: aMask('1:=') }, 1)
    await saveScore(trx, aScore(await explain(trx, await predict(trx, image))), 1)
    const undo = { kind: 'undo', auditor: 'Ada' } as const
    await appendStep(trx, { instanceMaskId: instance!.id, baseNumber: 1 }, { step: undo, now: 1 })
    await insertReview(trx, { imageId: image, verdict: 'accept', reasons: [], comment: '', auditor: 'Ada' }, 1)
    await insertFlag(trx, { imageId: image, isSet: true, auditor: 'Ada' }, 1)
    await insertObjectRule(trx, { minConfidence: 0.5, pick: 'union' }, 1)
    await insertHandChoice(trx, { imageId: image, leftOut: [], auditor: 'Ada' }, 1)
    await startJob(trx, { kind: 'run', spec: {}, total: 1 }, 1)
    await interruptAbandonedJobs(trx, [], 1)
  })
}

describe('hot queries', () => {
  it('never go through a whole table, nor sort one for a page', async () => {
    const asked = new Set<string>()
    const project = await makeProject({ images: 3, onSlowQuery: (query) => asked.add(query), slowQueryMs: 0 })
    await writeAll(project)
    await askAll(project)
    const database = new Database(project.path, { readonly: true })
    const plans = [...asked]
      .filter((query) => /^(select|insert|update|delete)\b/i.test(query))
      .map((query) => {
        const values = Array.from(query.matchAll(/\?/g), () => 1)
        const steps = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${query}`).all(...values)
        return { query, steps: steps.map(({ detail }) => detail) }
      })
    database.close()
    expect(plans.length).toBeGreaterThan(40)
    const scanning = plans.filter(({ steps }) =>
      steps.some((step) => /^SCAN (?!.*(INDEX|CONSTANT ROW|VALUES CLAUSE))/.test(step)),
    )
    expect(scanning.filter(({ query }) => !allowed.some((part) => query.includes(part)))).toEqual([])
    // a page must not need the whole list in order to be sorted; the few rows of an image may be
    const sorting = plans.filter(
      ({ query, steps }) => / limit /.test(query) && steps.includes('USE TEMP B-TREE FOR ORDER BY'),
    )
    expect(sorting).toEqual([])
  })
})

/** Tables that never have more than a handful of rows, and the schema itself. */
const allowed = ['sqlite_sequence', 'sqlite_schema']
