import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { ObjectChoice } from '#common/classes/object-rule.ts'
import { canonicalJson } from '#common/contract/canonical-json.ts'
import type { HandChoiceId, ImageId, InstanceMaskId, ObjectRuleId } from '#common/contract/ids.ts'
import { readAuditHead } from './audit-log.ts'
import { readJson } from './json-column.ts'
import { inChunks } from './paging.ts'
import type { Schema } from './schema.ts'

/** What a person chose for the whole project. */
export interface StoredObjectRule extends ObjectChoice {
  readonly id: ObjectRuleId
  /** Of the entry of the audit log that was written with it. */
  readonly auditSeq: number
  readonly createdAt: number
}

/** Which instances a person left out of the object of an image; null: the image goes by the rule. */
export interface NewHandChoice {
  readonly imageId: ImageId
  readonly leftOut: readonly InstanceMaskId[] | null
  readonly auditor: string
}

export interface HandChoice extends NewHandChoice {
  readonly id: HandChoiceId
  readonly auditSeq: number
  readonly createdAt: number
}

/** Puts a choice in force for the project, tied to the entry that ends the transaction; the one before stays on record. */
export async function insertObjectRule(
  trx: Transaction<Schema>,
  { minConfidence, pick }: ObjectChoice,
  now: number,
): Promise<StoredObjectRule> {
  const { seq } = await readAuditHead(trx)
  const values = { min_confidence: minConfidence, pick, audit_seq: seq + 1, created_at: now }
  return fromRuleRow(await trx.insertInto('object_rule').values(values).returningAll().executeTakeFirstOrThrow())
}

/** The choice in force, the newest; null where nobody chose. */
export async function objectRuleInForce(db: Kysely<Schema>): Promise<StoredObjectRule | null> {
  const newest = db.selectFrom('object_rule').select(({ fn }) => fn.max<ObjectRuleId>('id').as('id'))
  const row = await db.selectFrom('object_rule').where('id', '=', newest).selectAll().executeTakeFirst()
  return row ? fromRuleRow(row) : null
}

/** All choices that the project has had, the newest first. */
export async function listObjectRules(db: Kysely<Schema>): Promise<StoredObjectRule[]> {
  return (await db.selectFrom('object_rule').orderBy('id', 'desc').selectAll().execute()).map(fromRuleRow)
}

export async function findObjectRule(db: Kysely<Schema>, id: ObjectRuleId): Promise<StoredObjectRule | null> {
  const row = await db.selectFrom('object_rule').where('id', '=', id).selectAll().executeTakeFirst()
  return row ? fromRuleRow(row) : null
}

/** Puts a choice by hand in force for its image, tied to the entry that ends the transaction. */
export async function insertHandChoice(
  trx: Transaction<Schema>,
  { imageId, leftOut, auditor }: NewHandChoice,
  now: number,
): Promise<HandChoice> {
  const { seq } = await readAuditHead(trx)
  const left_out = leftOut && canonicalJson([...leftOut].sort((a, b) => a - b))
  const values = { image_id: imageId, left_out, auditor, audit_seq: seq + 1, created_at: now }
  return fromHandRow(await trx.insertInto('hand_choice').values(values).returningAll().executeTakeFirstOrThrow())
}

/** The choices by hand in force; images that go by the rule are absent. */
export async function handChoicesInForce(
  db: Kysely<Schema>,
  imageIds: readonly ImageId[],
): Promise<ReadonlyMap<ImageId, HandChoice>> {
  const newest = new Map<ImageId, HandChoice>()
  for (const chunk of inChunks(imageIds, 500)) {
    const rows = await db.selectFrom('hand_choice').where('image_id', 'in', chunk).orderBy('id').selectAll().execute()
    for (const row of rows) newest.set(row.image_id, fromHandRow(row))
  }
  return new Map([...newest].filter(([, { leftOut }]) => leftOut !== null))
}

/** All choices by hand that an image has had, the newest first. */
export async function listHandChoices(db: Kysely<Schema>, imageId: ImageId): Promise<HandChoice[]> {
  const query = db.selectFrom('hand_choice').where('image_id', '=', imageId).orderBy('id', 'desc').selectAll()
  return (await query.execute()).map(fromHandRow)
}

export async function findHandChoice(db: Kysely<Schema>, id: HandChoiceId): Promise<HandChoice | null> {
  const row = await db.selectFrom('hand_choice').where('id', '=', id).selectAll().executeTakeFirst()
  return row ? fromHandRow(row) : null
}

/** How many images have an object that was chosen by hand. */
export async function countChosenByHand(db: Kysely<Schema>): Promise<number> {
  const { n } = await db
    .selectFrom('hand_choice')
    .where('left_out', 'is not', null)
    .where('id', '=', (expression) =>
      expression
        .selectFrom('hand_choice as newer')
        .whereRef('newer.image_id', '=', 'hand_choice.image_id')
        .select(({ fn }) => fn.max<HandChoiceId>('newer.id').as('id')),
    )
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/** The first choice whose entry in the audit log is about something else, or null. */
export async function firstChoiceWithoutEntry(
  db: Kysely<Schema>,
  table: 'object_rule' | 'hand_choice',
): Promise<number | null> {
  const [action, subject] =
    table === 'object_rule' ? ['object-rule.assign', 'object-rule:'] : ['image.object', 'hand-choice:']
  const { rows } = await sql<{ id: number }>`
    SELECT choice.id FROM ${sql.table(table)} AS choice LEFT JOIN audit_log ON audit_log.seq = choice.audit_seq
    WHERE audit_log.action IS NOT ${action} OR audit_log.subject IS NOT ${subject} || choice.id LIMIT 1`.execute(db)
  return rows[0]?.id ?? null
}

const leftOutShape = z.array(z.int()) as unknown as z.ZodType<InstanceMaskId[]>

function fromRuleRow(row: Selectable<Schema['object_rule']>): StoredObjectRule {
  const { id, min_confidence: minConfidence, pick, audit_seq: auditSeq, created_at: createdAt } = row
  return { id, minConfidence, pick, auditSeq, createdAt }
}

function fromHandRow(row: Selectable<Schema['hand_choice']>): HandChoice {
  const { id, image_id: imageId, left_out, auditor, audit_seq: auditSeq, created_at: createdAt } = row
  const leftOut = left_out === null ? null : readJson(leftOutShape, left_out, `hand_choice ${id} left_out`)
  return { id, imageId, leftOut, auditor, auditSeq, createdAt }
}
