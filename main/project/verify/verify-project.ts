import { AppError } from '#common/contract/errors.ts'
import type { FileSnapshot } from '../file-snapshot.ts'
import { translateSqliteError } from '../sqlite-errors.ts'
import type { Check, CheckedThing, Finding } from './check.ts'
import { auditCheck, blobsCheck, mapsCheck, masksCheck } from './check-data.ts'
import { pagesCheck, referencesCheck, schemaCheck } from './check-file.ts'
import { factsCheck } from './check-log.ts'
import { strokesCheck } from './check-strokes.ts'

/** In this order, each relies on those before it. */
const checks: readonly Check[] = [
  pagesCheck,
  schemaCheck,
  referencesCheck,
  auditCheck,
  blobsCheck,
  masksCheck,
  mapsCheck,
  strokesCheck,
  factsCheck,
]

/** How a verification is followed and stopped. */
export interface VerifyingOptions {
  readonly signal: AbortSignal
  readonly onProgress: (step: string, done: number, total: number | null) => void
}

/** How far the checks came. */
export interface CheckedProject {
  readonly checked: Readonly<Record<CheckedThing, number>>
  readonly broken: Finding | null
}

/**
 * Checks all of a project that can be checked without its photos and models, and stops at the first broken thing.
 * @throws the signal's reason where it is aborted
 */
export async function checkProject(
  snapshot: FileSnapshot,
  { signal, onProgress }: VerifyingOptions,
): Promise<CheckedProject> {
  const checked = Object.fromEntries(checks.map(({ counts }) => [counts, 0])) as Record<CheckedThing, number>
  for (const check of checks) {
    const broken = await findBroken(check, snapshot, async (count, total) => {
      checked[check.counts] += count
      onProgress(check.step, checked[check.counts], total)
      // SQLite answers at once: without a pause nobody could stop this, or see how far it is
      await new Promise(setImmediate)
      signal.throwIfAborted()
    })
    if (broken) return { checked, broken }
  }
  return { checked, broken: null }
}

/** A check that cannot even read what it is about has found something broken, too. */
async function findBroken(
  check: Check,
  snapshot: FileSnapshot,
  step: (count: number, total: number | null) => Promise<void>,
): Promise<Finding | null> {
  try {
    const total = check.total(snapshot)
    await step(0, total)
    return await check.run(snapshot, { step: (count) => step(count, total) })
  } catch (error) {
    const translated = translateSqliteError(error, snapshot.path)
    if (!(translated instanceof AppError && translated.code === 'project.corrupt')) throw translated
    const isOfFile = translated.data?.['sqlite'] !== undefined
    const { path } = snapshot
    return { kind: isOfFile ? 'file' : check.kind, subject: path, message: translated.message }
  }
}
