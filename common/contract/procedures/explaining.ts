import { z } from 'zod'
import { float64s } from '../binary.ts'
import { call, stream } from '../rpc.ts'
import { FilePath, MethodOptions, Progress, Variant } from './common.ts'
import { ClassifierInfo, ModelRequest } from './models.ts'
import { ProjectHandle } from './projects.ts'
import { StoredMap } from './reviewing.ts'

const rowId = z.number().int().positive()
const classNumber = z.number().int().nonnegative()

/** An explanation method, for forms and tables. */
export const ExplainerDescription = z.strictObject({
  id: z.string(),
  label: z.string(),
  /** one sentence for people who do not know the method */
  description: z.string(),
  variants: z.array(Variant).min(1),
  /** JSON schema of an object: of every option its kind, bounds, default and description */
  options: z.record(z.string(), z.unknown()),
})
export type ExplainerDescription = z.output<typeof ExplainerDescription>

/** A map of an image of a project. */
export const ExplainedMap = StoredMap.extend({
  /** null: it is not kept, because it explains a difference or the project is open for reading only */
  id: rowId.nullable(),
  /** the class that the explained one is compared with; null: none */
  against: classNumber.nullable(),
  /** of the explained class; null: not known any more, without computing it anew */
  probability: z.number().nullable(),
  seconds: z.number(),
})
export type ExplainedMap = z.output<typeof ExplainedMap>

export const explainingProcedures = {
  /** The explanation methods there are, in the order in which they are shown. */
  'explainers.list': call(z.strictObject({}), z.strictObject({ explainers: z.array(ExplainerDescription) })),

  /**
   * Explains an image of a project by a model that it knows, and scores the map. What is there is not computed again;
   * what is new is kept, but for differences of two classes. Maps of a class that is not predicted count in no average.
   * @throws AppError 'record.missing'; 'explainer.*'; 'model.missing' and 'model.changed' where the model’s file is gone or
   *   another one; 'file.missing' and 'image.changed' for the photo; 'mask.size'; 'compute.died'
   */
  'image.explain': stream(
    z.strictObject({
      project: ProjectHandle,
      image: rowId,
      model: rowId,
      method: z.string().min(1).max(64),
      variant: Variant.default('standard'),
      options: MethodOptions.default({}),
      maskVariant: Variant.default('standard'),
      /** null: the predicted one */
      classIndex: classNumber.nullable().default(null),
      /** explains how far the class is above this one; null: the class alone */
      against: classNumber.nullable().default(null),
    }),
    Progress,
    ExplainedMap,
  ),

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
      /** explains how far the class is above this one; null: the class alone */
      against: z.number().int().nonnegative().nullable().default(null),
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
      against: z.number().int().nullable(),
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
