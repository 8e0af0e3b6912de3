import { z } from 'zod'
import { call, stream } from '../rpc.ts'
import { Failure, FilePath, Progress } from './common.ts'
import { ClassifierInfo, ModelRequest } from './models.ts'

const ClassScore = z.strictObject({
  index: z.number().int().nonnegative(),
  /** null: the model has no class names */
  label: z.string().nullable(),
  probability: z.number(),
  logit: z.number(),
})

export const classifyingProcedures = {
  /**
   * Loads a classifier and tells what is known of it: its card, and where it is computed.
   * @throws AppError 'model.*', 'file.*', 'runtime.unavailable', 'compute.died'
   */
  'classifier.describe': call(z.strictObject({ model: ModelRequest }), ClassifierInfo),

  /** Classifies photos that belong to no project. */
  'classifier.classify': stream(
    z.strictObject({
      model: ModelRequest,
      images: z.array(FilePath).min(1).max(100_000),
      /** how many classes to return, best first; null: all */
      nTop: z.number().int().min(1).max(100_000).nullable().default(5),
    }),
    Progress,
    z.strictObject({
      classifier: ClassifierInfo,
      images: z.array(z.strictObject({ file: z.string(), top: z.array(ClassScore) })),
      failures: z.array(Failure),
    }),
  ),
}
