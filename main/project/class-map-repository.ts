import type { Kysely, Transaction } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ClassMapId, ModelId } from '#common/contract/ids.ts'
import { readJson } from './json-column.ts'
import type { Schema } from './schema.ts'

export interface NewClassMap {
  /** Whose classes it maps; null for the categories of the dataset's objects. */
  readonly modelId: ModelId | null
  /** Class or category (its name, or its index as a decimal number) → label of the images. */
  readonly entries: Readonly<Record<string, string>>
  readonly origin: 'file' | 'guess' | 'user'
}

export interface ClassMap extends NewClassMap {
  readonly id: ClassMapId
  readonly createdAt: number
}

/** Puts a class map in force; the one before stays on record. */
export async function saveClassMap(trx: Transaction<Schema>, map: NewClassMap, now: number): Promise<ClassMapId> {
  const { id } = await trx
    .insertInto('class_map')
    .values({ model_id: map.modelId, entries: canonicalJson(map.entries), origin: map.origin, created_at: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** The class map in force, the newest: of a model, or (null) of the objects' categories; null where there is none. */
export async function classMapInForce(db: Kysely<Schema>, modelId: ModelId | null): Promise<ClassMap | null> {
  const row = await db
    .selectFrom('class_map')
    .where('model_id', 'is', modelId)
    .orderBy('id', 'desc')
    .limit(1)
    .selectAll()
    .executeTakeFirst()
  if (!row) return null
  const { id, origin, created_at: createdAt } = row
  return { id, modelId, origin, createdAt, entries: readJson(entriesShape, row.entries, `class_map ${id} entries`) }
}

const entriesShape = z.record(z.string(), z.string())
