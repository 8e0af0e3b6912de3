import type { Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { ExplanationId } from '#common/contract/ids.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { appendAudit } from '#main/project/audit-log.ts'
import { listExplanations, readNative } from '#main/project/explanation-repository.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { listModels } from '#main/project/model-repository.ts'
import { listPredictionsOfImage } from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, saveScore, scoreNumbers, type MaskVariant } from '#main/project/score-repository.ts'
import type { ObjectMask } from '../object-mask.ts'
import { maskOnGrids, scoreNative } from '../score-map.ts'
import { cardOf } from '../stored-card.ts'

/** A map's score with a new object mask. */
export interface NewScoreOfMap {
  readonly explanation: ExplanationId
  readonly maskVariant: MaskVariant
  readonly maskKey: string
  readonly score: ScoreNumbers
}

interface Rescoring {
  readonly image: ProjectImage
  readonly objectMask: ObjectMask
  /** the same without corrections, where its scores are wanted beside the others */
  readonly machine?: ObjectMask
  readonly now: number
}

/**
 * Scores all maps of an image with its object mask as it is now, by each mask rule that a map was scored by before, and
 * keeps the scores. One that is kept of this mask already comes into force again. A run finds them as done.
 * @returns those that were kept, in their order; maps whose score in force is of this mask already are left alone
 * @throws AppError 'mask.size' where a mask has another size than the photo
 */
export async function rescoreImage(
  trx: Transaction<Schema>,
  { image, objectMask, machine, now }: Rescoring,
): Promise<NewScoreOfMap[]> {
  const predictions = await listPredictionsOfImage(trx, image.id)
  if (predictions.length === 0) return []
  const models = new Map((await listModels(trx)).map((model) => [model.id, model]))
  const current = onGrids(image, objectMask)
  const before = machine && machine.key !== objectMask.key ? onGrids(image, machine) : null
  const scores: NewScoreOfMap[] = []
  for (const prediction of predictions) {
    for (const { id, ...explanation } of await listExplanations(trx, prediction.id)) {
      const kept = await listScores(trx, id)
      const inForce = new Map(kept.map((score) => [score.maskVariant, score.maskKey]))
      for (const [maskVariant, key] of inForce) {
        if (key === objectMask.key) continue
        const knownBy = (maskKey: string) =>
          kept.find((score) => score.maskVariant === maskVariant && score.maskKey === maskKey)
        // the newest is in force
        for (const mask of before && !knownBy(before.key) ? [before, current] : [current]) {
          const known = knownBy(mask.key)
          const score = known
            ? scoreNumbers(known)
            : scoreNative(await readNative(trx, explanation), {
                maskOn: mask.on[maskVariant],
                input: cardOf(models.get(prediction.modelId)!),
                variant: maskVariant,
              })
          await saveScore(trx, { explanationId: id, maskVariant, maskKey: mask.key, ...score }, now)
          scores.push({ explanation: id, maskVariant, maskKey: mask.key, score })
        }
      }
    }
  }
  return scores
}

function onGrids(photo: ProjectImage, { key, rle }: ObjectMask) {
  const on = {
    standard: maskOnGrids(rle, { photo, variant: 'standard' }),
    paper: maskOnGrids(rle, { photo, variant: 'paper' }),
  }
  return { key, on }
}

/** Scores as the audit log has them. */
export function loggedScores(scores: readonly NewScoreOfMap[]): JsonObject[] {
  return scores.map(({ explanation, maskVariant, maskKey, score }) => ({
    explanation,
    maskVariant,
    maskKey,
    obalex: score.obalex,
  }))
}

/** Adds an entry for an image whose scores follow from what another entry of the same transaction tells. */
export async function logRescoring(
  trx: Transaction<Schema>,
  { id }: ProjectImage,
  scores: readonly NewScoreOfMap[],
  now: number,
): Promise<void> {
  if (scores.length === 0) return
  const data = { scores: loggedScores(scores) }
  await appendAudit(trx, { actor: 'program', action: 'image.rescore', subject: `image:${id}`, data }, now)
}
