import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { JsonObject } from '#common/contract/canonical-json.ts'
import type { AuditEntry } from '../audit-log.ts'
import type { Schema } from '../schema.ts'
import type { ReadFacts } from './facts.ts'
import type { Finding } from './check.ts'

/** A JSON object as the log has it. */
export const json = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null)

/**
 * Reads the facts of some actions one entry at a time. An entry whose data have another shape is left alone: what was
 * written is certain, only not what this version of the program writes.
 * @param compare says what of the data is otherwise, or null
 */
export function factReader<T>(
  actions: readonly string[],
  shape: z.ZodType<T>,
  compare: (
    db: Kysely<Schema>,
    fact: { readonly data: T; readonly entry: AuditEntry },
  ) => Promise<Pick<Finding, 'subject' | 'message'> | null>,
): ReadFacts {
  return async (db, entries) => {
    let count = 0
    for (const entry of entries) {
      const parsed = actions.includes(entry.action) ? shape.safeParse(entry.data) : null
      if (!parsed?.success) continue
      const found = await compare(db, { data: parsed.data, entry })
      if (found) return { count, disproved: { entry, finding: disprovedBy(entry, found) } }
      count++
    }
    return { count, disproved: null }
  }
}

/** The finding that an entry and the data differ. */
export function disprovedBy({ seq }: AuditEntry, { subject, message }: Pick<Finding, 'subject' | 'message'>): Finding {
  return { kind: 'record', subject, message: `${message}, against entry ${seq} of the audit log` }
}

/** The number in a subject such as `image:12`; NaN where it is another one. */
export function subjectId({ subject }: AuditEntry, kind: string): number {
  return subject.startsWith(`${kind}:`) ? Number(subject.slice(kind.length + 1)) : NaN
}
