import type { FileSnapshot } from '../file-snapshot.ts'
import { migrations } from '../migrations/index.ts'
import { findSchemaDifferences } from '../schema-check.ts'
import type { Check } from './check.ts'

/** What SQLite knows of its file: every page, every index, every condition of a table. */
export const pagesCheck: Check = {
  counts: 'pages',
  step: 'checking the pages of the file',
  kind: 'file',
  total: ({ database }) => countPages(database),
  run: async ({ path, database }, watch) => {
    const found = database.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok') {
      // SQLite puts a headline before what it found
      const what = String(found).replace(/^\*\*\* in database \w+ \*\*\*\s*/, '')
      return { kind: 'file', subject: path, message: `the file is damaged: ${what}` }
    }
    await watch.step(countPages(database))
    return null
  },
}

/** Tables and triggers are as the program makes them. A further table is nobody's harm, a further trigger may be. */
export const schemaCheck: Check = {
  counts: 'tables',
  step: 'checking the tables',
  kind: 'schema',
  total: ({ database }) => nTables(database),
  run: async ({ database, db }, watch) => {
    const differences = await findSchemaDifferences(db, migrations)
    const wrong = differences.find(({ kind, difference }) => kind === 'trigger' || difference !== 'added')
    if (wrong) {
      const { kind, name, difference } = wrong
      const words = { missing: 'is missing', changed: 'is not as the program made it', added: 'is not the program’s' }
      return { kind: 'schema', subject: `${kind} ${name}`, message: `the ${kind} ${name} ${words[difference]}` }
    }
    await watch.step(nTables(database))
    return null
  },
}

/** Every reference leads to a row that is there. */
export const referencesCheck: Check = {
  counts: 'rows',
  step: 'checking references between rows',
  kind: 'reference',
  total: ({ database }) => nRows(database),
  run: async ({ database }, watch) => {
    const dangling = database
      .prepare<[], Dangling>('SELECT "table" AS name, rowid AS id, parent FROM pragma_foreign_key_check LIMIT 1')
      .get()
    if (dangling) {
      const { name, id, parent } = dangling
      const subject = id === null ? name : `${name} ${id}`
      return { kind: 'reference', subject, message: `${subject} belongs to a row of ${parent} that is not there` }
    }
    await watch.step(nRows(database))
    return null
  },
}

interface Dangling {
  readonly name: string
  readonly id: number | null
  readonly parent: string
}

type Database = FileSnapshot['database']

function countPages(database: Database): number {
  return database.pragma('page_count', { simple: true }) as number
}

function tableNames(database: Database): string[] {
  return database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .pluck()
    .all()
}

function nTables(database: Database): number {
  return tableNames(database).length
}

function nRows(database: Database): number {
  const count = (name: string): number =>
    database
      .prepare<[], number>(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`)
      .pluck()
      .get()!
  return tableNames(database).reduce((sum, name) => sum + count(name), 0)
}
