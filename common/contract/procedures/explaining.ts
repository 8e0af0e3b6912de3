import { z } from 'zod'
import { float64s } from '../binary.ts'
import { stream } from '../rpc.ts'
import { FilePath, MethodOptions, Progress, Variant } from './common.ts'
import { ClassifierInfo, ModelRequest } from './models.ts'

export const explainingProcedures = {
  /** Explains one photo that belongs to no project; optionally writes the map. */
  'explanation.compute': stream(
    z.strictObject({
      model: ModelRequest,
      image: FilePath,
      method: z.string().min(1).max(64),
      variant: Variant.default('standard'),
      options: MethodOptions.default({}),
      /** null: the top class */
      classIndex: z.number().int().nonnegative().nullable().default(null),
      /** files to write: dense map and native grid as float32 .npy, overlay on the photo as PNG */
      files: z
        .strictObject({ map: FilePath.optional(), native: FilePath.optional(), overlay: FilePath.optional() })
        .default({}),
    }),
    Progress,
    z.strictObject({
      classifier: ClassifierInfo,
      method: z.string(),
      variant: Variant,
      class: z.number().int(),
      label: z.string().nullable(),
      probability: z.number(),
      /** [height, width] of the map: the model's input size */
      shape: z.tuple([z.number().int(), z.number().int()]),
      min: z.number(),
      max: z.number(),
      sum: z.number(),
      seconds: z.number(),
      native: z.strictObject({
        kind: z.string(),
        shape: z.tuple([z.number().int(), z.number().int()]),
        min: z.number(),
        max: z.number(),
        note: z.string().nullable(),
      }),
      /** the dense map, row-major */
      map: float64s,
    }),
  ),
}
