import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { connect } from './connection.ts'
import { clearLock } from './lock.ts'
import { openFileSnapshot } from './file-snapshot.ts'
import { translateSqliteError } from './sqlite-errors.ts'
import { findCompanion, findInTheWay, nameAside, placeFile, removeAside, replaceFile } from './settle-file.ts'

export interface BackupOptions {
  /** Replaces a file that is there. */
  readonly overwrite?: boolean
  readonly signal?: AbortSignal
  /** Pages that are copied, of all. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Copies a project as it is at this moment, also while it is being written; the writing goes on meanwhile. The copy is
 * made aside, checked, and put in place when it is whole.
 * @param source the project file, which may be open here or in another process
 * @returns the size of the copy in bytes
 * @throws AppError 'file.exists' where the target exists, unless `overwrite` is set; with it too where the target is the
 *   project itself, or is open or was not closed properly; 'file.unwritable'; 'project.corrupt' where the copy does not
 *   pass the check; 'aborted', with nothing left behind; what `openProject` throws for the source
 */
export async function backupProject(
  source: string,
  target: string,
  { overwrite = false, ...following }: BackupOptions = {},
): Promise<number> {
  const [from, to] = [resolve(source), resolve(target)]
  checkTarget(from, to, overwrite)
  const aside = nameAside(to)
  try {
    await copySnapshot(from, aside, following)
    checkCopy(aside)
    following.signal?.throwIfAborted()
    const { size } = statSync(aside)
    if (overwrite) await replaceFile(aside, to)
    else if (!(await placeFile(aside, to))) throw inTheWay(to)
    return size
  } catch (error) {
    throw following.signal?.aborted ? new AppError('aborted', 'the backup was stopped') : backupError(error, to)
  } finally {
    removeAside(aside)
  }
}

/** SQLite copies some megabytes at a time and lets other work in between. */
const pagesAtOnce = 1000

async function copySnapshot(
  from: string,
  aside: string,
  { signal, onProgress }: Omit<BackupOptions, 'overwrite'>,
): Promise<void> {
  const snapshot = openFileSnapshot(from)
  try {
    await snapshot.database.backup(aside, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted()
        onProgress?.(totalPages - remainingPages, totalPages)
        return pagesAtOnce
      },
    })
  } finally {
    snapshot.close()
  }
}

function checkCopy(aside: string): void {
  const copy = connect(aside, { readonly: false })
  try {
    copy.pragma('journal_mode = DELETE')
    clearLock(copy)
    const found = copy.pragma('integrity_check(1)', { simple: true })
    const dangling = copy.pragma('foreign_key_check') as unknown[]
    if (found === 'ok' && dangling.length === 0) return
    throw new AppError(
      'project.corrupt',
      `the project is damaged: ${String(found)}, ${dangling.length} rows point nowhere`,
      {
        hint: 'No backup was made. Keep the file and the earlier backups; what still can be read can be exported.',
      },
    )
  } finally {
    copy.close()
  }
}

function checkTarget(from: string, to: string, overwrite: boolean): void {
  const isItself = existsSync(from) && existsSync(to) && statSync(from).ino === statSync(to).ino
  const found = overwrite && !isItself ? findCompanion(to) : findInTheWay(to)
  if (found !== null) throw inTheWay(found)
}

function inTheWay(path: string): AppError {
  return new AppError('file.exists', `${path} exists already`, {
    hint: 'Nothing was overwritten. Choose another name, or a folder: the backup is then named by project and time.',
    data: { path },
  })
}

function backupError(error: unknown, to: string): unknown {
  const translated = translateSqliteError(error, to)
  if (translated instanceof AppError && translated.code !== 'file.unreadable') return translated
  if (error instanceof AppError) return error
  return new AppError('file.unwritable', `the backup ${to} cannot be written: ${String(error)}`, {
    hint: 'The project is unchanged, and nothing was left behind. Check the rights of the folder and the space on the disk.',
    data: { path: to },
    cause: error,
  })
}
