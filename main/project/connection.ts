import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '#common/contract/errors.ts'
import { backupHint, damageHint } from './damage-hint.ts'
import { translateSqliteError } from './sqlite-errors.ts'

/** 'OBLX': tells a project from any other SQLite file. */
const applicationId = 0x4f_42_4c_58

/**
 * One connection to a project file, set up as every connection of this program is. It does not change the file; a writer
 * turns on write-ahead logging with `startLogging`, once it holds the lock.
 * @throws AppError 'file.missing', 'file.unreadable', 'project.not-a-project', 'project.read-only'
 */
export function connect(path: string, { readonly }: { readonly: boolean }): Database.Database {
  checkRights(path, readonly)
  const database = new Database(path, { readonly, fileMustExist: true, timeout: 5000 })
  try {
    checkApplication(database)
    setUp(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Makes an empty file a project file, before its first table. */
export function createDatabase(path: string): Database.Database {
  const database = new Database(path)
  database.pragma(`application_id = ${applicationId}`)
  setUp(database)
  return database
}

/**
 * Turns on write-ahead logging, so that reading goes on while something is written.
 * @throws AppError 'file.unwritable' on a file system that cannot do it (some network folders)
 */
export function startLogging(database: Database.Database): void {
  const mode: unknown = database.pragma('journal_mode = WAL', { simple: true })
  if (mode === 'wal') return
  throw new AppError(
    'file.unwritable',
    `${database.name}: this folder cannot hold a project that is open for writing`,
    {
      hint: 'Nothing was changed. Copy the project to a folder on this machine, or open it for reading.',
      data: { path: database.name },
    },
  )
}

/**
 * Brings a project back to one single file without companions, which can be copied, sent, and read from a write-protected
 * folder. Where somebody still reads it, that is left to the next one who closes it.
 */
export function stopLogging(database: Database.Database): void {
  try {
    database.pragma('busy_timeout = 0')
    database.pragma('journal_mode = DELETE')
  } catch (error) {
    if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error
  }
}

/**
 * What goes wrong while a project is opened, as an AppError whatever it is: a schema that is not what its version says
 * is a damaged file too.
 */
export function openingError(error: unknown, path: string): unknown {
  const translated = translateSqliteError(error, path)
  if (!(translated instanceof Database.SqliteError)) return translated
  return new AppError(
    'project.corrupt',
    `${path}: the file does not hold what a project holds (${translated.message})`,
    {
      hint: damageHint(path),
      data: { path, sqlite: translated.code },
      cause: translated,
    },
  )
}

/**
 * Which program a file belongs to is asked through SQLite. Reading its header with the file system would do too, but
 * closing that file again drops, on POSIX systems, the locks that this process holds on it through other connections.
 */
function checkApplication(database: Database.Database): void {
  let found: unknown
  try {
    found = database.pragma('application_id', { simple: true })
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB') {
      const hint = `If it was one, its beginning is damaged. ${damageHint(database.name)}`
      throw notAProject(database.name, hint, error)
    }
    throw error
  }
  if (found !== applicationId) throw notAProject(database.name, otherFileHint(database.name))
}

/** An empty or a foreign file in the place of a project that was there before. */
function otherFileHint(path: string): string {
  return backupHint(path) ?? 'Choose a file that ends in .obalex.'
}

function setUp(database: Database.Database): void {
  database.pragma('foreign_keys = ON')
  // what was acknowledged survives a power cut
  database.pragma('synchronous = FULL')
  // a project may come from anybody: its schema must not call functions with side effects, its pages are checked
  database.pragma('trusted_schema = OFF')
  database.pragma('cell_size_check = ON')
  // else INSERT OR REPLACE would go past the triggers that refuse deletion
  database.pragma('recursive_triggers = ON')
}

function checkRights(path: string, readonly: boolean): void {
  let isFile: boolean
  try {
    isFile = statSync(path).isFile()
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new AppError(isMissing ? 'file.missing' : 'file.unreadable', `${path} cannot be read: ${String(cause)}`, {
      hint: isMissing
        ? `Nothing was changed. ${backupHint(path) ?? 'Check the name, or create a new project.'}`
        : 'Nothing was changed. Check the rights of the file and its folder.',
      data: { path },
      cause,
    })
  }
  if (!isFile) throw notAProject(path, 'Choose a file that ends in .obalex.')
  if (readonly || (isWritable(path) && isWritable(dirname(path)))) return
  throw new AppError('project.read-only', `${path} or its folder may not be written`, {
    hint: 'Nothing was changed. Open the project for reading, or copy it to a folder that you may write.',
    data: { path },
  })
}

function notAProject(path: string, hint: string, cause?: unknown): AppError {
  return new AppError('project.not-a-project', `${path} is not a project of this program`, {
    hint: `Nothing was changed. ${hint}`,
    data: { path },
    cause,
  })
}

/** Whether this user may write a file or folder, and its disk can be written. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
