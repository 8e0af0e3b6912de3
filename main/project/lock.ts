import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Database } from 'better-sqlite3'
import { AppError } from '#common/contract/errors.ts'

interface LockRow {
  readonly token: string
  readonly pid: number
  readonly process_start: string | null
  readonly host: string
  readonly file_number: string
  readonly locked_at: number
}

/**
 * Makes this process the one that may write a project: one row in the file, naming process and host. The row of a
 * process that is gone is taken over, and so is one that came with a copy of the file.
 * @param takeOver also takes the row of another host, whose processes cannot be seen from here; never that of a living
 *   process of this host
 * @returns the token that `ownsLock` and `releaseLock` ask for
 * @throws AppError 'project.locked' with `data: { pid, host, lockedAt }`
 */
export function acquireLock(database: Database, { now, takeOver }: { now: number; takeOver: boolean }): string {
  const path = database.name
  const token = randomUUID()
  const take = database.transaction(() => {
    const holder = database.prepare<[], LockRow>('SELECT * FROM lock WHERE id = 1').get()
    if (holder && isHeld(holder, path, takeOver)) throw lockedBy(holder, path)
    database
      .prepare<[LockRow]>(
        `INSERT OR REPLACE INTO lock (id, token, pid, process_start, host, file_number, locked_at)
         VALUES (1, :token, :pid, :process_start, :host, :file_number, :locked_at)`,
      )
      .run({
        token,
        pid: process.pid,
        process_start: processStart(process.pid),
        host: hostname(),
        file_number: fileNumber(path),
        locked_at: now,
      })
  })
  take.immediate()
  return token
}

/** Who has a project open for writing. */
export interface LockHolder {
  readonly pid: number
  readonly host: string
  /** ms UTC */
  readonly lockedAt: number
}

/** The process that has the project open for writing now, as far as can be seen from here; null where none has. */
export function lockHolder(database: Database): LockHolder | null {
  const holder = database.prepare<[], LockRow>('SELECT * FROM lock WHERE id = 1').get()
  if (!holder || !isHeld(holder, database.name, false)) return null
  return { pid: holder.pid, host: holder.host, lockedAt: holder.locked_at }
}

/** False once another process has taken the project over. */
export function ownsLock(database: Database, token: string): boolean {
  return database.prepare<[string]>('SELECT 1 FROM lock WHERE token = ?').get(token) !== undefined
}

/** Gives the project free; does nothing where another process has taken it over. */
export function releaseLock(database: Database, token: string): void {
  database.prepare<[string]>('DELETE FROM lock WHERE token = ?').run(token)
}

/** Takes the row out of a copy, which nobody has open. */
export function clearLock(database: Database): void {
  database.exec('DELETE FROM lock')
}

function isHeld(holder: LockRow, path: string, takeOver: boolean): boolean {
  if (holder.file_number !== fileNumber(path)) return false
  if (holder.host !== hostname()) return !takeOver
  return isAlive(holder.pid, holder.process_start)
}

function lockedBy(holder: LockRow, path: string): AppError {
  const { pid, host, locked_at: lockedAt } = holder
  const isHere = host === hostname()
  return new AppError(
    'project.locked',
    `${path} is open for writing in process ${pid} on ${host} since ${new Date(lockedAt).toISOString()}`,
    {
      hint: isHere
        ? 'Nothing was changed. Close it there first, or open it here for reading.'
        : `Nothing was changed. Close it on ${host} first, or open it here for reading. If that program is surely gone, take the project over.`,
      data: { path, pid, host, lockedAt },
    },
  )
}

/**
 * Which file a lock was written into. The inode (on Windows the file index) tells a copy from the original, on every
 * host that sees the file; the device number does not belong to it, because each host numbers its mounts on its own.
 */
function fileNumber(path: string): string {
  return String(statSync(path, { bigint: true }).ino)
}

function isAlive(pid: number, start: string | null): boolean {
  let isOfAnotherUser = false
  try {
    process.kill(pid, 0)
  } catch (error) {
    isOfAnotherUser = (error as NodeJS.ErrnoException).code === 'EPERM'
    if (!isOfAnotherUser) return false
  }
  if (processStart(process.pid) === null || start === null) return true
  const seen = processStart(pid)
  return seen === start || (seen === null && isOfAnotherUser)
}

/**
 * Tells a process from a later one with the same id: boot and start time in clock ticks, as Linux states them; null
 * where the system does not, or where the process has ended (a zombie that nobody has collected included).
 */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the name in parentheses may hold anything; after it come the state (field 3) and, as field 22, the start
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${fields[19]}`
  } catch {
    return null
  }
}
