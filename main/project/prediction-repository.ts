import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ImageId, ModelId, PredictionId } from '#common/contract/ids.ts'
import { readJson } from './json-column.ts'
import type { Page } from './paging.ts'
import type { Schema } from './schema.ts'

/** Class index, probability 0…1, logit (null where the model gives none). */
type TopClass = readonly [classIndex: number, probability: number, logit: number | null]

/** Stands for what computed a prediction (or a map) that came from a file. */
export const madeElsewhere = 'elsewhere'
/** Stands for what computed a prediction of which nobody said anything: the image's own label is taken for it. */
export const assumedRight = 'assumed'

export interface NewPrediction {
  readonly imageId: ImageId
  readonly modelId: ModelId
  /** Of the file's bytes that were classified; a changed image is predicted anew. */
  readonly imageSha256: string
  readonly classIndex: number
  readonly classLabel: string
  /** null: not known; then `top` is empty */
  readonly probability: number | null
  readonly logit: number | null
  /** The likeliest first. */
  readonly top: readonly TopClass[]
  /** What computed it, e.g. 'onnx'; or `madeElsewhere`, `assumedRight`. */
  readonly runtime: string
}

export interface Prediction extends NewPrediction {
  readonly id: PredictionId
  readonly createdAt: number
}

/** What counting right and wrong answers needs. */
export interface PredictedClass {
  readonly id: PredictionId
  readonly imageId: ImageId
  readonly label: string | null
  readonly split: string | null
  readonly classIndex: number
  readonly classLabel: string
  readonly probability: number | null
}

/** The probability of a prediction in a query; the column cannot be empty, an empty `top` says that it is not known. */
export const knownProbability = sql<number | null>`iif(prediction.top = '[]', NULL, prediction.probability)`

/**
 * Keeps a prediction. One that is there for the same image content and model stays as it is.
 * @returns the id of the one that is kept
 */
export async function savePrediction(
  trx: Transaction<Schema>,
  prediction: NewPrediction,
  now: number,
): Promise<PredictionId> {
  const { imageId, modelId, imageSha256, classIndex, classLabel, top, ...rest } = prediction
  const { probability, logit, runtime } = rest
  await trx
    .insertInto('prediction')
    .values({
      image_id: imageId,
      model_id: modelId,
      image_sha256: imageSha256,
      class_index: classIndex,
      class_label: classLabel,
      probability: probability ?? 0,
      logit,
      top: canonicalJson(top),
      runtime,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['image_id', 'model_id', 'image_sha256']).doNothing())
    .execute()
  const kept = await findPrediction(trx, { imageId, modelId, imageSha256 })
  return kept!.id
}

/** The prediction of a model for an image with this content, or null. */
export async function findPrediction(
  db: Kysely<Schema>,
  { imageId, modelId, imageSha256 }: Pick<NewPrediction, 'imageId' | 'modelId' | 'imageSha256'>,
): Promise<Prediction | null> {
  const row = await db
    .selectFrom('prediction')
    .where('image_id', '=', imageId)
    .where('model_id', '=', modelId)
    .where('image_sha256', '=', imageSha256)
    .selectAll()
    .executeTakeFirst()
  return row ? fromRow(row) : null
}

/** @throws AppError 'record.missing' */
export async function getPrediction(db: Kysely<Schema>, id: PredictionId): Promise<Prediction> {
  const row = await db.selectFrom('prediction').where('id', '=', id).selectAll().executeTakeFirst()
  if (!row) throw new AppError('record.missing', `the project has no prediction ${id}`, { data: { id } })
  return fromRow(row)
}

/** Whether a model has predictions that this runtime made. */
export async function hasPredictionsBy(db: Kysely<Schema>, modelId: ModelId, runtime: string): Promise<boolean> {
  const row = await db
    .selectFrom('prediction')
    .where('model_id', '=', modelId)
    .where('runtime', '=', runtime)
    .limit(1)
    .select('id')
    .executeTakeFirst()
  return row !== undefined
}

/** What the models say of an image as it is now, in the order in which they said it. */
export async function listPredictionsOfImage(db: Kysely<Schema>, imageId: ImageId): Promise<Prediction[]> {
  const rows = await db
    .selectFrom('prediction')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .where('prediction.image_id', '=', imageId)
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .orderBy('prediction.id')
    .selectAll('prediction')
    .execute()
  return rows.map(fromRow)
}

/** What a model says of the images as they are now, with their labels, by image. */
export async function listPredictedClasses(
  db: Kysely<Schema>,
  modelId: ModelId,
  { after = 0 as ImageId, limit }: Page<ImageId>,
): Promise<PredictedClass[]> {
  return db
    .selectFrom('prediction')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .where('prediction.model_id', '=', modelId)
    .where('prediction.image_id', '>', after)
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .orderBy('prediction.image_id')
    .limit(limit)
    .select([
      'prediction.id',
      'prediction.image_id as imageId',
      'image.label',
      'image.split',
      'prediction.class_index as classIndex',
      'prediction.class_label as classLabel',
      knownProbability.as('probability'),
    ])
    .execute()
}

const topShape: z.ZodType<readonly TopClass[]> = z.array(z.tuple([z.int(), z.number(), z.number().nullable()]))

function fromRow(row: Selectable<Schema['prediction']>): Prediction {
  const { id, image_id: imageId, model_id: modelId, image_sha256: imageSha256, class_index: classIndex } = row
  const { class_label: classLabel, logit, runtime, created_at: createdAt } = row
  const top = readJson(topShape, row.top, `prediction ${id} top`)
  const probability = top.length === 0 ? null : row.probability
  return { id, imageId, modelId, imageSha256, classIndex, classLabel, probability, logit, top, runtime, createdAt }
}
