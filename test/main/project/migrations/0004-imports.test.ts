import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { ImageId } from '#common/contract/ids.ts'
import { listLoggedImports } from '#main/engine/logged-imports.ts'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { flaggedImages } from '#main/project/flag-repository.ts'
import { listImports } from '#main/project/import-repository.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { findSchemaDifferences } from '#main/project/schema-check.ts'
import { undoImport } from '#main/project/undo-import.ts'
import { unwatched } from '#main/project/watch.ts'
import { reopen } from '../../../builders/project.ts'
import { importImages } from '../../../builders/recorded-import.ts'
import { readContent } from '../../../builders/stored-rows.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const version3 = join(import.meta.dirname, '../../../fixtures/project/version-3.obalex')

function copyOfVersion3(): string {
  const path = join(temporaryFolder(), 'v3.obalex')
  copyFileSync(version3, path)
  return path
}

describe('0004-imports', () => {
  it('brings a file of version 3 to what a new file is, and keeps all that was in it', async () => {
    const path = copyOfVersion3()
    const before = new Database(version3, { readonly: true })
    const tables = ['image', 'instance_mask', 'mask_revision', 'stroke', 'review', 'flag', 'audit_log'] as const
    const rows = tables.map((table) => before.prepare(`SELECT * FROM ${table} ORDER BY 1`).all())
    before.close()
    const project = await reopen(path)
    expect(existsSync(join(path, '../v3.version-3.obalex'))).toBe(true)
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([])
    for (const [i, table] of tables.entries()) {
      expect(await project.read.selectFrom(table).selectAll().execute(), table).toEqual(rows[i])
    }
    expect(await flaggedImages(project.read, { from: 1 as ImageId, to: 5 as ImageId })).toEqual(new Set([3]))
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(6)
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it('knows the imports of before as those that were not recorded', async () => {
    const project = await reopen(copyOfVersion3())
    expect(await listImports(project.read)).toEqual([])
    const [old] = await listLoggedImports(project.read)
    expect(old).toMatchObject({
      facts: { entry: 5, format: 'coco', nImages: 2, nInstances: 2, state: 'unrecorded', undoneBy: null },
      record: null,
    })
  })

  it('lists also imports of which the log says something else than this version would', async () => {
    const project = await reopen(copyOfVersion3())
    await project.write({ actor: 'Ada', action: 'dataset.import', subject: 'project', data: { images: 3 } }, () =>
      Promise.resolve(),
    )
    const [strange, old] = await listLoggedImports(project.read)
    expect(strange!.facts).toMatchObject({ entry: 7, format: 'unknown', nImages: 0, state: 'unrecorded' })
    expect(old!.facts.entry).toBe(5)
  })

  it('lets an import after it be undone, and the masks of before it never go', async () => {
    const project = await reopen(copyOfVersion3())
    const before = await readContent(project.path)
    const record = await importImages(project, 3, { folder: '/later', refresh: [1 as ImageId] })
    const entry = { actor: 'Ada', action: 'dataset.import.undo', subject: 'project' }
    expect((await project.write(entry, (trx) => undoImport(trx, record, unwatched))).gone.images).toBe(3)
    expect(await readContent(project.path)).toEqual(before)
    const database = new Database(project.path)
    expect(() => database.exec('DELETE FROM mask_revision')).toThrow(/mask revisions never change/)
    database.close()
  })
})
