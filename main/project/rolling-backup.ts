import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { type AuditHead, readAuditHead } from './audit-log.ts'
import { backupProject } from './backup.ts'
import { backupFolder, listRollingBackups, timeInName } from './backup-folder.ts'
import { connect } from './connection.ts'
import { damageHint } from './damage-hint.ts'
import { ProjectDialect } from './dialect.ts'
import { migrations } from './migrations/index.ts'
import type { Project } from './project.ts'
import type { Schema } from './schema.ts'
import { findSchemaDifferences } from './schema-check.ts'
import { isAside } from './settle-file.ts'

const nKept = 3

/**
 * Copies a project that is open for writing to the folder of its rolling backups, unless the newest one there is of the
 * same state, and then removes all but the newest three. The copy is checked before it gets its name: a damaged state
 * never takes the place of a good one.
 * @param now ms UTC; where the clock was set back, the name still comes after the one before
 * @returns the path of the new backup, or null where there was nothing to copy
 * @throws AppError 'project.corrupt' where the project is damaged: the earlier backups are kept; 'file.unwritable';
 *   'aborted'
 */
export async function rollBackup(
  project: Project,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal },
): Promise<string | null> {
  const head = await readAuditHead(project.read)
  const [newest] = listRollingBackups(project.path)
  // 1: the project was made and is empty
  if (head.seq <= 1 || (newest && (await headOf(newest.path))?.hash === head.hash)) return null
  await requireOwnSchema(project)
  const folder = backupFolder(project.path)
  makeFolder(folder)
  const at = newest ? Math.max(now, newest.at + 1) : now
  const path = join(folder, `${timeInName(at)}.obalex`)
  await backupProject(project.path, path, { signal })
  for (const { path: old } of listRollingBackups(project.path).slice(nKept)) rmSync(old, { force: true })
  return path
}

/** The state that a backup holds; null where it cannot be read. */
async function headOf(path: string): Promise<AuditHead | null> {
  try {
    const database = connect(path, { readonly: true })
    try {
      return await readAuditHead(new Kysely<Schema>({ dialect: new ProjectDialect(database, {}) }))
    } finally {
      database.close()
    }
  } catch {
    return null // then another one is made
  }
}

/** SQLite finds nothing wrong where a table or trigger was taken away outside the program. */
async function requireOwnSchema({ path, read }: Project): Promise<void> {
  const differences = await findSchemaDifferences(read, migrations)
  const wrong = differences.find(({ kind, difference }) => kind === 'trigger' || difference !== 'added')
  if (!wrong) return
  throw new AppError('project.corrupt', `${path}: the ${wrong.kind} ${wrong.name} is ${wrong.difference}`, {
    hint: damageHint(path),
    data: { path },
  })
}

/** Makes the folder, or clears it of what a process that was killed left half-done; nobody else writes this project. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder)) if (isAside(name)) rmSync(join(folder, name), { force: true })
  } catch (cause) {
    throw new AppError('file.unwritable', `${folder} cannot be written: ${String(cause)}`, { cause })
  }
}
