import { type Kysely, sql } from 'kysely'
import type { ExplanationId, ImageId, ModelId } from '#common/contract/ids.ts'
import type { Schema } from './schema.ts'

/** One method in one setting. */
export interface MapSetting {
  readonly method: string
  readonly variant: string
  /** canonical JSON, defaults included */
  readonly options: string
}

/**
 * How many images, as they are now, a model has explained the predicted class of.
 * @param choice.split null: of every split
 * @param choice.last the last image that counts
 * @param choice.setting null: how many it has classified
 */
export async function countExplained(
  db: Kysely<Schema>,
  choice: {
    readonly modelId: ModelId
    readonly split: string | null
    readonly last: ImageId
    readonly setting: MapSetting | null
  },
): Promise<number> {
  const { modelId, split, last, setting } = choice
  const { n } = await db
    .selectFrom('prediction')
    .innerJoin('image', 'image.id', 'prediction.image_id')
    .where('prediction.model_id', '=', modelId)
    .where('prediction.image_id', '<=', last)
    .whereRef('prediction.image_sha256', '=', 'image.sha256')
    .$if(split !== null, (query) => query.where('image.split', '=', split))
    .$if(setting !== null, (query) =>
      query.where((expression) =>
        expression.exists(
          expression
            .selectFrom('explanation')
            .whereRef('explanation.prediction_id', '=', 'prediction.id')
            .whereRef('explanation.class_index', '=', 'prediction.class_index')
            .where('explanation.method', '=', setting!.method)
            .where('explanation.variant', '=', setting!.variant)
            .where('explanation.options', '=', setting!.options)
            .select('explanation.id'),
        ),
      ),
    )
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/** So many of the newest maps are looked at. */
const nMeasured = 5000

/** What the values of a map in this setting take in the file, bytes: a mean over the newest; null: there are none. */
export async function meanMapBytes(
  db: Kysely<Schema>,
  { method, variant, options }: MapSetting,
): Promise<number | null> {
  const newest = sql<ExplanationId>`(SELECT max(id) FROM explanation) - ${nMeasured}`
  const { mean } = await db
    .selectFrom('explanation')
    .innerJoin('blob', 'blob.sha256', 'explanation.blob_sha256')
    .where('explanation.id', '>', newest)
    .where('explanation.method', '=', method)
    .where('explanation.variant', '=', variant)
    .where('explanation.options', '=', options)
    .select(sql<number | null>`avg(length(blob.bytes))`.as('mean'))
    .executeTakeFirstOrThrow()
  return mean
}
