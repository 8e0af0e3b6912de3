import type { Kysely } from 'kysely'
import type { AuditEntry } from '../audit-log.ts'
import type { Schema } from '../schema.ts'
import type { Finding } from './check.ts'

/** What entries of one kind say of the data, compared with the data. */
export interface Facts {
  /** the first entry, in their order, that the data do not bear out, and how that is told */
  readonly disproved: { readonly entry: AuditEntry; readonly finding: Finding } | null
  /** how many facts were compared */
  readonly count: number
}

/** Compares a page of entries with the data; leaves those alone that are not of its kind. */
export type ReadFacts = (db: Kysely<Schema>, entries: readonly AuditEntry[]) => Promise<Facts>
