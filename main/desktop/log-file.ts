import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const largestBytes = 2 * 2 ** 20

/** A log of lines with their time, kept small: one older file stays beside it. */
export function logFile(path: string, now: () => Date = () => new Date()): (line: string) => void {
  return (line) => {
    try {
      mkdirSync(dirname(path), { recursive: true })
      if (sizeOf(path) > largestBytes) renameSync(path, `${path}.old`)
      appendFileSync(path, `${now().toISOString()} ${line}\n`)
    } catch {
      // a full disk must not end the program; who is concerned was told otherwise
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
