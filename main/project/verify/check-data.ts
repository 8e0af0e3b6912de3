import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { AppError } from '#common/contract/errors.ts'
import type { ExplanationId, MaskRevisionId } from '#common/contract/ids.ts'
import { decodeNative } from '#common/explanation/native-map.ts'
import { rleArea, rleBbox } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import { type AuditBreak, verifyAudit } from '../audit-log.ts'
import { firstBrokenBlob } from '../blobs.ts'
import { firstBrokenRevision } from '../mask-repository.ts'
import { fromRevisionRow, type MaskRevision } from '../mask-rows.ts'
import type { FileSnapshot } from '../file-snapshot.ts'
import type { Check, Finding } from './check.ts'

const inflateAside = promisify(inflate)

/** The chain of the audit log, from the project's id to its head. */
export const auditCheck: Check = {
  counts: 'auditEntries',
  step: 'checking the audit log',
  kind: 'audit',
  total: countOf('audit_log'),
  run: async ({ db }, watch) => {
    const broken = await verifyAudit(db, watch)
    if (!broken) return null
    const words: Readonly<Record<AuditBreak['reason'], string>> = {
      changed: 'is not what was written',
      missing: 'is missing',
      added: 'was added outside the program',
    }
    const { seq, reason } = broken
    return { kind: 'audit', subject: `audit_log ${seq}`, message: `entry ${seq} of the audit log ${words[reason]}` }
  },
}

/** The bytes of every map are those that their hash names. */
export const blobsCheck: Check = {
  counts: 'blobs',
  step: 'checking stored data',
  kind: 'blob',
  total: countOf('blob'),
  run: async ({ db }, watch) => {
    const sha256 = await firstBrokenBlob(db, watch)
    if (sha256 === null) return null
    return {
      kind: 'blob',
      subject: `blob ${sha256}`,
      message: `the data with the hash ${sha256} are not what they were`,
    }
  },
}

/** Every outline is the one that was stored, can be decoded, and has the area and the box that are said of it. */
export const masksCheck: Check = {
  counts: 'maskRevisions',
  step: 'checking masks',
  kind: 'mask',
  total: countOf('mask_revision'),
  run: async ({ db }, watch) => {
    const changed = await firstBrokenRevision(db)
    if (changed !== null) return brokenMask(changed, 'is not what it was')
    for (let after = 0 as MaskRevisionId; ;) {
      const query = db.selectFrom('mask_revision').where('id', '>', after).orderBy('id').limit(1000).selectAll()
      const revisions = (await query.execute()).map(fromRevisionRow)
      for (const revision of revisions) {
        const problem = maskProblem(revision)
        if (problem !== null) return brokenMask(revision.id, problem)
      }
      const last = revisions.at(-1)
      if (!last) return null
      await watch.step(revisions.length)
      after = last.id
    }
  },
}

/** Every explanation map can be decoded. */
export const mapsCheck: Check = {
  counts: 'maps',
  step: 'checking maps',
  kind: 'map',
  total: countOf('explanation'),
  run: async ({ db }, watch) => {
    for (let after = 0 as ExplanationId; ;) {
      const rows = await db
        .selectFrom('explanation')
        .innerJoin('blob', 'blob.sha256', 'explanation.blob_sha256')
        .where('explanation.id', '>', after)
        .orderBy('explanation.id')
        .limit(64)
        .select(['explanation.id', 'explanation.header', 'blob.bytes'])
        .execute()
      // their bytes were found whole before
      const values = await Promise.all(rows.map(({ bytes }) => inflateAside(bytes)))
      for (const [index, { id, header }] of rows.entries()) {
        const problem = mapProblem(header, values[index]!)
        if (problem === null) continue
        return { kind: 'map', subject: `explanation ${id}`, message: `the map of explanation ${id} ${problem}` }
      }
      const last = rows.at(-1)
      if (!last) return null
      await watch.step(rows.length)
      after = last.id
    }
  },
}

function countOf(table: 'audit_log' | 'blob' | 'mask_revision' | 'explanation') {
  return ({ database }: FileSnapshot): number =>
    database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()!
}

function brokenMask(id: MaskRevisionId, problem: string): Finding {
  return { kind: 'mask', subject: `mask_revision ${id}`, message: `the mask of revision ${id} ${problem}` }
}

function maskProblem({ mask }: MaskRevision): string | null {
  const { width, height, counts: text, area, bbox } = mask
  try {
    const rle = { width, height, counts: decompressCounts(text, width * height) }
    if (rleArea(rle) !== area) return `has ${rleArea(rle)} pixels, ${area} are said of it`
    const box = rleBbox(rle)
    if (box.some((side, index) => side !== bbox[index]))
      return `has the box ${box.join(' ')}, ${bbox.join(' ')} is said of it`
    return null
  } catch (error) {
    if (error instanceof AppError) return `cannot be read: ${error.message}`
    throw error
  }
}

function mapProblem(header: string, values: Uint8Array): string | null {
  try {
    decodeNative({ header, values })
    return null
  } catch (error) {
    if (error instanceof AppError) return `cannot be read: ${error.message}`
    throw error
  }
}
