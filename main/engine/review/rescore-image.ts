import type { Transaction } from 'kysely'
import type { ExplanationId } from '#common/contract/ids.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import { listExplanations, readNative } from '#main/project/explanation-repository.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { listModels } from '#main/project/model-repository.ts'
import { listPredictionsOfImage } from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, saveScore, type MaskVariant } from '#main/project/score-repository.ts'
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

/**
 * Scores all maps of an image with its object mask as it is now, by each mask rule that a map was scored by before, and
 * keeps the scores. A run finds them as done.
 * @returns the new ones; maps whose score in force is of this mask already are left alone
 * @throws AppError 'mask.size' where a mask has another size than the photo
 */
export async function rescoreImage(
  trx: Transaction<Schema>,
  { image, objectMask, now }: { readonly image: ProjectImage; readonly objectMask: ObjectMask; readonly now: number },
): Promise<NewScoreOfMap[]> {
  const models = new Map((await listModels(trx)).map((model) => [model.id, model]))
  const { key: maskKey } = objectMask
  const masks = {
    standard: maskOnGrids(objectMask.rle, { photo: image, variant: 'standard' }),
    paper: maskOnGrids(objectMask.rle, { photo: image, variant: 'paper' }),
  }
  const scores: NewScoreOfMap[] = []
  for (const prediction of await listPredictionsOfImage(trx, image.id)) {
    for (const { id, ...explanation } of await listExplanations(trx, prediction.id)) {
      for (const maskVariant of await outdatedVariants(trx, { id, maskKey })) {
        const score = scoreNative(await readNative(trx, explanation), {
          maskOn: masks[maskVariant],
          input: cardOf(models.get(prediction.modelId)!),
          variant: maskVariant,
        })
        await saveScore(trx, { explanationId: id, maskVariant, maskKey, ...score }, now)
        scores.push({ explanation: id, maskVariant, maskKey, score })
      }
    }
  }
  return scores
}

/** The mask rules that a map was scored by, where the score in force is of another mask. */
async function outdatedVariants(
  trx: Transaction<Schema>,
  { id, maskKey }: { readonly id: ExplanationId; readonly maskKey: string },
): Promise<readonly MaskVariant[]> {
  const inForce = new Map((await listScores(trx, id)).map((score) => [score.maskVariant, score.maskKey]))
  return [...inForce].flatMap(([variant, key]) => (key === maskKey ? [] : [variant]))
}
