import type { Database } from 'better-sqlite3'
import { Kysely } from 'kysely'
import { connect, openingError } from './connection.ts'
import { ProjectDialect } from './dialect.ts'
import type { Schema } from './schema.ts'

/** A project file as it is at one moment, whatever is written meanwhile. Whoever opened it closes it. */
export interface FileSnapshot {
  readonly path: string
  readonly database: Database
  readonly db: Kysely<Schema>
  close(): void
}

/**
 * Begins to read one moment of a file, which may be open here or in another process: a connection of its own, held in
 * one read transaction. Unlike a project that is opened it may be damaged: nothing is looked at but its first page.
 * @throws AppError 'file.missing', 'file.unreadable', 'project.not-a-project', 'project.corrupt'
 */
export function openFileSnapshot(path: string): FileSnapshot {
  let database: Database | null = null
  try {
    const held = connect(path, { readonly: true })
    database = held
    held.exec('BEGIN')
    // the moment is that of the first reading
    held.prepare('SELECT count(*) FROM sqlite_schema').get()
    const db = new Kysely<Schema>({ dialect: new ProjectDialect(held, {}) })
    return { path, database: held, db, close: () => held.close() }
  } catch (error) {
    database?.close()
    throw openingError(error, path)
  }
}
