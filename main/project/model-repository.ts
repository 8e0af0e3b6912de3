import { hash } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ModelId } from '#common/contract/ids.ts'
import { jsonObject, readJson } from './json-column.ts'
import type { Schema } from './schema.ts'

/** Of no bytes: what stands for the file of a model that has none here, only maps that were made of it elsewhere. */
export const noFileSha256 = hash('sha256', '')

export interface NewModel {
  readonly name: string
  /** Where its file lies now, absolute; without a file (`noFileSha256`) where its first maps lay. */
  readonly path: string
  /** Of the model's bytes, in hex. */
  readonly sha256: string
  /** How it is used: input size, preprocessing, class names… The same bytes used in another way are another model. */
  readonly card: JsonObject
}

export interface Model extends NewModel {
  readonly id: ModelId
  readonly createdAt: number
}

/**
 * The model with these bytes and this card; taken in where the project does not have it. One that was found elsewhere
 * than before keeps its id and its name, and the new path is kept.
 */
export async function findOrInsertModel(
  trx: Transaction<Schema>,
  { name, path, sha256, card }: NewModel,
  now: number,
): Promise<Model> {
  const row = await trx
    .insertInto('model')
    .values({ name, path, sha256, card: canonicalJson(card), created_at: now })
    .onConflict((conflict) => conflict.columns(['sha256', 'card']).doUpdateSet({ path }))
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRow(row)
}

/** Changes the card of a model without a file, which is known as far as its maps and answers told. */
export async function updateModelCard(trx: Transaction<Schema>, id: ModelId, card: JsonObject): Promise<void> {
  await trx
    .updateTable('model')
    .set({ card: canonicalJson(card) })
    .where('id', '=', id)
    .where('sha256', '=', noFileSha256)
    .execute()
}

/** Another one whenever a model came in or a card was changed, which only ever grows. */
export async function modelsStamp(db: Kysely<Schema>): Promise<string> {
  const { id, length } = await db
    .selectFrom('model')
    .select(({ fn }) => fn.max('id').as('id'))
    .select(sql<number>`sum(length(card))`.as('length'))
    .executeTakeFirstOrThrow()
  return `${id} ${length}`
}

/** @throws AppError 'record.missing' */
export async function getModel(db: Kysely<Schema>, id: ModelId): Promise<Model> {
  const row = await db.selectFrom('model').where('id', '=', id).selectAll().executeTakeFirst()
  if (!row) throw new AppError('record.missing', `the project has no model ${id}`, { data: { id } })
  return fromRow(row)
}

/** In the order in which they were taken in. */
export async function listModels(db: Kysely<Schema>): Promise<Model[]> {
  return (await db.selectFrom('model').orderBy('id').selectAll().execute()).map(fromRow)
}

function fromRow({ card, created_at: createdAt, ...rest }: Selectable<Schema['model']>): Model {
  return { ...rest, card: readJson(jsonObject, card, `model ${rest.id} card`), createdAt }
}
