import { hash } from 'node:crypto'
import { sql, type Kysely, type RawBuilder, type Selectable, type Transaction } from 'kysely'
import { AppError, type ErrorPayload } from '#common/contract/errors.ts'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ImageId, JobId } from '#common/contract/ids.ts'
import { jsonObject, readJson } from './json-column.ts'
import type { Page } from './paging.ts'
import type { Schema } from './schema.ts'

export interface Job {
  readonly id: JobId
  readonly kind: string
  /** What was asked for; the same kind and spec is the same work. */
  readonly spec: JsonObject
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  /** Units of work that are finished, failed ones included. */
  readonly done: number
  /** null while it is not known. */
  readonly total: number | null
  /** How many of the finished ones failed: as many as it has failures. */
  readonly failed: number
  readonly pid: number
  readonly startedAt: number
  readonly updatedAt: number
  readonly finishedAt: number | null
  readonly error: JsonObject | null
}

export interface JobFailure {
  readonly id: number
  readonly imageId: ImageId | null
  readonly code: string
  readonly message: string
  readonly at: number
}

/** Begins a job of this process. */
export async function startJob(
  trx: Transaction<Schema>,
  { kind, spec, total }: Pick<Job, 'kind' | 'spec' | 'total'>,
  now: number,
): Promise<JobId> {
  const { id } = await trx
    .insertInto('job')
    .values({
      kind,
      spec: canonicalJson(spec),
      spec_key: hashSpec(kind, spec),
      state: 'running',
      done: 0,
      total,
      failed: 0,
      pid: process.pid,
      started_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/**
 * Goes on, in this process, with a job that was cancelled, interrupted or failed. What failed before is tried again, so
 * its failures are forgotten.
 * @throws AppError 'record.missing' where there is no such job, or it runs or is done
 */
export async function resumeJob(trx: Transaction<Schema>, id: JobId, now: number): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('job')
    .set({
      state: 'running',
      pid: process.pid,
      updated_at: notBeforeStart(now),
      finished_at: null,
      error: null,
      failed: 0,
    })
    .where('id', '=', id)
    .where('state', 'in', ['cancelled', 'interrupted', 'failed'])
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw missing(id)
  await trx.deleteFrom('job_failure').where('job_id', '=', id).execute()
}

/** Says how far a job is. */
export async function updateJob(
  trx: Transaction<Schema>,
  id: JobId,
  { done, total, now }: { done: number; total?: number; now: number },
): Promise<void> {
  await trx
    .updateTable('job')
    .set({ done, updated_at: notBeforeStart(now), ...(total !== undefined && { total }) })
    .where('id', '=', id)
    .execute()
}

/** Ends a job. */
export async function finishJob(
  trx: Transaction<Schema>,
  id: JobId,
  { state, error, now }: { state: 'done' | 'failed' | 'cancelled'; error?: ErrorPayload; now: number },
): Promise<void> {
  await trx
    .updateTable('job')
    .set({
      state,
      updated_at: notBeforeStart(now),
      finished_at: notBeforeStart(now),
      error: error ? JSON.stringify(error) : null,
    })
    .where('id', '=', id)
    .execute()
}

/**
 * Marks the jobs that say they run, but whose process is gone. Only one process writes a project, so that is every one
 * which the caller does not run itself; process ids say nothing, they are given again.
 * @param running the jobs that the caller runs
 * @returns the jobs that were marked
 */
export async function interruptAbandonedJobs(
  trx: Transaction<Schema>,
  running: readonly JobId[],
  now: number,
): Promise<JobId[]> {
  const query = trx.selectFrom('job').where('state', '=', 'running').select('id')
  const abandoned = (await query.execute()).map(({ id }) => id).filter((id) => !running.includes(id))
  for (const id of abandoned) {
    await trx
      .updateTable('job')
      .set({ state: 'interrupted', updated_at: notBeforeStart(now), finished_at: notBeforeStart(now) })
      .where('id', '=', id)
      .execute()
  }
  return abandoned
}

/** Notes that one unit of a job's work failed, and counts it. */
export async function addJobFailure(
  trx: Transaction<Schema>,
  jobId: JobId,
  { imageId, code, message, at }: Omit<JobFailure, 'id'>,
): Promise<void> {
  await trx.insertInto('job_failure').values({ job_id: jobId, image_id: imageId, code, message, at }).execute()
  await trx
    .updateTable('job')
    .set((expression) => ({ failed: expression('failed', '+', 1), updated_at: notBeforeStart(at) }))
    .where('id', '=', jobId)
    .execute()
}

/** How many jobs say that they run. */
export async function countRunningJobs(db: Kysely<Schema>): Promise<number> {
  const query = db
    .selectFrom('job')
    .where('state', '=', 'running')
    .select(({ fn }) => fn.countAll<number>().as('n'))
  return (await query.executeTakeFirstOrThrow()).n
}

/** @throws AppError 'record.missing' */
export async function getJob(db: Kysely<Schema>, id: JobId): Promise<Job> {
  const row = await db.selectFrom('job').where('id', '=', id).selectAll().executeTakeFirst()
  if (!row) throw missing(id)
  return fromRow(row)
}

/** The newest job that was to do the same, or null. */
export async function findJob(db: Kysely<Schema>, { kind, spec }: Pick<Job, 'kind' | 'spec'>): Promise<Job | null> {
  const row = await db
    .selectFrom('job')
    .where('spec_key', '=', hashSpec(kind, spec))
    .orderBy('id', 'desc')
    .limit(1)
    .selectAll()
    .executeTakeFirst()
  return row ? fromRow(row) : null
}

/** The newest first; `after` is the last of the page before. */
export async function listJobs(
  db: Kysely<Schema>,
  { after = Number.MAX_SAFE_INTEGER as JobId, limit }: Page<JobId>,
): Promise<Job[]> {
  const query = db.selectFrom('job').where('id', '<', after).orderBy('id', 'desc').limit(limit).selectAll()
  return (await query.execute()).map(fromRow)
}

/** In the order in which they happened. */
export async function listJobFailures(
  db: Kysely<Schema>,
  jobId: JobId,
  { after = 0, limit }: Page<number>,
): Promise<JobFailure[]> {
  return db
    .selectFrom('job_failure')
    .where('job_id', '=', jobId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .select(['id', 'image_id as imageId', 'code', 'message', 'at'])
    .execute()
}

/** A clock that was set back does not make a job end before it began. */
function notBeforeStart(now: number): RawBuilder<number> {
  return sql<number>`max(started_at, ${now})`
}

function hashSpec(kind: string, spec: JsonObject): string {
  return hash('sha256', canonicalJson({ kind, spec }))
}

function missing(id: JobId): AppError {
  return new AppError('record.missing', `the project has no such job ${id}`, { data: { id } })
}

function fromRow(row: Selectable<Schema['job']>): Job {
  const { id, kind, state, done, total, failed, pid, error } = row
  return {
    id,
    kind,
    spec: readJson(jsonObject, row.spec, `job ${id} spec`),
    state,
    done,
    total,
    failed,
    pid,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
    error: error === null ? null : readJson(jsonObject, error, `job ${id} error`),
  }
}
