import { rmSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { FolderId } from '#common/contract/ids.ts'
import { listAudit } from '#main/project/audit-log.ts'
import { countImages, findOrInsertFolder, insertImages, listFolders } from '#main/project/image-repository.ts'
import { addImages, expectCode, makeProject, write } from '../../builders/project.ts'

const entry = { actor: 'Ada', action: 'test.write', subject: 'test' }

describe('write', () => {
  it('keeps the work and its entry, or neither', async () => {
    const project = await makeProject()
    const failing = project.write(entry, async (trx) => {
      await findOrInsertFolder(trx, '/lost')
      throw new Error('half-way')
    })
    await expect(failing).rejects.toThrow('half-way')
    expect((await listFolders(project.read)).size).toBe(0)
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(1)
    await project.write(entry, (trx) => findOrInsertFolder(trx, '/kept'))
    expect([...(await listFolders(project.read)).values()]).toEqual(['/kept'])
    expect((await listAudit(project.read, { limit: 10 }))[1]).toMatchObject({ seq: 2, ...entry })
  })

  it('keeps no work whose entry cannot be made', async () => {
    const project = await makeProject()
    const failing = project.write(
      () => ({ ...entry, data: { share: Number.NaN } }),
      (trx) => findOrInsertFolder(trx, '/lost'),
    )
    await expect(failing).rejects.toThrow(TypeError)
    expect((await listFolders(project.read)).size).toBe(0)
  })

  it('makes the entry from what the work gave, and gives it to the caller', async () => {
    const project = await makeProject()
    const result = await project.write<FolderId>(
      (id) => ({ ...entry, subject: `folder:${id}` }),
      (trx) => findOrInsertFolder(trx, '/photos'),
    )
    expect(result).toBe(1)
    expect((await listAudit(project.read, { after: 1, limit: 1 }))[0]?.subject).toBe('folder:1')
  })

  it('runs one after the other, in the order asked for, also after one that failed', async () => {
    const project = await makeProject()
    const order: string[] = []
    const slow = write(project, async () => {
      await new Promise(setImmediate)
      order.push('slow')
    })
    const failing = write(project, () => Promise.reject(new Error('no')))
    const quick = write(project, () => Promise.resolve(order.push('quick')))
    await expect(failing).rejects.toThrow('no')
    await Promise.all([slow, quick])
    expect(order).toEqual(['slow', 'quick'])
  })

  it('is seen by readers only when it is done', async () => {
    const project = await makeProject()
    await write(project, async (trx) => {
      await findOrInsertFolder(trx, '/photos')
      expect((await listFolders(trx)).size).toBe(1)
      expect((await listFolders(project.read)).size).toBe(0)
    })
    expect((await listFolders(project.read)).size).toBe(1)
  })

  it('says so instead of waiting for itself when it is called inside another one', async () => {
    const project = await makeProject()
    const nested = write(project, () => write(project, (trx) => findOrInsertFolder(trx, '/never')))
    await expect(nested).rejects.toThrow('inside another')
    await write(project, (trx) => findOrInsertFolder(trx, '/after'))
    expect([...(await listFolders(project.read)).values()]).toEqual(['/after'])
  })

  it('may be called by what an earlier one has set going', async () => {
    const project = await makeProject()
    let later: Promise<unknown> = Promise.resolve()
    let finish = () => {}
    const finished = new Promise<void>((resolve) => (finish = resolve))
    await write(project, () => {
      later = finished.then(() => write(project, (trx) => findOrInsertFolder(trx, '/later')))
      return Promise.resolve()
    })
    finish()
    await later
    expect((await listFolders(project.read)).size).toBe(1)
  })
})

describe('close', () => {
  it('waits for the writes under way and refuses later ones', async () => {
    const project = await makeProject()
    const writing = addImages(project, 3)
    const closing = project.close()
    await expect(addImages(project, 1)).rejects.toThrow('closed')
    expect(await writing).toEqual([1, 2, 3])
    await closing
    await project.close()
  })

  it('says so when the file was removed meanwhile', async () => {
    const project = await makeProject({ images: 1 })
    rmSync(project.path)
    await expectCode(project.close(), 'file.missing')
  })
})

describe('slow queries', () => {
  it('are reported with their SQL and time, without the values', async () => {
    const slow: [string, number][] = []
    const project = await makeProject({ onSlowQuery: (query, ms) => slow.push([query, ms]), slowQueryMs: 0 })
    expect(await countImages(project.read, { label: 'secret' })).toBe(0)
    const [query, ms] = slow.at(-1)!
    expect(query).toBe('select count(*) as "n" from "image" where "label" is ?')
    expect(ms).toBeGreaterThanOrEqual(0)
  })

  it('are only those above 50 ms unless another limit is given', async () => {
    const slow: string[] = []
    const project = await makeProject({ onSlowQuery: (query) => slow.push(query) })
    await countImages(project.read)
    expect(slow).not.toContain('select count(*) as "n" from "image"')
  })
})

describe('a full disk', () => {
  it('is said to be one, and leaves what was there', async () => {
    const project = await makeProject({ images: 5 })
    const filling = write(project, async (trx) => {
      await sql`PRAGMA max_page_count = 1`.execute(trx)
      const folderId = await findOrInsertFolder(trx, '/photos')
      const big = 'x'.repeat(100_000)
      const image = {
        folderId,
        file: 'big',
        width: 1,
        height: 1,
        sizeBytes: 1,
        sha256: '0'.repeat(64),
        source: { big },
      }
      await insertImages(trx, [image], 1)
    })
    await expectCode(filling, 'file.unwritable')
    expect(await countImages(project.read)).toBe(5)
    await write(project, (trx) => sql`PRAGMA max_page_count = 1000000`.execute(trx))
    await addImages(project, 1, () => ({ file: 'after.jpg' }))
    expect(await countImages(project.read)).toBe(6)
  })
})
