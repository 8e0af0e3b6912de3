import { z } from 'zod'
import { bytes } from '../binary.ts'
import { stream } from '../rpc.ts'
import { MethodOptions, Progress, Variant } from './common.ts'
import { ModelRequest } from './models.ts'
import { ProjectHandle } from './projects.ts'
import { ScoreNumbers } from './scoring.ts'

const count = z.number().int().nonnegative()
const rowId = z.number().int().positive()

/** A map with its score on the image's object mask. */
const ScoredMap = z.strictObject({
  /** the native map, see common/explanation/native-map.ts */
  header: z.string(),
  values: bytes,
  score: ScoreNumbers,
})

/** Which of the weights are not the model's any more: those of the last layer that has some, or those of every layer. */
export const RandomisedWeights = z.enum(['top', 'all'])
export type RandomisedWeights = z.output<typeof RandomisedWeights>

/** The map of the same method from a classifier that has forgotten what it learned. */
const RandomisedMap = ScoredMap.extend({
  weights: RandomisedWeights,
  /** Spearman’s, −1…1, of the two maps’ pixels; null: one of them is the same everywhere */
  rankCorrelation: z.number().nullable(),
  /** structural similarity, −1…1, of the two maps; 1 = the same */
  ssim: z.number(),
})

/** How ObAlEx changes with the random numbers that a method draws. */
const SeedBand = z.strictObject({
  scores: z.array(z.strictObject({ seed: count, obalex: z.number().nullable() })),
  /** over the scores that there are; null: there is none */
  min: z.number().nullable(),
  max: z.number().nullable(),
  mean: z.number().nullable(),
  /** of the sample (n − 1); null: fewer than two scores */
  sd: z.number().nullable(),
})

export const SanityCheck = z.strictObject({
  image: rowId,
  model: z.string(),
  method: z.string(),
  variant: Variant,
  maskVariant: Variant,
  classIndex: count,
  classLabel: z.string(),
  /** the grid of all scores, and of the maps that are compared: the classifier’s input */
  grid: z.strictObject({ width: rowId, height: rowId }),
  /** what is checked */
  map: ScoredMap,
  /** empty where the weights cannot be replaced, see `obstacle` */
  randomised: z.array(RandomisedMap),
  /** why there is none of `randomised`; for people */
  obstacle: z.string().nullable(),
  /** null: the method draws no random numbers */
  seeds: SeedBand.nullable(),
  /** scores of maps that know nothing of the classifier: the same everywhere, and the edges of the photo (Sobel) */
  baselines: z.strictObject({ uniform: ScoreNumbers, edges: ScoreNumbers }),
})
export type SanityCheck = z.output<typeof SanityCheck>

export const checkingProcedures = {
  /**
   * Asks of one explanation whether it is one: does it change when the classifier’s weights are randomised, how far does
   * its score move between seeds, and what would maps score that never saw the classifier. Nothing is stored.
   * @throws AppError 'record.missing', 'explainer.*', 'model.*', 'image.changed', 'file.missing', 'mask.size'
   */
  'explanation.check': stream(
    z.strictObject({
      project: ProjectHandle,
      image: rowId,
      /** one of the project, or a file */
      model: z.union([rowId, ModelRequest]),
      method: z.string().min(1).max(64),
      variant: Variant.default('standard'),
      options: MethodOptions.default({}),
      /** null: the predicted class */
      classIndex: count.nullable().default(null),
      maskVariant: Variant.default('standard'),
      /** of the random weights */
      seed: z.number().int().min(0).max(0xffff_ffff).default(42),
      /** how many seeds of a method that draws random numbers are tried, its own among them */
      nSeeds: z.number().int().min(1).max(50).default(5),
    }),
    Progress,
    SanityCheck,
  ),
}
