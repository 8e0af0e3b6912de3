import Database from 'better-sqlite3'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import { damageHint } from './damage-hint.ts'

/**
 * What a project file's surroundings do to it, in the program's own codes: a full disk, a damaged page, a lock held by
 * another program, rights taken away. Everything else (a broken constraint, wrong SQL) is a bug and stays as it is.
 * @param path the project file, named in the message
 */
export function translateSqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const found = surroundings.find(({ prefix }) => error.code.startsWith(prefix))
  if (!found) return error
  const { code, happened, hint } = found
  return new AppError(code, `${path}: ${happened} (${error.message})`, {
    hint: hint ?? `Nothing was written. ${damageHint(path)}`,
    data: { path, sqlite: error.code },
    cause: error,
  })
}

/** Without a hint of its own: damage, for which there is one. */
const surroundings: readonly { prefix: string; code: ErrorCode; happened: string; hint?: string }[] = [
  { prefix: 'SQLITE_CORRUPT', code: 'project.corrupt', happened: 'the file is damaged' },
  { prefix: 'SQLITE_NOTADB', code: 'project.corrupt', happened: 'the file is damaged' },
  {
    prefix: 'SQLITE_FULL',
    code: 'file.unwritable',
    happened: 'the disk is full',
    hint: 'All that was saved before is safe; this last step was not saved. Free some space or move the project, then try again.',
  },
  {
    prefix: 'SQLITE_READONLY_ROLLBACK',
    code: 'project.read-only',
    happened: 'the file was not closed properly, and can only be set right by writing it',
    hint: 'Nothing was lost. Open the project for writing once, or copy it to a folder that you may write and open it there.',
  },
  {
    prefix: 'SQLITE_READONLY_DBMOVED',
    code: 'file.missing',
    happened: 'the file was moved or removed while it was open',
    hint: 'What was saved is in the file, where it is now. Open it there.',
  },
  {
    prefix: 'SQLITE_READONLY',
    code: 'project.read-only',
    happened: 'the file may not be written',
    hint: 'Nothing was changed. Open the project for reading, or copy it to a folder that you may write.',
  },
  {
    prefix: 'SQLITE_BUSY',
    code: 'project.locked',
    happened: 'another program holds the file',
    hint: 'Nothing was changed. Close the other program, or open the project for reading.',
  },
  {
    prefix: 'SQLITE_CANTOPEN',
    code: 'file.unreadable',
    happened: 'the file cannot be opened',
    hint: 'Nothing was changed. Check the rights of the file and its folder; a project that was not closed properly must lie in a folder that you may write.',
  },
  {
    // what SQLite needs beside the file while it is open found no room
    prefix: 'SQLITE_IOERR_SHMSIZE',
    code: 'file.unwritable',
    happened: 'the disk is full',
    hint: 'All that was saved before is safe. Free some space or move the project, then try again.',
  },
  {
    prefix: 'SQLITE_IOERR_WRITE',
    code: 'file.unwritable',
    happened: 'the disk did not take what was to be written',
    hint: 'All that was saved before is safe; this last step was not saved. The disk may be full, or the file as large as its file system allows (4 GB on FAT32), or the network folder gone.',
  },
  {
    prefix: 'SQLITE_IOERR',
    code: 'file.unreadable',
    happened: 'the disk could not read or write the file',
    hint: 'All that was saved before is safe as far as the disk is. Check the disk or the network folder, then open the project again.',
  },
]
