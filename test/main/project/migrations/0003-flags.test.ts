import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ImageId } from '#common/contract/ids.ts'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { flaggedImages, insertFlag } from '#main/project/flag-repository.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { newestReview } from '#main/project/review-repository.ts'
import { findSchemaDifferences } from '#main/project/schema-check.ts'
import { reopen, write } from '../../../builders/project.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const version2 = join(import.meta.dirname, '../../../fixtures/project/version-2.obalex')
const image = 1 as ImageId
const all = { from: image, to: 3 as ImageId }

function copyOfVersion2(): string {
  const path = join(temporaryFolder(), 'v2.obalex')
  copyFileSync(version2, path)
  return path
}

describe('0003-flags', () => {
  it('brings a file of version 2 to what a new file is, and keeps all that was in it', async () => {
    const path = copyOfVersion2()
    const before = new Database(version2, { readonly: true })
    const [strokes, reviews] = ['stroke', 'review'].map((table) => before.prepare(`SELECT * FROM ${table}`).all())
    before.close()
    const project = await reopen(path)
    expect(existsSync(join(path, '../v2.version-2.obalex'))).toBe(true)
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([])
    expect(await project.read.selectFrom('stroke').selectAll().execute()).toEqual(strokes)
    expect(await project.read.selectFrom('review').selectAll().execute()).toEqual(reviews)
    expect(await newestReview(project.read, image)).toMatchObject({ verdict: 'minor', auditor: 'Ada' })
    expect(await flaggedImages(project.read, all)).toEqual(new Set())
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(4)
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it('keeps the newest flag of each image in force', async () => {
    const project = await reopen(copyOfVersion2())
    const put = (imageId: number, isSet: boolean) =>
      write(project, (trx) => insertFlag(trx, { imageId: imageId as ImageId, isSet, auditor: 'Ada' }, 1))
    await put(1, true)
    await put(3, true)
    expect(await flaggedImages(project.read, all)).toEqual(new Set([1, 3]))
    await put(1, false)
    expect(await flaggedImages(project.read, all)).toEqual(new Set([3]))
    expect(await flaggedImages(project.read, { from: image, to: 2 as ImageId })).toEqual(new Set())
  })

  it.each([
    ['a flag that is changed', 'UPDATE flag SET is_set = 0'],
    ['a flag that is taken away', 'DELETE FROM flag'],
    ['a flag of no image', flag("99, 1, 'Ada', 1")],
    ['a flag that is neither', flag("1, 2, 'Ada', 1")],
    ['a flag by nobody', flag("1, 1, '', 1")],
    ['a second flag of one entry of the log', flag("1, 0, 'Ada', 5")],
    ['a flag without an entry of the log', flag("1, 1, 'Ada', 99")],
  ])('refuses %s', async (_, sql) => {
    const path = copyOfVersion2()
    const project = await reopen(path)
    await write(project, (trx) => insertFlag(trx, { imageId: image, isSet: true, auditor: 'Ada' }, 1))
    await project.close()
    const database = new Database(path)
    database.pragma('foreign_keys = ON')
    onTestFinished(() => void database.close())
    expect(() => database.exec(sql)).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/^SQLITE_CONSTRAINT_(CHECK|TRIGGER|FOREIGNKEY|UNIQUE)$/) as string,
      }) as Error,
    )
  })
})

function flag(values: string): string {
  return `INSERT INTO flag (image_id, is_set, auditor, audit_seq, created_at) VALUES (${values}, 1)`
}
