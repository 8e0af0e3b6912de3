import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { FlagId, ImageId } from '#common/contract/ids.ts'
import { readAuditHead } from './audit-log.ts'
import type { Schema } from './schema.ts'

/** A flag that was put on an image, or taken away. */
export interface NewFlag {
  readonly imageId: ImageId
  readonly isSet: boolean
  readonly auditor: string
}

export interface StoredFlag extends NewFlag {
  readonly id: FlagId
  /** Of the entry of the audit log that was written with it. */
  readonly auditSeq: number
  readonly createdAt: number
}

/** Puts a flag on an image or takes it away, tied to the entry that ends the transaction. */
export async function insertFlag(
  trx: Transaction<Schema>,
  { imageId, isSet, auditor }: NewFlag,
  now: number,
): Promise<StoredFlag> {
  const { seq } = await readAuditHead(trx)
  const values = { image_id: imageId, is_set: isSet ? 1 : 0, auditor, audit_seq: seq + 1, created_at: now } as const
  return fromRow(await trx.insertInto('flag').values(values).returningAll().executeTakeFirstOrThrow())
}

export async function findFlag(db: Kysely<Schema>, id: FlagId): Promise<StoredFlag | null> {
  const row = await db.selectFrom('flag').where('id', '=', id).selectAll().executeTakeFirst()
  return row ? fromRow(row) : null
}

/** The images of a range of ids, both included, that are flagged now. */
export async function flaggedImages(
  db: Kysely<Schema>,
  { from, to }: { readonly from: ImageId; readonly to: ImageId },
): Promise<ReadonlySet<ImageId>> {
  const rows = await db
    .selectFrom('flag')
    .where('image_id', '>=', from)
    .where('image_id', '<=', to)
    .orderBy('image_id')
    .orderBy('id')
    .select(['image_id', 'is_set'])
    .execute()
  // of rows with equal keys the last one, which is the newest, stays in the map
  const newest = new Map(rows.map(({ image_id, is_set }) => [image_id, is_set]))
  return new Set([...newest].flatMap(([id, isSet]) => (isSet === 1 ? [id] : [])))
}

/** The first flag whose entry in the audit log is about something else, or null. */
export async function firstFlagWithoutEntry(db: Kysely<Schema>): Promise<FlagId | null> {
  const row = await db
    .selectFrom('flag')
    .leftJoin('audit_log', 'audit_log.seq', 'flag.audit_seq')
    .where((expression) =>
      expression.or([
        expression('audit_log.action', 'is not', 'image.flag'),
        expression('audit_log.subject', 'is not', sql<string>`'flag:' || flag.id`),
      ]),
    )
    .select('flag.id')
    .executeTakeFirst()
  return row?.id ?? null
}

function fromRow(row: Selectable<Schema['flag']>): StoredFlag {
  const { id, image_id: imageId, is_set: isSet, auditor, audit_seq: auditSeq, created_at: createdAt } = row
  return { id, imageId, isSet: isSet === 1, auditor, auditSeq, createdAt }
}
