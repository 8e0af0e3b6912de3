import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** A page of a list that is ordered by key: the `limit` rows after the key `after`; from the beginning without it. */
export interface Page<Key> {
  readonly after?: Key
  readonly limit: number
}

/** Cuts what goes into one statement: SQLite takes 32,766 values in it, and a statement should stay below 10 ms. */
export function* inChunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/**
 * The ids that the next `count` rows of a table get when they are inserted with them, in order: after every id that was
 * ever given. Holds until the end of the transaction that asks, which is the only one that writes.
 */
export async function reserveIds<Id extends number>(
  db: Kysely<Schema>,
  table: 'image' | 'instance_mask' | 'mask_revision',
  count: number,
): Promise<readonly Id[]> {
  const last = await lastGivenId(db, table)
  return Array.from({ length: count }, (_, index) => (last + 1 + index) as Id)
}

/** The highest id that a table has ever given, also where its row is gone; 0 before the first. */
export async function lastGivenId(db: Kysely<Schema>, table: keyof Schema): Promise<number> {
  const { rows } = await sql<{ last: number }>`
    SELECT max(
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = ${table}), 0),
      coalesce((SELECT max(id) FROM ${sql.table(table)}), 0)
    ) AS last`.execute(db)
  return rows[0]!.last
}
