import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { insertReview, newestReview } from '#main/project/review-repository.ts'
import { findSchemaDifferences } from '#main/project/schema-check.ts'
import { appendStep, listSteps } from '#main/project/stroke-repository.ts'
import { reopen, write } from '../../../builders/project.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const version1 = join(import.meta.dirname, '../../../fixtures/project/version-1.obalex')
const image = 1 as ImageId
const journal = { instanceMaskId: 1 as InstanceMaskId, baseNumber: 1 }

function copyOfVersion1(): string {
  const path = join(temporaryFolder(), 'v1.obalex')
  copyFileSync(version1, path)
  return path
}

/** A database of version 2, of a real file of version 1, with a stroke and a review. */
async function migrated(): Promise<Database.Database> {
  const path = copyOfVersion1()
  const project = await reopen(path)
  const step = {
    kind: 'paint',
    tool: 'brush',
    auditor: 'Ada',
    packedTiles: Uint8Array.of(1),
    added: 1,
    removed: 0,
  } as const
  await write(project, async (trx) => {
    await appendStep(trx, journal, { step, now: 1 })
    await insertReview(trx, { imageId: image, verdict: 'minor', reasons: ['hole'], comment: '', auditor: 'Ada' }, 1)
  })
  await project.close()
  const database = new Database(path)
  database.pragma('foreign_keys = ON')
  onTestFinished(() => void database.close())
  return database
}

describe('0002-reviews', () => {
  it('brings a file of version 1 to what a new file is, and keeps all that was in it', async () => {
    const path = copyOfVersion1()
    const before = new Database(version1, { readonly: true })
    const masks = before.prepare('SELECT * FROM mask_revision').all()
    before.close()
    const project = await reopen(path)
    expect(existsSync(join(path, '../v1.version-1.obalex'))).toBe(true)
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([])
    expect(await project.read.selectFrom('mask_revision').selectAll().execute()).toEqual(masks)
    expect(await listSteps(project.read, journal)).toEqual([])
    expect(await newestReview(project.read, image)).toBeNull()
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(2)
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it.each([
    ['a stroke that is changed', 'UPDATE stroke SET added = 2'],
    ['a stroke that is taken away', 'DELETE FROM stroke'],
    ['a review that is changed', "UPDATE review SET verdict = 'accept'"],
    ['a review that is taken away', 'DELETE FROM review'],
    ['a stroke on a revision that is not there', stroke("1, 7, 'paint', 'brush', 'Ada', x'01', 1, 0")],
    ['a stroke that paints nothing', stroke("1, 1, 'paint', 'brush', 'Ada', x'01', 0, 0")],
    ['a stroke without tiles', stroke("1, 1, 'paint', 'brush', 'Ada', NULL, 1, 0")],
    ['a stroke without a tool', stroke("1, 1, 'paint', NULL, 'Ada', x'01', 1, 0")],
    ['a stroke by nobody', stroke("1, 1, 'paint', 'brush', '', x'01', 1, 0")],
    ['an undo that paints', stroke("1, 1, 'undo', 'brush', 'Ada', x'01', 1, 0")],
    ['an unknown kind of step', stroke("1, 1, 'erase', NULL, 'Ada', NULL, 0, 0")],
    ['an unknown verdict', review("1, 'perfect', '[]', '', 'Ada', 1")],
    ['reasons that are no list', review("1, 'minor', '{}', '', 'Ada', 1")],
    ['a review of no image', review("99, 'minor', '[]', '', 'Ada', 1")],
    ['a second review of one entry of the log', review("1, 'minor', '[]', '', 'Ada', 3")],
    ['a review without an entry of the log', review("1, 'minor', '[]', '', 'Ada', 99")],
  ])('refuses %s', async (_, sql) => {
    const database = await migrated()
    expect(() => database.exec(sql)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^SQLITE_CONSTRAINT_(CHECK|TRIGGER|FOREIGNKEY|UNIQUE)$/) as string,
      }) as Error,
    )
  })
})

function stroke(values: string): string {
  return `INSERT INTO stroke (instance_mask_id, base_number, kind, tool, auditor, tiles, added, removed, created_at) VALUES (${values}, 1)`
}

function review(values: string): string {
  return `INSERT INTO review (image_id, verdict, reasons, comment, auditor, audit_seq, created_at) VALUES (${values}, 1)`
}
