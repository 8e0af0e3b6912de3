import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Transaction } from 'kysely'
import { expect, onTestFinished } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import type { ExplanationId, FolderId, ImageId, PredictionId } from '#common/contract/ids.ts'
import { saveExplanation } from '#main/project/explanation-repository.ts'
import { findOrInsertFolder, getImage, insertImages, type NewImage } from '#main/project/image-repository.ts'
import type { NewInstance, StoredMask } from '#main/project/mask-rows.ts'
import { findOrInsertModel } from '#main/project/model-repository.ts'
import { createProject, type CreateOptions, openProject, type OpenOptions } from '#main/project/open.ts'
import { type NewPrediction, savePrediction } from '#main/project/prediction-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { hashMaskChoice, type NewScore } from '#main/project/score-repository.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A clock that starts in 2026 and goes on by a second each time it is asked. */
export function makeClock(): () => number {
  let time = Date.UTC(2026, 10, 23)
  return () => (time += 1000)
}

/** A new project in a folder of its own, with as many images as asked for; closed and removed when the test ends. */
export async function makeProject({
  images = 0,
  ...options
}: Partial<CreateOptions> & { images?: number } = {}): Promise<Project> {
  const folder = temporaryFolder()
  const project = closedAtEnd(await createProject(join(folder, 'test.obalex'), { now: makeClock(), ...options }))
  if (images > 0) await addImages(project, images)
  return project
}

/** Opens a project, to be closed when the test ends. */
export async function reopen(path: string, options: Partial<OpenOptions> = {}): Promise<Project> {
  return closedAtEnd(await openProject(path, { mode: 'write', now: makeClock(), ...options }))
}

/** Writes with an entry that says nothing. */
export function write<T>(project: Project, work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return project.write({ actor: 'test', action: 'test.write', subject: 'test' }, work)
}

/** Adds images named 0.jpg, 1.jpg…, in turn cat and dog. */
export function addImages(
  project: Project,
  count: number,
  facts: (index: number) => Partial<NewImage> = () => ({}),
): Promise<readonly ImageId[]> {
  return write(project, async (trx) => {
    const folderId = await findOrInsertFolder(trx, '/photos')
    const images = Array.from({ length: count }, (_, index) => ({ ...anImage(folderId, index), ...facts(index) }))
    return insertImages(trx, images, 1)
  })
}

export function anImage(folderId: FolderId, index: number): NewImage {
  const label = index % 2 === 0 ? 'cat' : 'dog'
  const sha256 = hash('sha256', `image ${index}`)
  return { folderId, file: `${index}.jpg`, width: 8, height: 6, sizeBytes: 1000 + index, sha256, label }
}

/** Some mask of 8 × 6 pixels; others have other run lengths. */
export function aMask(counts = '19:4'): StoredMask {
  return { width: 8, height: 6, counts, area: 10, bbox: [1, 2, 3, 4] }
}

export function anInstance(imageId: ImageId, facts: Partial<NewInstance> = {}): NewInstance {
  return {
    imageId,
    category: 'cat',
    categorySourceId: 17,
    score: 0.5,
    isCrowd: false,
    origin: 'import:coco',
    source: { bbox: [1.5, 2, 3, 4] },
    auditor: null,
    mask: aMask(),
    ...facts,
  }
}

/** A model that says cat, with 0.75, of an image with the content that `anImage` gives. */
export async function predict(
  trx: Transaction<Schema>,
  imageId: ImageId,
  facts: Partial<NewPrediction> = {},
): Promise<PredictionId> {
  const card = { size: 8, labels: ['cat', 'dog'] }
  const model = await findOrInsertModel(trx, { name: 'tiny', path: '/tiny.onnx', sha256: '4'.repeat(64), card }, 2)
  const { sha256: imageSha256 } = await getImage(trx, imageId)
  const says = { classIndex: 0, classLabel: 'cat', probability: 0.75, logit: 1.5, top: [[0, 0.75, 1.5]] as const }
  return savePrediction(trx, { imageId, modelId: model.id, imageSha256, ...says, runtime: 'onnx-cpu', ...facts }, 3)
}

/** An occlusion map of the class cat. */
export async function explain(
  trx: Transaction<Schema>,
  predictionId: PredictionId,
  facts: Partial<Parameters<typeof saveExplanation>[1]> = {},
): Promise<ExplanationId> {
  const what = { method: 'occlusion', variant: 'standard', options: { patch: 4, stride: 2 }, classIndex: 0 }
  const how = { header: { kind: 'grid', shape: [1, 2] }, note: null, runtime: 'onnx-cpu', seconds: 0.25 }
  return saveExplanation(trx, { predictionId, ...what, ...how, bytes: new Uint8Array([1, 2]), ...facts }, 4)
}

export function aScore(explanationId: ExplanationId, facts: Partial<NewScore> = {}): NewScore {
  const key = { explanationId, maskVariant: 'standard' as const, maskKey: hashMaskChoice([], 'class') }
  const numbers = { obalex: 0.5, reason: null, areaShare: 0.25, lift: 2, normalized: 1 / 3 }
  return { ...key, ...numbers, pointingGame: 1, relevanceRank: 0.5, topK: 0.125, auc: 0.75, ...facts }
}

/** Fails unless the promise is refused with this code, and a hint that says what is safe. */
export async function expectCode(promise: Promise<unknown>, code: string): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason as AppError,
  )
  expect(error).toMatchObject({ name: 'AppError', code })
  expect(error?.hint).toBeTruthy()
  return error!
}

function closedAtEnd(project: Project): Project {
  // a test that is about closing has waited for it itself
  onTestFinished(() => Promise.allSettled([project.close()]).then(() => undefined))
  return project
}
