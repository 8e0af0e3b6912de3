import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import type { Schema } from './schema.ts'
import { unwatched } from './watch.ts'

const deflateAside = promisify(deflate)
const inflateAside = promisify(inflate)

/**
 * Keeps bytes under their SHA-256, deflated; bytes that are there already are not kept twice.
 * @returns the SHA-256 of the bytes, in hex
 */
export async function putBlob(trx: Transaction<Schema>, bytes: Uint8Array): Promise<string> {
  const sha256 = hash('sha256', bytes)
  await trx
    .insertInto('blob')
    .values({ sha256, size_bytes: bytes.length, bytes: await deflateAside(bytes) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return sha256
}

/**
 * The bytes with this SHA-256.
 * @throws AppError 'record.missing'; 'project.corrupt' where what is kept is something else
 */
export async function getBlob(db: Kysely<Schema>, sha256: string): Promise<Uint8Array> {
  const row = await db.selectFrom('blob').where('sha256', '=', sha256).selectAll().executeTakeFirst()
  if (!row)
    throw new AppError('record.missing', `the project has no data with the hash ${sha256}`, { data: { sha256 } })
  const bytes = await unpack(row.bytes, row.size_bytes)
  if (bytes === null || hash('sha256', bytes) !== sha256) {
    throw new AppError('project.corrupt', `the data with the hash ${sha256} are not what they were`, {
      hint: 'Masks, verdicts and the log are kept apart and may be whole: check with "obalex verify". What was computed can be computed again.',
      data: { sha256 },
    })
  }
  return bytes
}

/**
 * Reads every blob and recomputes its hash.
 * @returns the first hash, in their order, whose bytes are not what they were, or null
 */
export async function firstBrokenBlob(db: Kysely<Schema>, watch = unwatched): Promise<string | null> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('blob')
      .where('sha256', '>', after)
      .orderBy('sha256')
      .limit(16)
      .selectAll()
      .execute()
    const areWhole = await Promise.all(rows.map(isWhole))
    const broken = rows.find((_, index) => !areWhole[index])
    if (broken) return broken.sha256
    const last = rows.at(-1)
    if (!last) return null
    await watch.step(rows.length)
    after = last.sha256
  }
}

async function isWhole({ sha256, size_bytes, bytes }: Selectable<Schema['blob']>): Promise<boolean> {
  const unpacked = await unpack(bytes, size_bytes)
  return unpacked !== null && unpacked.length === size_bytes && hash('sha256', unpacked) === sha256
}

/** Never more than `size` bytes: a damaged or hostile file cannot fill the memory. */
async function unpack(deflated: Uint8Array, size: number): Promise<Uint8Array | null> {
  try {
    return await inflateAside(deflated, { maxOutputLength: Math.max(1, size) })
  } catch {
    return null
  }
}
