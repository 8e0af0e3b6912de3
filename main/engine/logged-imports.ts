import type { Kysely } from 'kysely'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { ImportFacts } from '#common/contract/procedures/importing.ts'
import { type AuditEntry, listAuditOf } from '#main/project/audit-log.ts'
import { listImports, type StoredImport } from '#main/project/import-repository.ts'
import type { Schema } from '#main/project/schema.ts'

/** An import as the audit log tells it, and the record of its rows if there is one. */
export interface LoggedImport {
  readonly facts: ImportFacts
  readonly record: StoredImport | null
}

/** All imports of datasets, the newest first. */
export async function listLoggedImports(db: Kysely<Schema>): Promise<LoggedImport[]> {
  const records = new Map((await listImports(db)).map((record) => [record.auditSeq, record]))
  const entries = await listAuditOf(db, 'dataset.import')
  return entries.reverse().map((entry) => {
    const record = records.get(entry.seq) ?? null
    return { facts: factsOf(entry, record), record }
  })
}

/**
 * The import of an entry of the audit log, or (null) the newest that is in force.
 * @throws AppError 'record.missing' where the entry is none; 'import.not-undoable' where none is in force
 */
export async function findImport(db: Kysely<Schema>, entry: number | null): Promise<LoggedImport> {
  const imports = await listLoggedImports(db)
  const found =
    entry === null
      ? imports.find(({ facts }) => facts.state === 'in-force')
      : imports.find(({ facts }) => facts.entry === entry)
  if (found) return found
  if (entry !== null) {
    throw new AppError('record.missing', `entry ${entry} of the audit log is no import of a dataset`, {
      hint: 'Nothing was changed. “obalex undo-import PROJECT --list” tells the imports.',
      data: { entry },
    })
  }
  const areOld = imports.some(({ facts }) => facts.state === 'unrecorded')
  throw new AppError('import.not-undoable', 'the project has no import that could be undone', {
    hint: areOld
      ? 'Nothing was changed. What it has came in before imports were recorded, and stays.'
      : 'Nothing was changed. There is nothing to undo.',
  })
}

/** What another version writes otherwise is not known here, which is no reason to show no import at all. */
const logged = z.object({
  format: z.string().catch('unknown'),
  folder: z.string().catch(''),
  annotations: z.string().optional().catch(undefined),
  predictions: z.string().optional().catch(undefined),
  images: z.object({ new: z.int() }).catch({ new: 0 }),
  instances: z.object({ new: z.int(), corrections: z.int().default(0) }).catch({ new: 0, corrections: 0 }),
  /** what is left out by versions that kept no record */
  rows: z.unknown().optional(),
})

function factsOf({ seq, at, actor, data }: AuditEntry, record: StoredImport | null): ImportFacts {
  const { format, folder, annotations, predictions, images, instances, rows } = logged.parse(data)
  return {
    entry: seq,
    ...{ at, actor, format, folder },
    source: predictions ?? annotations ?? null,
    nImages: images.new,
    nInstances: instances.new,
    nCorrections: instances.corrections,
    state: record ? (record.undoSeq === null ? 'in-force' : 'undone') : rows === undefined ? 'unrecorded' : 'empty',
    undoneBy: record?.undoSeq ?? null,
  }
}
