import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { FolderId, ImageId } from '#common/contract/ids.ts'
import {
  countImages,
  countImagesByLabel,
  findImagesByFile,
  findOrInsertFolder,
  getImage,
  insertImages,
  listFolders,
  listImages,
  moveFolder,
  updateImage,
} from '#main/project/image-repository.ts'
import { addImages, anImage, expectCode, makeProject, write } from '../../builders/project.ts'

describe('images', () => {
  it('come back as they were taken in', async () => {
    const project = await makeProject()
    const [id] = await addImages(project, 1, () => ({
      file: 'Ünïcode 🐱/a b.jpg',
      label: null,
      split: 'test',
      source: { id: 17, flickr_url: 'http://example.org', nested: { deep: [1, null] } },
    }))
    const { folderId } = await getImage(project.read, id!)
    expect(await getImage(project.read, id!)).toEqual({
      ...anImage(folderId, 0),
      id,
      file: 'Ünïcode 🐱/a b.jpg',
      label: null,
      split: 'test',
      source: { id: 17, flickr_url: 'http://example.org', nested: { deep: [1, null] } },
      createdAt: 1,
    })
    expect((await listFolders(project.read)).get(folderId)).toBe('/photos')
  })

  it('get their ids in the order given, also beyond one statement', async () => {
    const project = await makeProject({ images: 3 })
    const ids = await addImages(project, 1201, (index) => ({ file: `more/${index}.jpg` }))
    expect(ids).toEqual(Array.from({ length: 1201 }, (_, index) => index + 4))
    expect((await getImage(project.read, ids[1200]!)).file).toBe('more/1200.jpg')
  })

  it('never get an id again that was given before', async () => {
    const project = await makeProject({ images: 3 })
    await write(project, (trx) =>
      trx
        .deleteFrom('image')
        .where('id', '=', 3 as ImageId)
        .execute(),
    )
    expect(await addImages(project, 1, () => ({ file: 'new.jpg' }))).toEqual([4])
  })

  it('get new ids where the counter of ids is lost', async () => {
    const project = await makeProject({ images: 3 })
    await write(project, (trx) => sql`DELETE FROM sqlite_sequence`.execute(trx))
    expect(await addImages(project, 1, () => ({ file: 'new.jpg' }))).toEqual([4])
  })

  it('are refused whole when one of them is there already', async () => {
    const project = await makeProject({ images: 3 })
    await expect(addImages(project, 5)).rejects.toThrow('UNIQUE')
    expect(await countImages(project.read)).toBe(3)
  })

  it('are found by file, those that are there', async () => {
    const project = await makeProject({ images: 3 })
    const folderId = await write(project, (trx) => findOrInsertFolder(trx, '/photos'))
    const found = await findImagesByFile(project.read, folderId, ['2.jpg', 'none.jpg', '0.jpg'])
    expect([...found].map(([file, { id }]) => [file, id]).sort()).toEqual([
      ['0.jpg', 1],
      ['2.jpg', 3],
    ])
    expect((await findImagesByFile(project.read, 99 as FolderId, ['0.jpg'])).size).toBe(0)
  })

  it('may have the same file name in another folder', async () => {
    const project = await makeProject({ images: 1 })
    await write(project, async (trx) => {
      const folderId = await findOrInsertFolder(trx, '/elsewhere')
      await insertImages(trx, [anImage(folderId, 0)], 2)
    })
    expect(await countImages(project.read)).toBe(2)
    expect([...(await listFolders(project.read)).values()]).toEqual(['/photos', '/elsewhere'])
  })

  it('are listed page by page, by label and split', async () => {
    const project = await makeProject()
    await addImages(project, 12, (index) => ({
      label: [null, 'cat', 'dog'][index % 3]!,
      split: index < 6 ? 'train' : null,
    }))
    const ids = async (...query: Parameters<typeof listImages> extends [unknown, ...infer Rest] ? Rest : never) =>
      (await listImages(project.read, ...query)).map(({ id }) => id)
    expect(await ids({}, { limit: 5 })).toEqual([1, 2, 3, 4, 5])
    expect(await ids({}, { after: 5 as ImageId, limit: 3 })).toEqual([6, 7, 8])
    expect(await ids({}, { after: 12 as ImageId, limit: 3 })).toEqual([])
    expect(await ids({ label: 'cat' }, { limit: 3 })).toEqual([2, 5, 8])
    expect(await ids({ label: 'cat' }, { after: 5 as ImageId, limit: 3 })).toEqual([8, 11])
    expect(await ids({ label: null }, { limit: 9 })).toEqual([1, 4, 7, 10])
    expect(await ids({ label: 'dog', split: 'train' }, { limit: 9 })).toEqual([3, 6])
    expect(await ids({ split: null }, { limit: 9 })).toEqual([7, 8, 9, 10, 11, 12])
    expect(await ids({ label: 'horse' }, { limit: 9 })).toEqual([])
    expect(await countImages(project.read, { label: 'dog', split: 'train' })).toBe(2)
    expect(await countImages(project.read, { label: null })).toBe(4)
  })

  it('are counted by label, the unlabelled first', async () => {
    const project = await makeProject()
    await addImages(project, 7, (index) => ({ label: [null, 'cat', 'dog'][index % 3]! }))
    expect(await countImagesByLabel(project.read)).toEqual([
      { label: null, count: 3 },
      { label: 'cat', count: 2 },
      { label: 'dog', count: 2 },
    ])
  })

  it('are changed in what is given only', async () => {
    const project = await makeProject({ images: 2 })
    const [id, other] = [1 as ImageId, 2 as ImageId]
    const [before, otherBefore] = [await getImage(project.read, id), await getImage(project.read, other)]
    await write(project, (trx) => updateImage(trx, id, { label: null }))
    expect(await getImage(project.read, id)).toEqual({ ...before, label: null })
    const changed = { width: 9, height: 7, sizeBytes: 5, sha256: 'f'.repeat(64), split: 'val' }
    await write(project, (trx) => updateImage(trx, id, changed))
    expect(await getImage(project.read, id)).toEqual({ ...before, label: null, ...changed })
    expect(await getImage(project.read, other)).toEqual(otherBefore)
  })

  it('are missing by their own code', async () => {
    const project = await makeProject()
    await expect(getImage(project.read, 7 as ImageId)).rejects.toMatchObject({
      code: 'record.missing',
      data: { id: 7 },
    })
  })

  it('say that the file is damaged when a column does not hold what it should', async () => {
    const project = await makeProject({ images: 1 })
    await write(project, async (trx) => {
      await sql`PRAGMA ignore_check_constraints = ON`.execute(trx)
      await trx.updateTable('image').set({ source: '[1]' }).execute()
    })
    const error = await expectCode(getImage(project.read, 1 as ImageId), 'project.corrupt')
    expect(error.data).toEqual({ place: 'image 1 source' })
    await write(project, (trx) => trx.updateTable('image').set({ source: '{"a":' }).execute())
    await expectCode(listImages(project.read, {}, { limit: 1 }), 'project.corrupt')
  })
})

describe('folders', () => {
  it('are taken in once, and can be said to lie elsewhere', async () => {
    const project = await makeProject()
    const first = await write(project, (trx) => findOrInsertFolder(trx, '/photos'))
    expect(await write(project, (trx) => findOrInsertFolder(trx, '/photos'))).toBe(first)
    await write(project, (trx) => moveFolder(trx, first, '/disk/photos'))
    expect([...(await listFolders(project.read))]).toEqual([[first, '/disk/photos']])
  })
})
