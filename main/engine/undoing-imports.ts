import type { Kysely, Transaction } from 'kysely'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import { AppError } from '#common/contract/errors.ts'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { ImportFacts, UndoReport } from '#common/contract/procedures/importing.ts'
import type { StoredImport } from '#main/project/import-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { countGoing, countSteps, undoImport, type UndoneRows } from '#main/project/undo-import.ts'
import { findImport, listLoggedImports, type LoggedImport } from './logged-imports.ts'
import { ProgressMeter } from './progress.ts'
import type { Services } from './services.ts'
import { obstaclesTo } from './undo-obstacles.ts'

export function undoingHandlers({ projects }: Services): Pick<EngineHandlers, 'imports.list' | 'dataset.import.undo'> {
  return {
    'imports.list': async ({ project }) => {
      const imports = await listLoggedImports(projects.get(project).read)
      return { imports: imports.map(({ facts }) => facts) }
    },

    'dataset.import.undo': async ({ project: handle, entry, dryRun }, { signal, emit }) => {
      const project = projects.get(handle)
      return dryRun ? tryUndo(project.read, entry) : undo(project, entry, { signal, emit })
    },
  }
}

type InForce = LoggedImport & { readonly record: StoredImport }

async function tryUndo(db: Kysely<Schema>, entry: number | null): Promise<UndoReport> {
  // one view of the project, also while it is written
  return db.transaction().execute(async (trx) => {
    const { facts, record } = await importToUndo(trx, entry)
    const obstacles = await obstaclesTo(trx, record)
    return { isDryRun: true, import: facts, ...(await countGoing(trx, record)), obstacles }
  })
}

/** What was undone, and what is told of it. */
interface Undone extends UndoneRows {
  readonly facts: ImportFacts
}

/** One transaction: all of it goes, or nothing. */
async function undo(
  project: Project,
  entry: number | null,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: (progress: Progress) => void },
): Promise<UndoReport> {
  const meter = new ProgressMeter(emit)
  const { facts, gone, nRestored } = await project.write<Undone>(
    (undone) => ({ actor: 'user', action: 'dataset.import.undo', subject: 'project', data: auditData(undone) }),
    async (trx) => {
      const { facts, record } = await importToUndo(trx, entry)
      const [obstacle] = await obstaclesTo(trx, record)
      if (obstacle) {
        const { message, hint, ...data } = obstacle
        throw new AppError('import.in-use', message, { hint: `Nothing was changed. ${hint}`, data })
      }
      const counted = await countGoing(trx, record)
      const total = countSteps(record, counted.gone, counted.nRestored)
      let done = 0
      const step = async (n: number): Promise<void> => {
        meter.report('taking the import out', (done += n), total)
        // SQLite answers at once: without a pause nobody could stop this, or do anything else meanwhile
        await new Promise(setImmediate)
        signal.throwIfAborted()
      }
      await step(0)
      return { facts, ...(await undoImport(trx, record, { step })) }
    },
  )
  return { isDryRun: false, import: facts, gone, nRestored, obstacles: [] }
}

/** @throws AppError 'record.missing', 'import.not-undoable' */
async function importToUndo(db: Kysely<Schema> | Transaction<Schema>, entry: number | null): Promise<InForce> {
  const found = await findImport(db, entry)
  const { facts, record } = found
  if (record !== null && facts.state === 'in-force') return { facts, record }
  throw notUndoable(facts)
}

function notUndoable({ entry, state, undoneBy }: ImportFacts): AppError {
  const what = `the import of entry ${entry} cannot be undone`
  const [why, hint] =
    state === 'undone'
      ? [`it was undone by entry ${undoneBy}`, 'Import the data again to have them back.']
      : state === 'empty'
        ? ['it brought nothing that was not there', 'There is nothing to undo.']
        : [
            'it came in before imports were recorded',
            'Import what should stay into a new project, or go back to a backup.',
          ]
  return new AppError('import.not-undoable', `${what}: ${why}`, {
    hint: `Nothing was changed. ${hint}`,
    data: { entry, state },
  })
}

function auditData({ facts, gone, nRestored, touched }: Undone): JsonObject {
  return { import: facts.entry, gone: { ...gone }, restored: nRestored, touched: rangesOf(touched) }
}

/** Runs of following numbers as pairs of their first and last, of numbers in order. */
function rangesOf(ids: readonly number[]): number[][] {
  const ranges: [number, number][] = []
  for (const id of ids) {
    const last = ranges.at(-1)
    if (last?.[1] === id - 1) last[1] = id
    else ranges.push([id, id])
  }
  return ranges
}
