import { z } from 'zod'
import { call } from '../rpc.ts'
import { FilePath, Variant } from './common.ts'

const share = z.number().nullable()

/** One score with its references; see common/score for what each number is. */
export const ScoreNumbers = z.strictObject({
  obalex: share,
  areaShare: share,
  lift: share,
  normalized: share,
  reason: z.enum(['no-mask', 'no-evidence']).nullable(),
  pointingGame: share,
  relevanceRank: share,
  topK: share,
  auc: share,
})
export type ScoreNumbers = z.output<typeof ScoreNumbers>

export const scoringProcedures = {
  /** Scores a map file against a mask file; a mask of another size is brought to the map's grid by the variant's rule. */
  'score.compute': call(
    z.strictObject({ map: FilePath, mask: FilePath, variant: Variant.default('standard') }),
    ScoreNumbers.extend({
      /** cells of the grid */
      cells: z.number().int().positive(),
    }),
  ),
}
