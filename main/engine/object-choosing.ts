import { setImmediate as others } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { ObjectChoice } from '#common/classes/object-rule.ts'
import { AppError } from '#common/contract/errors.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { AuditEntryInput } from '#main/project/audit-log.ts'
import { countImages, getImage, type ProjectImage } from '#main/project/image-repository.ts'
import { currentMasks, machineMasks } from '#main/project/mask-repository.ts'
import {
  handChoicesInForce,
  insertHandChoice,
  insertObjectRule,
  type HandChoice,
  type NewHandChoice,
  type StoredObjectRule,
} from '#main/project/object-choice-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { objectMatching, type ObjectMatching } from './class-matching.ts'
import { choiceInForce, readObjectMask } from './object-mask.ts'
import { ProgressMeter } from './progress.ts'
import { machineObject } from './review/read-image.ts'
import { loggedScores, logRescoring, rescoreImage, type NewScoreOfMap } from './review/rescore-image.ts'
import { runImages } from './run-images.ts'

interface ChoosingContext {
  readonly signal: AbortSignal
  readonly emit: (progress: Progress) => void
  /** ms UTC */
  readonly now: () => number
}

interface ChosenRule {
  readonly rule: StoredObjectRule
  readonly nRescored: number
}

interface ChosenByHand {
  readonly choice: HandChoice
  readonly scores: readonly NewScoreOfMap[]
}

/**
 * Chooses which instances make up the objects of a project, and brings the scores of all images after it, in one
 * transaction: an average never mixes two rules. What is in force already is not put there again.
 * @returns how many images have other scores now
 * @throws AppError 'mask.size'; as `Project.write`; what the signal says once it is aborted. Nothing is kept then.
 */
export async function chooseObjects(
  project: Project,
  wanted: { readonly [K in keyof ObjectChoice]?: ObjectChoice[K] | undefined },
  { signal, emit, now }: ChoosingContext,
): Promise<number> {
  const known = await choiceInForce(project.read)
  const choice = { minConfidence: wanted.minConfidence ?? known.minConfidence, pick: wanted.pick ?? known.pick }
  if (choice.minConfidence === known.minConfidence && choice.pick === known.pick) return 0
  const meter = new ProgressMeter(emit)
  const { nRescored } = await project.write<ChosenRule>(entryOfRule, async (trx) => {
    const matching = await objectMatching(project)
    const total = await countImages(trx)
    let done = 0
    let rescored = 0
    for await (const image of runImages(project, { limit: null, split: null })) {
      signal.throwIfAborted()
      const scores = await rescore(trx, image, { matching, choice, now: now() })
      await logRescoring(trx, image, scores, now())
      if (scores.length > 0) rescored++
      meter.report('scoring the images again', ++done, total)
      await others()
    }
    return { rule: await insertObjectRule(trx, choice, now()), nRescored: rescored }
  })
  return nRescored
}

/**
 * Chooses by hand which instances are the object of an image, and brings its scores after it, in one transaction. What
 * is in force already is not put there again.
 * @throws AppError 'record.missing'; 'mask.size'; as `Project.write`. Nothing is kept then.
 */
export async function chooseByHand(project: Project, wanted: NewHandChoice, now: () => number): Promise<void> {
  const { imageId, leftOut } = wanted
  const image = await getImage(project.read, imageId)
  const known = (await handChoicesInForce(project.read, [imageId])).get(imageId)?.leftOut ?? null
  if (isSame(leftOut, known)) return
  const masks = (await currentMasks(project.read, [imageId])).get(imageId) ?? []
  const missing = leftOut?.find((id) => masks.every(({ instance }) => instance.id !== id))
  if (missing !== undefined) {
    throw new AppError('record.missing', `image ${imageId} has no mask ${missing}`, { data: { imageId, missing } })
  }
  const matching = await objectMatching(project)
  await project.write<ChosenByHand>(entryOfHand, async (trx) => {
    const choice = await insertHandChoice(trx, wanted, now())
    return { choice, scores: await rescore(trx, image, { matching, now: now() }) }
  })
}

interface Rescoring {
  readonly matching: ObjectMatching
  /** instead of the one in force */
  readonly choice?: ObjectChoice
  readonly now: number
}

async function rescore(
  trx: Transaction<Schema>,
  image: ProjectImage,
  { matching, choice, now }: Rescoring,
): Promise<NewScoreOfMap[]> {
  const objectMask = await readObjectMask(trx, image, matching, choice)
  const machine = machineObject(image, { objectMask, machines: await machineMasks(trx, image.id) })
  return rescoreImage(trx, { image, objectMask, machine, now })
}

function isSame(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === null || b === null) return a === b
  return new Set(a).size === b.length && b.every((id) => a.includes(id))
}

function entryOfRule({ rule, nRescored }: ChosenRule): AuditEntryInput {
  const { id, minConfidence, pick, createdAt: at } = rule
  const data = { minConfidence, pick, at, nRescored }
  return { actor: 'user', action: 'object-rule.assign', subject: `object-rule:${id}`, data }
}

function entryOfHand({ choice, scores }: ChosenByHand): AuditEntryInput {
  const { id, imageId, leftOut, auditor, createdAt: at } = choice
  const data = { image: imageId, at, leftOut: leftOut && [...leftOut], scores: loggedScores(scores) }
  return { actor: auditor, action: 'image.object', subject: `hand-choice:${id}`, data }
}
