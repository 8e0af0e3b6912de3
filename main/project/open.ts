import { randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Database } from 'better-sqlite3'
import { Kysely } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { appendAudit, firstAuditHead } from './audit-log.ts'
import { connect, createDatabase, isWritable, openingError, startLogging } from './connection.ts'
import { damageHint } from './damage-hint.ts'
import { ProjectDialect, type QueryWatch } from './dialect.ts'
import { acquireLock } from './lock.ts'
import { checkVersion, migrate, type Migration, needsMigration, removeMigrationCopies } from './migrate.ts'
import { migrations as released } from './migrations/index.ts'
import { closeConnections, Project } from './project.ts'
import { infoRows, type ProjectInfo, readProjectInfo } from './project-info.ts'
import type { Schema } from './schema.ts'
import { checkTables } from './schema-check.ts'
import { findInTheWay, nameAside, placeFile, removeAside } from './settle-file.ts'

export interface CreateOptions extends QueryWatch {
  /** Milliseconds UTC, e.g. `Date.now`; read at every write. */
  readonly now: () => number
  /** Program and version, kept in the file. */
  readonly createdBy?: string
}

export interface OpenOptions extends QueryWatch {
  readonly mode: 'read' | 'write'
  /** Milliseconds UTC, e.g. `Date.now`; read at every write. */
  readonly now: () => number
  /** Also takes a project whose lock belongs to a process of another host: for the user to say that it is gone. */
  readonly takeOver?: boolean
  /** The schema versions that are known; others than the released ones only in tests. */
  readonly migrations?: readonly Migration[]
}

/**
 * Makes a new, empty project file and opens it for writing. It is written aside and put in place when it is whole.
 * @throws AppError 'project.exists' (nothing is ever overwritten), 'file.missing' for a folder that does not exist,
 *   'file.unwritable'
 */
export async function createProject(path: string, options: CreateOptions): Promise<Project> {
  const { now, createdBy = 'ObAlEx Workstation', ...watch } = options
  const file = resolve(path)
  checkPlace(file)
  const aside = nameAside(file)
  try {
    await writeNew(aside, { id: randomUUID(), createdAt: now(), createdBy })
    if (!(await placeFile(aside, file))) throw existing(file)
  } catch (error) {
    throw error instanceof AppError ? error : unwritable(file, error)
  } finally {
    removeAside(aside)
  }
  return openProject(file, { mode: 'write', now, ...watch })
}

/**
 * Opens a project. One process at a time may write it; any number may read it, meanwhile too. A project of an older
 * version is brought to today's when it is opened for writing, after a copy was made beside it.
 * @throws AppError 'file.missing', 'file.unreadable', 'project.not-a-project', 'project.newer', 'project.migration',
 *   'project.corrupt'; for writing also 'project.locked' (`data`: pid, host, lockedAt), 'project.read-only', 'file.unwritable'
 */
export async function openProject(path: string, options: OpenOptions): Promise<Project> {
  const file = resolve(path)
  try {
    return await (options.mode === 'read' ? openForReading(file, options) : openForWriting(file, options))
  } catch (error) {
    throw openingError(error, file)
  }
}

/**
 * Checks that a file can be read as it is.
 * @throws AppError 'project.newer'; 'project.migration' where it was written by an older version of the program
 */
export function checkReadable(database: Database, migrations: readonly Migration[] = released): void {
  checkVersion(database, migrations)
  if (needsMigration(database, migrations)) throw olderVersion(database.name)
}

async function openForReading(file: string, options: OpenOptions): Promise<Project> {
  const { migrations = released } = options
  const reader = connect(file, { readonly: true })
  try {
    checkReadable(reader, migrations)
    return await assemble({ reader, writer: null }, options)
  } catch (error) {
    reader.close()
    throw error
  }
}

