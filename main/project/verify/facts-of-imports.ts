import type { Kysely } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import { listAuditOf } from '../audit-log.ts'
import { findImportOf, importFacts, listImports, type StoredImport } from '../import-repository.ts'
import { countGoing } from '../undo-import.ts'
import { countRows } from '../row-counts.ts'
import type { Schema } from '../schema.ts'
import type { Finding } from './check.ts'
import { factReader, json } from './fact-reader.ts'
import type { ReadFacts } from './facts.ts'
import type { UndoneImports } from './undone-imports.ts'

const corrected = z.object({
  corrections: z.array(z.object({ instance: z.int(), revision: z.int(), sha256: z.string() })),
})

/** The masks that a person drew are there, and are the ones that the person drew; but for those of an import undone. */
export function correctionFacts(undone: UndoneImports): ReadFacts {
  return factReader(['dataset.import', 'review.save'], corrected, async (db, { data, entry }) => {
    if (undone.undoOf(entry.seq) !== null) return null
    for (const { instance, revision, sha256 } of data.corrections) {
      const row = await db
        .selectFrom('mask_revision')
        .where('instance_mask_id', '=', instance as never)
        .where('number', '=', revision)
        .select(['id', 'sha256', 'auditor'])
        .executeTakeFirst()
      if (row?.sha256 === sha256 && row.auditor === entry.actor) continue
      return {
        subject: row ? `mask_revision ${row.id}` : `instance_mask ${instance}`,
        message: `correction ${revision} of mask ${instance} by ${entry.actor} ${row ? 'is another one' : 'is missing'}`,
      }
    }
    return null
  })
}

const counts = z.object({ images: z.object({ new: z.int() }), instances: z.object({ new: z.int() }) })

/** Sums up what imports in force brought in; nothing of that is ever taken out, so at least as much must be there. */
export function importedCounts(undone: UndoneImports): {
  readonly read: ReadFacts
  readonly finding: (db: Kysely<Schema>) => Promise<Finding | null>
} {
  const sums = { image: 0, instance_mask: 0 }
  return {
    read: factReader(['dataset.import'], counts, (_, { data, entry }) => {
      if (undone.undoOf(entry.seq) !== null) return Promise.resolve(null)
      sums.image += data.images.new
      sums.instance_mask += data.instances.new
      return Promise.resolve(null)
    }),
    finding: async (db) => {
      for (const [table, sum] of Object.entries(sums) as ['image' | 'instance_mask', number][]) {
        const found = await countRows(db, table)
        if (found >= sum) continue
        const what = table === 'image' ? 'images' : 'masks'
        const message = `${sum} ${what} were imported by what the audit log says, ${found} are there`
        return { kind: 'record', subject: table, message }
      }
      return null
    },
  }
}

/**
 * The record of an import, by which it can be undone, is what the log says; of one that was undone nothing is there any
 * more.
 */
export function recordFacts(undone: UndoneImports): ReadFacts {
  return factReader(['dataset.import'], z.object({ rows: json }), async (db, { data, entry: { seq } }) => {
    const record = await findImportOf(db, seq)
    if (!record) return { subject: 'import', message: 'the record of an import is missing' }
    const subject = `import ${record.id}`
    if (record.undoSeq !== undone.undoOf(seq)) return { subject, message: `${subject} is undone, or is not` }
    if (record.undoSeq !== null) return restOf(db, record)
    if (canonicalJson(await importFacts(db, record)) === canonicalJson(data.rows)) return null
    return { subject, message: `${subject} is of other rows` }
  })
}

async function restOf(db: Kysely<Schema>, record: StoredImport): Promise<Pick<Finding, 'subject' | 'message'> | null> {
  const { gone, nRestored } = await countGoing(db, record)
  const n = gone.images + gone.instances + gone.corrections + nRestored
  const subject = `import ${record.id}`
  return n === 0 ? null : { subject, message: `${n} rows of ${subject} are there, which was undone` }
}

/** A record that the log does not have: with it masks could be taken out that never came in so. */
export async function unloggedImport(db: Kysely<Schema>): Promise<Finding | null> {
  const logged = new Set((await listAuditOf(db, 'dataset.import')).map(({ seq }) => seq))
  const record = (await listImports(db)).find(({ auditSeq }) => !logged.has(auditSeq))
  if (!record) return null
  const subject = `import ${record.id}`
  return { kind: 'record', subject, message: `the audit log does not have ${subject}` }
}
