import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** How many rows a table has. */
export async function countRows(db: Kysely<Schema>, table: keyof Schema): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(db)
  return rows[0]!.n
}
