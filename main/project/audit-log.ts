import { hash } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson, type Json, type JsonObject } from '#common/contract/canonical-json.ts'
import { damageHint } from './damage-hint.ts'
import { jsonObject, readJson } from './json-column.ts'
import { readProjectInfo } from './project-info.ts'
import type { Schema } from './schema.ts'
import { unwatched } from './watch.ts'

/** What a write says about itself: who did what to what, and the facts that matter afterwards. */
export interface AuditEntryInput {
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly data?: JsonObject
}

export interface AuditEntry extends Required<AuditEntryInput> {
  /** 1, 2, 3… without a gap. */
  readonly seq: number
  readonly at: number
  readonly previousHash: string
  readonly hash: string
}

/** The end of the chain. Who keeps it elsewhere (a report does) can prove later that nothing before it was changed. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** The first place where the chain does not hold. */
export interface AuditBreak {
  readonly seq: number
  readonly reason: 'changed' | 'missing' | 'added'
}

/**
 * Adds an entry to the end of the chain, in the transaction whose work it describes.
 * hash = SHA-256 of the canonical JSON of all other fields, the hash of the entry before included; the first one
 * follows the hash of the project's id.
 * @throws AppError 'project.corrupt' where the log was changed outside the program: nothing is added to a broken chain
 */
export async function appendAudit(trx: Transaction<Schema>, input: AuditEntryInput, at: number): Promise<AuditEntry> {
  const { head, last } = await readEnds(trx)
  const end = last?.seq ?? 0
  if (end !== head.seq) throw changedOutside(Math.min(end, head.seq) + 1)
  if (last && last.hash !== head.hash) throw changedOutside(end)
  const { actor, action, subject, data = {} } = input
  const content = { seq: head.seq + 1, at, actor, action, subject, data, previousHash: head.hash }
  const entry = { ...content, hash: hashEntry(content) }
  await trx.insertInto('audit_log').values(toRow(entry)).execute()
  await trx
    .updateTable('meta')
    .set({ value: canonicalJson({ seq: entry.seq, hash: entry.hash }) })
    .where('key', '=', headKey)
    .execute()
  return entry
}

/** Where a chain begins, as the value of its row in `meta`. */
export function firstAuditHead(projectId: string): { key: string; value: string } {
  return { key: headKey, value: canonicalJson({ seq: 0, hash: hash('sha256', projectId) }) }
}

/** @throws AppError 'project.corrupt' where the file holds none */
export async function readAuditHead(db: Kysely<Schema>): Promise<AuditHead> {
  return (await readEnds(db)).head
}

/** Entries after `after`, in order. */
export async function listAudit(db: Kysely<Schema>, page: { after?: number; limit: number }): Promise<AuditEntry[]> {
  return (await selectRows(db, page)).map(toEntry)
}

/** All entries of an action, in order; goes through the whole log. */
export async function listAuditOf(db: Kysely<Schema>, action: string): Promise<AuditEntry[]> {
  const query = db.selectFrom('audit_log').where('action', '=', action).orderBy('seq').selectAll()
  return (await query.execute()).map(toEntry)
}

/**
 * Recomputes the whole chain, from the project's id to the head.
 * It finds every change that does not recompute all that follows; only a head kept outside the file finds that one.
 * @returns the first entry that does not hold, or null
 */
export async function verifyAudit(db: Kysely<Schema>, watch = unwatched): Promise<AuditBreak | null> {
  const { head, last } = await readEnds(db)
  let previous: AuditHead = { seq: 0, hash: hash('sha256', (await readProjectInfo(db)).id) }
  while (previous.seq < head.seq) {
    const rows = await selectRows(db, { after: previous.seq, upTo: head.seq, limit: 1000 })
    if (rows.length === 0) return { seq: previous.seq + 1, reason: 'missing' }
    for (const row of rows) {
      if (row.seq !== previous.seq + 1) return { seq: previous.seq + 1, reason: 'missing' }
      if (row.previous_hash !== previous.hash || !isWhole(row)) return { seq: row.seq, reason: 'changed' }
      previous = { seq: row.seq, hash: row.hash }
    }
    await watch.step(rows.length)
  }
  if (previous.hash !== head.hash) return { seq: head.seq, reason: 'changed' }
  return last && last.seq > head.seq ? { seq: head.seq + 1, reason: 'added' } : null
}

type AuditRow = Schema['audit_log']
const headKey = 'audit_head'
const headShape = z.strictObject({ seq: z.int().nonnegative(), hash: z.string().length(64) })

/** Both in one statement, so that a write in between cannot make them differ. */
async function readEnds(db: Kysely<Schema>): Promise<{ head: AuditHead; last: AuditHead | null }> {
  const row = await db
    .selectFrom('meta')
    .leftJoin('audit_log', (join) => join.on('audit_log.seq', '=', sql<number>`(SELECT max(seq) FROM audit_log)`))
    .where('meta.key', '=', headKey)
    .select(['meta.value', 'audit_log.seq', 'audit_log.hash'])
    .executeTakeFirst()
  const head = readJson(headShape, row?.value ?? 'null', `meta ${headKey}`)
  return { head, last: row?.seq == null || row.hash === null ? null : { seq: row.seq, hash: row.hash } }
}

function selectRows(
  db: Kysely<Schema>,
  { after = 0, upTo = Number.MAX_SAFE_INTEGER, limit }: { after?: number; upTo?: number; limit: number },
): Promise<AuditRow[]> {
  return db
    .selectFrom('audit_log')
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
    .selectAll()
    .execute()
}

function isWhole(row: AuditRow): boolean {
  try {
    const data = JSON.parse(row.data) as Json
    return canonicalJson(data) === row.data && hashEntry({ ...fromRow(row), data }) === row.hash
  } catch {
    return false
  }
}

function hashEntry(content: { seq: number; data: Json } & Omit<AuditEntry, 'seq' | 'hash' | 'data'>): string {
  const { seq, at, actor, action, subject, data, previousHash } = content
  return hash('sha256', canonicalJson({ seq, at, actor, action, subject, data, previousHash }))
}

function toEntry(row: AuditRow): AuditEntry {
  return { ...fromRow(row), data: readJson(jsonObject, row.data, `audit_log ${row.seq} data`) }
}

function fromRow(row: AuditRow): Omit<AuditEntry, 'data'> {
  const { seq, at, actor, action, subject, previous_hash: previousHash, hash } = row
  return { seq, at, actor, action, subject, previousHash, hash }
}

function toRow({ previousHash, data, ...entry }: AuditEntry): AuditRow {
  return { ...entry, data: canonicalJson(data), previous_hash: previousHash }
}

function changedOutside(seq: number): AppError {
  return new AppError('project.corrupt', `the audit log was changed outside the program at entry ${seq}`, {
    hint: `Nothing was written. The project can still be read and exported. ${damageHint()}`,
    data: { seq },
  })
}
