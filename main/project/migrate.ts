import { existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { readJson } from './json-column.ts'
import { clearLock } from './lock.ts'
import { nameAside, placeFile, removeAside, replaceFile } from './settle-file.ts'
import { translateSqliteError } from './sqlite-errors.ts'

/** One step of the schema, in SQL that means the same for ever: no types and no code of today. */
export interface Migration {
  /** `0007-review-reasons`: the version it leads to, and what it is about. */
  readonly name: string
  readonly sql: string
}

/** @throws AppError 'project.newer' where a later version of the program has written the file */
export function checkVersion(database: Database.Database, migrations: readonly Migration[]): void {
  const version = readVersion(database)
  if (version <= migrations.length) return
  throw new AppError(
    'project.newer',
    `${database.name} has schema version ${version}, this program knows versions up to ${migrations.length}`,
    {
      hint: 'Nothing was changed. Open it with the newer version of the program that wrote it.',
      data: { path: database.name, version, known: migrations.length },
    },
  )
}

/** True where the file is of an older version than the newest migration. */
export function needsMigration(database: Database.Database, migrations: readonly Migration[]): boolean {
  return readVersion(database) < migrations.length
}

/**
 * Brings the file to the newest version, each step in a transaction of its own that also sets `user_version`, so that a
 * step is done wholly or not at all. A file that already has a version is copied first; the copy lies beside it as
 * `NAME.version-N.obalex` until `removeMigrationCopies`.
 * @throws AppError 'project.migration' where a step fails; `data.copy` names the copy
 */
export async function migrate(database: Database.Database, migrations: readonly Migration[]): Promise<void> {
  const version = readVersion(database)
  const copy = version > 0 && version < migrations.length ? await copyBefore(database, version) : null
  for (const [index, migration] of migrations.entries()) {
    if (index >= version) applyStep(database, migration, { version: index + 1, copy })
  }
}

/** Removes the copies that earlier migrations left: the file has been opened in its new version, and was good. */
export function removeMigrationCopies(database: Database.Database): void {
  const copies = recordedCopies(database)
  if (copies.length === 0) return
  for (const copy of copies) if (isCopyOf(database.name, copy)) rmSync(copy, { force: true })
  recordCopies(database, [])
}

function readVersion(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number
}

function applyStep(
  database: Database.Database,
  migration: Migration,
  { version, copy }: { version: number; copy: string | null },
): void {
  // a step may rebuild a table, which foreign keys would not allow; they are checked before it is committed
  database.pragma('foreign_keys = OFF')
  const step = database.transaction(() => {
    database.exec(migration.sql)
    const broken = database.pragma('foreign_key_check') as { table: string }[]
    if (broken[0]) throw new Error(`${broken.length} rows of ${broken[0].table} and others point nowhere`)
    database.pragma(`user_version = ${version}`)
  })
  try {
    step.immediate()
  } catch (error) {
    const translated = translateSqliteError(error, database.name)
    if (translated instanceof AppError) throw translated
    throw new AppError('project.migration', `${database.name}: step ${migration.name} failed: ${String(error)}`, {
      hint: `The file is unchanged by this step${copy === null ? '' : `, and a copy from before is at ${copy}`}. Report this as a bug, with the message.`,
      data: { path: database.name, migration: migration.name, copy },
      cause: error,
    })
  } finally {
    database.pragma('foreign_keys = ON')
  }
}

async function copyBefore(database: Database.Database, version: number): Promise<string> {
  const earlier = recordedCopies(database)
  const aside = nameAside(database.name)
  try {
    database.prepare<[string]>('VACUUM INTO ?').run(aside)
    const made = new Database(aside)
    clearLock(made)
    made.close()
    for (let attempt = 1; ; attempt++) {
      const copy = copyName(database.name, version, attempt)
      if (earlier.includes(copy)) await replaceFile(aside, copy)
      else if (existsSync(copy) || !(await placeFile(aside, copy))) continue
      recordCopies(database, [...new Set([...earlier, copy])])
      return copy
    }
  } catch (error) {
    removeAside(aside)
    throw error
  }
}

function copyName(path: string, version: number, attempt: number): string {
  const stem = path.replace(/\.obalex$/i, '')
  return `${stem}.version-${version}${attempt === 1 ? '' : `-${attempt}`}.obalex`
}

/** What the file says about itself is not trusted: only a name that `copyName` gives is ever removed. */
function isCopyOf(path: string, copy: string): boolean {
  const [, version, attempt] = /\.version-(\d+)(?:-(\d+))?\.obalex$/.exec(copy) ?? []
  return version !== undefined && copy === copyName(path, Number(version), Number(attempt ?? 1))
}

const copiesKey = 'migration_copies'

function recordedCopies(database: Database.Database): readonly string[] {
  const value = database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck().get(copiesKey)
  return value === undefined ? [] : readJson(z.array(z.string()), value, `meta ${copiesKey}`)
}

function recordCopies(database: Database.Database, copies: readonly string[]): void {
  if (copies.length === 0) database.prepare('DELETE FROM meta WHERE key = ?').run(copiesKey)
  else database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run(copiesKey, JSON.stringify(copies))
}
