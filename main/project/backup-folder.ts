import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** A copy of a project that the program made by itself. */
export interface RollingBackup {
  readonly path: string
  /** When it was made, ms UTC. */
  readonly at: number
}

/** Where the rolling backups of a project lie. */
export function backupFolder(project: string): string {
  return `${project}.backups`
}

/** A time as it stands in the name of a file, on every system: `2026-11-24T17-52-05.123Z`. */
export function timeInName(at: number): string {
  return new Date(at).toISOString().replaceAll(':', '-')
}

/** The rolling backups of a project, the newest first; whether they are good is for the reader to see. */
export function listRollingBackups(project: string): RollingBackup[] {
  const folder = backupFolder(project)
  return namesIn(folder)
    .flatMap((name) => {
      const at = timeOfName(name)
      return at === null ? [] : [{ path: join(folder, name), at }]
    })
    .sort((a, b) => b.at - a.at)
}

function timeOfName(name: string): number | null {
  const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3}Z)\.obalex$/.exec(name) ?? []
  const at = day === undefined ? NaN : Date.parse(`${day}T${hour}:${minute}:${second}`)
  return Number.isNaN(at) ? null : at
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there is none, or it may not be read: no backups for us
  }
}
