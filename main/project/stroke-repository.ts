import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import type { InstanceMaskId, StrokeId } from '#common/contract/ids.ts'
import { damageHint } from './damage-hint.ts'
import type { Schema } from './schema.ts'

const deflateAside = promisify(deflate)
const inflateAside = promisify(inflate)

/** The steps of an instance from one of its revisions on. */
export interface JournalKey {
  readonly instanceMaskId: InstanceMaskId
  /** Number of the revision that the steps begin at. */
  readonly baseNumber: number
}

/** A stroke that was painted. */
interface NewPaint {
  readonly kind: 'paint'
  readonly tool: string
  /** As `packTiles` gives them. */
  readonly packedTiles: Uint8Array
  /** Pixels that it added to the mask, and that it removed. */
  readonly added: number
  readonly removed: number
}

export type NewStep = { readonly auditor: string } & (NewPaint | { readonly kind: 'undo' | 'redo' })

/** A step of a journal. */
export interface StoredStep {
  readonly id: StrokeId
  readonly kind: 'paint' | 'undo' | 'redo'
  /** What changes, see common/mask/tile-patch.ts; empty but for `paint`. */
  readonly tiles: Uint8Array
  readonly added: number
  readonly removed: number
}

/** All steps of a journal up to one of them, held together by a hash. */
export interface JournalSeal {
  readonly count: number
  /** The last step. */
  readonly upTo: StrokeId
  /** SHA-256 in hex, over who did what, when, and the bytes of all tiles as they are kept. */
  readonly sha256: string
}

/** Makes the bytes of tiles small, as they are kept. */
export async function packTiles(tiles: Uint8Array): Promise<Uint8Array> {
  return deflateAside(tiles)
}

/** Appends a step to a journal. */
export async function appendStep(
  trx: Transaction<Schema>,
  { instanceMaskId, baseNumber }: JournalKey,
  { step, now }: { readonly step: NewStep; readonly now: number },
): Promise<StrokeId> {
  const isPaint = step.kind === 'paint'
  const { id } = await trx
    .insertInto('stroke')
    .values({
      instance_mask_id: instanceMaskId,
      base_number: baseNumber,
      kind: step.kind,
      tool: isPaint ? step.tool : null,
      auditor: step.auditor,
      tiles: isPaint ? step.packedTiles : null,
      added: isPaint ? step.added : 0,
      removed: isPaint ? step.removed : 0,
      created_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/**
 * The steps of a journal, the oldest first.
 * @param after only those after this step; null: all
 * @throws AppError 'project.corrupt' where the tiles of one cannot be read
 */
export async function listSteps(
  db: Kysely<Schema>,
  key: JournalKey,
  after: StrokeId | number | null = null,
): Promise<StoredStep[]> {
  const rows = await journal(db, key)
    .where('id', '>', (after ?? 0) as StrokeId)
    .selectAll()
    .execute()
  return Promise.all(rows.map(fromRow))
}

/** @throws AppError 'project.corrupt' where its tiles cannot be read */
export async function getStep(db: Kysely<Schema>, id: StrokeId): Promise<StoredStep> {
  return fromRow(await db.selectFrom('stroke').where('id', '=', id).selectAll().executeTakeFirstOrThrow())
}

/** The newest step of a journal; null: it is empty. */
export async function lastStep(db: Kysely<Schema>, key: JournalKey): Promise<StrokeId | null> {
  const row = await journal(db, key).clearOrderBy().orderBy('id', 'desc').limit(1).select('id').executeTakeFirst()
  return row?.id ?? null
}

/** Seals a journal as it is now, or as it was at a step; null: it is, or was, empty. */
export async function sealJournal(
  db: Kysely<Schema>,
  key: JournalKey,
  upTo = Number.MAX_SAFE_INTEGER as StrokeId,
): Promise<JournalSeal | null> {
  const rows = await journal(db, key).where('id', '<=', upTo).selectAll().execute()
  const last = rows.at(-1)
  if (!last) return null
  const lines = rows.map((row) =>
    JSON.stringify([
      row.id,
      row.kind,
      row.tool,
      row.auditor,
      row.added,
      row.removed,
      row.created_at,
      row.tiles && hash('sha256', row.tiles),
    ]),
  )
  return { count: rows.length, upTo: last.id, sha256: hash('sha256', lines.join('\n')) }
}

/** A step with the size of the mask that it is of. */
export interface StepOfMask extends StoredStep, JournalKey {
  readonly width: number
  readonly height: number
}

/**
 * Steps of all journals, journal by journal.
 * @throws AppError 'project.corrupt' where the tiles of one cannot be read
 */
export async function listStepsOfAll(
  db: Kysely<Schema>,
  { after, limit }: { readonly after: (JournalKey & Pick<StoredStep, 'id'>) | null; readonly limit: number },
): Promise<StepOfMask[]> {
  const start = after ?? { instanceMaskId: 0 as InstanceMaskId, baseNumber: 0, id: 0 as StrokeId }
  const rows = await db
    .selectFrom('stroke')
    .innerJoin('mask_revision', (join) =>
      join
        .onRef('mask_revision.instance_mask_id', '=', 'stroke.instance_mask_id')
        .onRef('mask_revision.number', '=', 'stroke.base_number'),
    )
    .where((expression) =>
      expression(
        expression.refTuple('stroke.instance_mask_id', 'stroke.base_number', 'stroke.id'),
        '>',
        expression.tuple(start.instanceMaskId, start.baseNumber, start.id),
      ),
    )
    .orderBy('stroke.instance_mask_id')
    .orderBy('stroke.base_number')
    .orderBy('stroke.id')
    .limit(limit)
    .selectAll('stroke')
    .select(['mask_revision.width', 'mask_revision.height'])
    .execute()
  return Promise.all(
    rows.map(async (row) => {
      const { instance_mask_id: instanceMaskId, base_number: baseNumber, width, height } = row
      return { ...(await fromRow(row)), instanceMaskId, baseNumber, width, height }
    }),
  )
}

function journal(db: Kysely<Schema>, { instanceMaskId, baseNumber }: JournalKey) {
  return db
    .selectFrom('stroke')
    .where('instance_mask_id', '=', instanceMaskId)
    .where('base_number', '=', baseNumber)
    .orderBy('id')
}

/** More than a stroke over all of the largest photo that is read: what is damaged cannot fill the memory. */
const maxTileBytes = 2 ** 26

async function fromRow(row: Selectable<Schema['stroke']>): Promise<StoredStep> {
  const { id, kind, tiles, added, removed } = row
  return { id, kind, tiles: tiles === null ? new Uint8Array(0) : await unpackTiles(tiles, id), added, removed }
}

async function unpackTiles(packed: Uint8Array, id: StrokeId): Promise<Uint8Array> {
  try {
    return await inflateAside(packed, { maxOutputLength: maxTileBytes })
  } catch (cause) {
    throw new AppError('project.corrupt', `stroke ${id} is not what was painted: ${String(cause)}`, {
      hint: `The file was changed outside the program or is damaged: check it with “obalex verify”. ${damageHint()}`,
      data: { stroke: id },
      cause,
    })
  }
}
