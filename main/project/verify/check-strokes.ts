import { AppError } from '#common/contract/errors.ts'
import { replayJournal, type StrokeStep } from '#common/mask/stroke-journal.ts'
import { decodeTiles } from '#common/mask/tile-patch.ts'
import { listStepsOfAll, type JournalKey, type StepOfMask } from '../stroke-repository.ts'
import type { Check, Finding } from './check.ts'

const pageSize = 500

/** Every stroke can be decoded and changes as many pixels as are said of it; every journal can be followed to its end. */
export const strokesCheck: Check = {
  counts: 'strokes',
  step: 'checking stroke journals',
  kind: 'stroke',
  total: ({ database }) => database.prepare<[], number>('SELECT count(*) FROM stroke').pluck().get()!,
  run: async ({ db }, watch) => {
    let last: StepOfMask | null = null
    let journal: StrokeStep[] = []
    for (;;) {
      const page: StepOfMask[] = await listStepsOfAll(db, { after: last, limit: pageSize })
      for (const step of page) {
        if (last && !isSameJournal(last, step)) {
          const broken = brokenJournal(last, journal)
          if (broken) return broken
          journal = []
        }
        const problem = tilesProblem(step)
        if (problem !== null)
          return { kind: 'stroke', subject: `stroke ${step.id}`, message: `stroke ${step.id} ${problem}` }
        journal.push({ kind: step.kind })
        last = step
      }
      if (page.length === 0) return last && brokenJournal(last, journal)
      await watch.step(page.length)
    }
  },
}

function isSameJournal(a: JournalKey, b: JournalKey): boolean {
  return a.instanceMaskId === b.instanceMaskId && a.baseNumber === b.baseNumber
}

function brokenJournal({ instanceMaskId, baseNumber }: JournalKey, steps: readonly StrokeStep[]): Finding | null {
  const problem = problemOf(() => void replayJournal(steps))
  if (problem === null) return null
  const subject = `instance_mask ${instanceMaskId}`
  const message = `the strokes on revision ${baseNumber} of mask ${instanceMaskId} cannot be followed: ${problem}`
  return { kind: 'stroke', subject, message }
}

function tilesProblem({ tiles, added, removed, ...size }: StepOfMask): string | null {
  let nChanged = 0
  const problem = problemOf(() => {
    for (const { bits } of decodeTiles(tiles, size)) nChanged += countBits(bits)
  })
  if (problem !== null) return `cannot be read: ${problem}`
  const nSaid = added + removed
  return nChanged === nSaid ? null : `changes ${nChanged} pixels, ${nSaid} are said of it`
}

function problemOf(work: () => void): string | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function countBits(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) {
    let rest = byte
    for (; rest !== 0; rest &= rest - 1) count++
  }
  return count
}
