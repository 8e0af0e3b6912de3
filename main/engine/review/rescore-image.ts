import type { Transaction } from 'kysely'
import type { ExplanationId } from '#common/contract/ids.ts'
import type { ModelCard } from '#common/contract/procedures/models.ts'
import type { ScoreNumbers } from '#common/contract/procedures/scoring.ts'
import type { MaskGrid } from '#common/mask/coverage.ts'
import { listExplanations, readNative } from '#main/project/explanation-repository.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'
import { listModels } from '#main/project/model-repository.ts'
import { listPredictionsOfImage } from '#main/project/prediction-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { listScores, saveScore, type MaskVariant } from '#main/project/score-repository.ts'
import type { ObjectMask } from '../object-mask.ts'
import { objectOnGrid, scoreNative } from '../score-map.ts'
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
  const maskFor = masksOnGrids(image, objectMask)
  const scores: NewScoreOfMap[] = []
  for (const prediction of await listPredictionsOfImage(trx, image.id)) {
    for (const { id, ...explanation } of await listExplanations(trx, prediction.id)) {
      for (const maskVariant of await outdatedVariants(trx, { id, maskKey })) {
        const how = { card: cardOf(models.get(prediction.modelId)!), variant: maskVariant }
        const score = scoreNative(maskFor(how), await readNative(trx, explanation), how)
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

interface GridChoice {
  readonly card: ModelCard
  readonly variant: MaskVariant
}

/** The object mask on the grids that are asked for, each made once: maps of one classifier share theirs. */
function masksOnGrids(photo: ProjectImage, objectMask: ObjectMask): (choice: GridChoice) => MaskGrid {
  const grids = new Map<string, MaskGrid>()
  return ({ card, variant }) => {
    const key = `${card.width} ${card.height} ${JSON.stringify(card.fit)} ${variant}`
    const grid = grids.get(key) ?? objectOnGrid(objectMask.rle(), { photo, card, variant })
    grids.set(key, grid)
    return grid
  }
}
