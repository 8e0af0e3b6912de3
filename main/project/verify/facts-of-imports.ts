import type { Kysely } from 'kysely'
import { z } from 'zod'
import { countRows } from '../row-counts.ts'
import type { Schema } from '../schema.ts'
import type { Finding } from './check.ts'
import { factReader } from './fact-reader.ts'
import type { ReadFacts } from './facts.ts'

const corrected = z.object({
  corrections: z.array(z.object({ instance: z.int(), revision: z.int(), sha256: z.string() })),
})

/** The masks that a person drew are there, and are the ones that the person drew. */
export const correctionFacts = factReader(['dataset.import', 'review.save'], corrected, async (db, { data, entry }) => {
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

const counts = z.object({ images: z.object({ new: z.int() }), instances: z.object({ new: z.int() }) })

/** Sums up what imports brought in; nothing of that is ever taken out again, so at least as much must be there. */
export function importedCounts(): {
  readonly read: ReadFacts
  readonly finding: (db: Kysely<Schema>) => Promise<Finding | null>
} {
  const sums = { image: 0, instance_mask: 0 }
  return {
    read: factReader(['dataset.import'], counts, (_, { data }) => {
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
