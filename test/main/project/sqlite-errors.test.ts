import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { translateSqliteError } from '#main/project/sqlite-errors.ts'

describe('an error of SQLite', () => {
  it.each([
    ['SQLITE_FULL', 'file.unwritable'],
    ['SQLITE_IOERR_SHMSIZE', 'file.unwritable'],
    ['SQLITE_IOERR_WRITE', 'file.unwritable'],
    ['SQLITE_IOERR_READ', 'file.unreadable'],
    ['SQLITE_CORRUPT_VTAB', 'project.corrupt'],
    ['SQLITE_READONLY_DBMOVED', 'file.missing'],
    ['SQLITE_READONLY_DIRECTORY', 'project.read-only'],
    ['SQLITE_BUSY_SNAPSHOT', 'project.locked'],
  ])('%s is told as %s, with what to do', (sqlite, code) => {
    const error = new Database.SqliteError('as SQLite says it', sqlite)
    const hint = expect.stringMatching(/\w/) as string
    expect(translateSqliteError(error, '/p.obalex')).toMatchObject({ code, hint, data: { path: '/p.obalex', sqlite } })
  })

  it('that is a bug stays as it is', () => {
    const error = new Database.SqliteError('NOT NULL constraint failed', 'SQLITE_CONSTRAINT_NOTNULL')
    expect(translateSqliteError(error, '/p.obalex')).toBe(error)
  })
})
