import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** How many rows a table has. */
export async function countRows(db: Kysely<Schema>, table: keyof Schema): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(db)
  return rows[0]!.n
}

/** The highest id of a table; null where it has no rows. */
export async function newestId(db: Kysely<Schema>, table: 'model' | 'class_map'): Promise<number | null> {
  const { rows } = await sql<{ id: number | null }>`SELECT max(id) AS id FROM ${sql.table(table)}`.execute(db)
  return rows[0]!.id
}
