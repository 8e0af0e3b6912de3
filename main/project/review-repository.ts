import { hash } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { ImageId, ReviewId } from '#common/contract/ids.ts'
import { ReviewReason, type Verdict } from '#common/contract/procedures/reviewing.ts'
import { readAuditHead } from './audit-log.ts'
import { readJson } from './json-column.ts'
import type { Schema } from './schema.ts'

/** What an auditor said of the machine masks of an image. */
export interface NewReview {
  readonly imageId: ImageId
  readonly verdict: Verdict
  readonly reasons: readonly ReviewReason[]
  readonly comment: string
  readonly auditor: string
}

export interface StoredReview extends NewReview {
  readonly id: ReviewId
  /** Of the entry of the audit log that was written with it. */
  readonly auditSeq: number
  readonly createdAt: number
}

/** Adds a review, tied to the entry that ends the transaction. What was said before stays. */
export async function insertReview(
  trx: Transaction<Schema>,
  { imageId, verdict, reasons, comment, auditor }: NewReview,
  now: number,
): Promise<StoredReview> {
  const { seq } = await readAuditHead(trx)
  const values = {
    image_id: imageId,
    verdict,
    reasons: canonicalJson([...reasons]),
    comment,
    auditor,
    audit_seq: seq + 1,
    created_at: now,
  }
  return fromRow(await trx.insertInto('review').values(values).returningAll().executeTakeFirstOrThrow())
}

/** How the audit log names a comment; null: there is none. */
export function hashComment(comment: string): string | null {
  return comment === '' ? null : hash('sha256', comment)
}

export async function findReview(db: Kysely<Schema>, id: ReviewId): Promise<StoredReview | null> {
  const row = await db.selectFrom('review').where('id', '=', id).selectAll().executeTakeFirst()
  return row ? fromRow(row) : null
}

/** The newest review of an image, or null. */
export async function newestReview(db: Kysely<Schema>, imageId: ImageId): Promise<StoredReview | null> {
  const query = db.selectFrom('review').where('image_id', '=', imageId).orderBy('id', 'desc').limit(1).selectAll()
  const row = await query.executeTakeFirst()
  return row ? fromRow(row) : null
}

/** The first review whose entry in the audit log is about something else, or null. */
export async function firstReviewWithoutEntry(db: Kysely<Schema>): Promise<ReviewId | null> {
  const row = await db
    .selectFrom('review')
    .leftJoin('audit_log', 'audit_log.seq', 'review.audit_seq')
    .where((expression) =>
      expression.or([
        expression('audit_log.action', 'is not', 'review.save'),
        expression('audit_log.subject', 'is not', sql<string>`'review:' || review.id`),
      ]),
    )
    .select('review.id')
    .executeTakeFirst()
  return row?.id ?? null
}

const reasonsShape = z.array(ReviewReason)

function fromRow(row: Selectable<Schema['review']>): StoredReview {
  const { id, image_id: imageId, verdict, comment, auditor, audit_seq: auditSeq, created_at: createdAt } = row
  const reasons = readJson(reasonsShape, row.reasons, `review ${id} reasons`)
  return { id, imageId, verdict, reasons, comment, auditor, auditSeq, createdAt }
}
