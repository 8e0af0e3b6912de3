import { createHash } from 'node:crypto'

/** Tells settings of a detector apart that its file does not tell, hex. Compute processes also run where there is no `hash`. */
export function settingsHash(settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex')
}
