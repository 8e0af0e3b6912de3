import Database from 'better-sqlite3'
import { unwritable } from '#main/files/write-aside.ts'

/**
 * Takes a lock that one process at a time can hold, and gives it back. Node has no locks on files; SQLite has, and those
 * end with the process that holds them, however it ends. The file itself stays, with nothing in it.
 * @returns what gives the lock back; null where somebody holds it, in this process or another
 * @throws AppError 'file.unwritable'
 */
export function takeExclusively(path: string): (() => void) | null {
  let database: Database.Database | undefined
  try {
    database = new Database(path, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    const held = database
    return () => held.close()
  } catch (cause) {
    database?.close()
    if (cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY')) return null
    throw unwritable(path, cause)
  }
}
