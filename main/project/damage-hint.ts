import Database from 'better-sqlite3'
import { listRollingBackups } from './backup-folder.ts'

/**
 * What to do about a damaged project: names its newest rolling backup that is whole, and how to use it.
 * @param path the project file; left out where it is not known
 */
export function damageHint(path?: string): string {
  const keep = 'Copy the file away before anything else'
  const backup = path === undefined ? null : backupHint(path)
  if (backup !== null) return `${keep}. ${backup}`
  return `${keep}, then open the latest backup; what still can be read can be exported from the copy.`
}

/** Names the newest rolling backup that is whole, and how to use it; null where there is none. */
export function backupHint(path: string): string | null {
  const backup = listRollingBackups(path).find((found) => isWhole(found.path))
  if (!backup) return null
  return `The newest good backup is ${backup.path}, of ${new Date(backup.at).toISOString()}: copy it to a new name and open that.`
}

/** It was when it was made; since then the disk may have failed. */
function isWhole(path: string): boolean {
  let database: Database.Database | null = null
  try {
    database = new Database(path, { readonly: true, fileMustExist: true })
    return database.pragma('integrity_check(1)', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    database?.close()
  }
}
