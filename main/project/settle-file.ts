import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

/** What SQLite puts beside a database while it is open, and leaves there when the process is killed. */
const companions = ['-journal', '-wal', '-shm']

/** A name in the folder of `path` that nothing else uses; what is written there becomes `path` in one step at the end. */
export function nameAside(path: string): string {
  return join(dirname(path), `.obalex-${randomBytes(6).toString('hex')}.part`)
}

/** Whether a file's name is one that `nameAside` gave, or that SQLite puts beside such a one. */
export function isAside(name: string): boolean {
  return /^\.obalex-[0-9a-f]{12}\.part(-journal|-wal|-shm)?$/.test(name)
}

/**
 * What would hinder or harm a database at this place: the file itself, or what an earlier one of that name left behind,
 * which SQLite would take for its own.
 * @returns the first of them that exists, or null
 */
export function findInTheWay(path: string): string | null {
  return existsSync(path) ? path : findCompanion(path)
}

/** The second half of `findInTheWay`: what SQLite left beside a database that is open or was not closed properly. */
export function findCompanion(path: string): string | null {
  return companions.map((end) => `${path}${end}`).find((name) => existsSync(name)) ?? null
}

/** Removes a database that was written aside, with the files that SQLite may have put next to it. */
export function removeAside(aside: string): void {
  for (const end of ['', ...companions]) rmSync(`${aside}${end}`, { force: true })
}

/**
 * Turns a finished file into `path`, in one step that survives a power cut; an older `path` is replaced.
 * Tries again for two seconds where something (a virus scanner on Windows) holds one of the two.
 */
export async function replaceFile(aside: string, path: string): Promise<void> {
  syncFile(aside)
  const passing = new Set(['EPERM', 'EACCES', 'EBUSY'])
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(aside, path)
      break
    } catch (error) {
      if (attempt === 20 || !passing.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      await wait(100)
    }
  }
  syncFolder(dirname(path))
}

/**
 * Turns a finished file into `path` unless there is one already.
 * @returns false where `path` exists; `aside` is left as it is then
 */
export async function placeFile(aside: string, path: string): Promise<boolean> {
  syncFile(aside)
  try {
    linkSync(aside, path)
  } catch {
    // there is one, or no hard links can be made here (FAT, some network folders): look, then rename
    if (existsSync(path)) return false
    await replaceFile(aside, path)
    return true
  }
  rmSync(aside)
  syncFolder(dirname(path))
  return true
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  } catch {
    // Windows cannot open a folder; its rename is durable without
  }
}
