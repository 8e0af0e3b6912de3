import Database from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { damageHint } from './damage-hint.ts'
import type { Migration } from './migrate.ts'
import type { Schema } from './schema.ts'

/** Something in a file's schema that is not as its version says; 'added' is harmless to this program. */
export interface SchemaDifference {
  readonly kind: 'table' | 'trigger'
  readonly name: string
  readonly difference: 'missing' | 'changed' | 'added'
}

/**
 * Compares the tables and triggers of a file, by their text, with what the migrations make.
 * A missing trigger means that somebody could, and perhaps did, change rows that are never to change.
 */
export async function findSchemaDifferences(
  db: Kysely<Schema>,
  migrations: readonly Migration[],
): Promise<SchemaDifference[]> {
  const { rows } = await sql<SchemaRow>`${sql.raw(describeSchema)}`.execute(db)
  const found = new Map(rows.map((row) => [`${row.kind} ${row.name}`, row]))
  const expected = new Map(expectedSchema(migrations).map((row) => [`${row.kind} ${row.name}`, row]))
  const differences: SchemaDifference[] = []
  for (const [key, { kind, name, text }] of expected) {
    const row = found.get(key)
    if (row?.text !== text) differences.push({ kind, name, difference: row ? 'changed' : 'missing' })
  }
  for (const [key, { kind, name }] of found) {
    if (!expected.has(key)) differences.push({ kind, name, difference: 'added' })
  }
  return differences
}

/** @throws AppError 'project.corrupt' where a table is not as the program reads it */
export async function checkTables(db: Kysely<Schema>, path: string, migrations: readonly Migration[]): Promise<void> {
  const differences = await findSchemaDifferences(db, migrations)
  const wrong = differences.find(({ kind, difference }) => kind === 'table' && difference !== 'added')
  if (!wrong) return
  throw new AppError('project.corrupt', `${path}: the table ${wrong.name} is ${wrong.difference}`, {
    hint: `Nothing was written. The file was changed outside the program or is damaged. ${damageHint(path)}`,
    data: { path, table: wrong.name },
  })
}

interface SchemaRow {
  readonly kind: 'table' | 'trigger'
  readonly name: string
  readonly text: string
}

// without quotes and line breaks, which ALTER TABLE puts where the migration has none
const describeSchema = `
SELECT type AS kind, name, replace(replace(replace(sql, '"', ''), char(10), ''), ' ', '') AS text
FROM sqlite_schema WHERE type IN ('table', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY type, name`

const expectedSchemas = new WeakMap<readonly Migration[], readonly SchemaRow[]>()

function expectedSchema(migrations: readonly Migration[]): readonly SchemaRow[] {
  const known = expectedSchemas.get(migrations)
  if (known) return known
  const database = new Database(':memory:')
  for (const migration of migrations) database.exec(migration.sql)
  const rows = database.prepare<[], SchemaRow>(describeSchema).all()
  database.close()
  expectedSchemas.set(migrations, rows)
  return rows
}