async function openForWriting(file: string, options: OpenOptions): Promise<Project> {
  const { now, takeOver = false, migrations = released } = options
  const database = connect(file, { readonly: false })
  let reader: Database | null = null
  let lockToken = ''
  try {
    checkVersion(database, migrations)
    checkPages(database)
    lockToken = acquireLock(database, { now: now(), takeOver })
    startLogging(database)
    const isOlder = needsMigration(database, migrations)
    if (isOlder) await migrate(database, migrations)
    reader = connect(file, { readonly: true })
    const project = await assemble({ reader, writer: { database, lockToken } }, options)
    if (!isOlder) removeMigrationCopies(database)
    return project
  } catch (error) {
    closeConnections({ reader, writer: { database, lockToken } })
    throw error
  }
}

/**
 * Nothing is written into a damaged file: what still can be read of it would go, too. The quick check reads every page
 * once and compares no indexes: about a second for half a gigabyte.
 */
function checkPages(database: Database): void {
  const found: unknown = database.pragma('quick_check(1)', { simple: true })
  if (found === 'ok') return
  throw new AppError('project.corrupt', `${database.name}: the file is damaged (${String(found)})`, {
    hint: `Nothing was written. ${damageHint(database.name)}`,
    data: { path: database.name },
  })
}

async function assemble(
  connections: ConstructorParameters<typeof Project>[0],
  { now, onSlowQuery, slowQueryMs, migrations = released }: OpenOptions,
): Promise<Project> {
  const watch = { ...(onSlowQuery && { onSlowQuery }), ...(slowQueryMs !== undefined && { slowQueryMs }) }
  const db = new Kysely<Schema>({ dialect: new ProjectDialect(connections.reader, watch) })
  await checkTables(db, connections.reader.name, migrations)
  return new Project(connections, await readProjectInfo(db, connections.reader.name), { now, ...watch })
}

async function writeNew(aside: string, info: ProjectInfo): Promise<void> {
  const database = createDatabase(aside)
  try {
    await migrate(database, released)
    const db = new Kysely<Schema>({ dialect: new ProjectDialect(database, {}) })
    await db.transaction().execute(async (trx) => {
      await trx
        .insertInto('meta')
        .values([...infoRows(info), firstAuditHead(info.id)])
        .execute()
      const data = { id: info.id, createdBy: info.createdBy }
      await appendAudit(trx, { actor: 'program', action: 'project.create', subject: 'project', data }, info.createdAt)
    })
  } finally {
    database.close()
  }
}

/** @throws AppError where a project cannot be made at this place */
function checkPlace(file: string): void {
  const inTheWay = findInTheWay(file)
  if (inTheWay !== null) throw existing(inTheWay)
  // SQLite would leave such a space out, and write to another file
  if (file !== file.trim()) {
    throw new AppError('request.invalid', `"${file}": a file name may not begin or end with a space`, {
      hint: 'Nothing was created. Choose another name.',
    })
  }
  const folder = dirname(file)
  if (existsSync(folder) && statSync(folder).isDirectory()) {
    if (isWritable(folder)) return
    throw new AppError('file.unwritable', `${file} cannot be created: its folder may not be written`, {
      hint: 'Nothing was created. Choose another folder.',
      data: { path: file },
    })
  }
  throw new AppError('file.missing', `there is no folder ${folder}`, {
    hint: 'Nothing was created. Make the folder first, or choose another one.',
    data: { path: folder },
  })
}

function existing(path: string): AppError {
  return new AppError('project.exists', `${path} exists already`, {
    hint: 'Nothing was overwritten. Open it, or choose another name.',
    data: { path },
  })
}

function unwritable(path: string, cause: unknown): AppError {
  return new AppError('file.unwritable', `${path} cannot be created: ${String(cause)}`, {
    hint: 'Nothing was left behind. Check the rights of the folder and the space on the disk, or choose another folder.',
    data: { path },
    cause,
  })
}

function olderVersion(path: string): AppError {
  return new AppError('project.migration', `${path} was written by an older version of the program`, {
    hint: 'Nothing was changed. Open it once for writing: that brings it to the new version, after making a copy.',
    data: { path },
  })
}
