import type { Kysely, Selectable, Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ExplanationId, ModelId, PredictionId } from '#common/contract/ids.ts'
import { getBlob, putBlob } from './blobs.ts'
import { jsonObject, readJson } from './json-column.ts'
import type { Schema } from './schema.ts'

/** What makes an explanation the same one. */
export interface ExplanationKey {
  readonly predictionId: PredictionId
  readonly method: string
  readonly variant: string
  /** All options, defaults included; the order of keys does not matter. */
  readonly options: JsonObject
  /** The class that is explained, mostly the predicted one. */
  readonly classIndex: number
}

/** The options of maps that were made elsewhere: tells them from those that a method of the same name made here. */
export const importedOptions = { source: 'import' } as const

export interface ExplanationFacts extends ExplanationKey {
  /** How the bytes are to be read: grid or segments, their shape and number type. */
  readonly header: JsonObject
  readonly note: string | null
  readonly runtime: string
  readonly seconds: number
}

export interface Explanation extends ExplanationFacts {
  readonly id: ExplanationId
  /** The bytes of its native form: `getBlob`. */
  readonly blobSha256: string
  readonly createdAt: number
}

/**
 * Keeps an explanation in its native form. One that is there under the same key stays as it is.
 * @returns the id of the one that is kept
 */
export async function saveExplanation(
  trx: Transaction<Schema>,
  { bytes, ...facts }: ExplanationFacts & { readonly bytes: Uint8Array },
  now: number,
): Promise<ExplanationId> {
  const kept = await findExplanation(trx, facts)
  if (kept) return kept.id
  const { id } = await trx
    .insertInto('explanation')
    .values({
      prediction_id: facts.predictionId,
      method: facts.method,
      variant: facts.variant,
      options: canonicalJson(facts.options),
      class_index: facts.classIndex,
      header: canonicalJson(facts.header),
      blob_sha256: await putBlob(trx, bytes),
      note: facts.note,
      runtime: facts.runtime,
      seconds: facts.seconds,
      created_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function findExplanation(db: Kysely<Schema>, key: ExplanationKey): Promise<Explanation | null> {
  const row = await db
    .selectFrom('explanation')
    .where('prediction_id', '=', key.predictionId)
    .where('method', '=', key.method)
    .where('variant', '=', key.variant)
    .where('options', '=', canonicalJson(key.options))
    .where('class_index', '=', key.classIndex)
    .selectAll()
    .executeTakeFirst()
  return row ? fromRow(row) : null
}

/** @throws AppError 'record.missing' */
export async function getExplanation(db: Kysely<Schema>, id: ExplanationId): Promise<Explanation> {
  const row = await db.selectFrom('explanation').where('id', '=', id).selectAll().executeTakeFirst()
  if (!row) throw new AppError('record.missing', `the project has no explanation ${id}`, { data: { id } })
  return fromRow(row)
}

/** How many maps of a model by a method there are that were not made by this runtime. */
export async function countExplanationsOf(
  db: Kysely<Schema>,
  { modelId, method, notBy }: { readonly modelId: ModelId; readonly method: string; readonly notBy: string },
): Promise<number> {
  const { n } = await db
    .selectFrom('explanation')
    .innerJoin('prediction', 'prediction.id', 'explanation.prediction_id')
    .where('prediction.model_id', '=', modelId)
    .where('explanation.method', '=', method)
    .where('explanation.runtime', '<>', notBy)
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/** How many maps were made by a runtime. */
export async function countExplanationsBy(db: Kysely<Schema>, runtime: string): Promise<number> {
  const { n } = await db
    .selectFrom('explanation')
    .where('runtime', '=', runtime)
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/** In the order in which they were made. */
export async function listExplanations(db: Kysely<Schema>, predictionId: PredictionId): Promise<Explanation[]> {
  const query = db.selectFrom('explanation').where('prediction_id', '=', predictionId).orderBy('id').selectAll()
  return (await query.execute()).map(fromRow)
}

/**
 * The map of an explanation in its native form, as common/explanation/native-map.ts decodes it.
 * @throws AppError 'project.corrupt'
 */
export async function readNative(
  db: Kysely<Schema>,
  { header, blobSha256 }: Pick<Explanation, 'header' | 'blobSha256'>,
): Promise<{ readonly header: string; readonly values: Uint8Array }> {
  return { header: canonicalJson(header), values: await getBlob(db, blobSha256) }
}

function fromRow(row: Selectable<Schema['explanation']>): Explanation {
  const { id, method, variant, note, runtime, seconds } = row
  return {
    id,
    predictionId: row.prediction_id,
    method,
    variant,
    options: readJson(jsonObject, row.options, `explanation ${id} options`),
    classIndex: row.class_index,
    header: readJson(jsonObject, row.header, `explanation ${id} header`),
    blobSha256: row.blob_sha256,
    note,
    runtime,
    seconds,
    createdAt: row.created_at,
  }
}
