import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import {
  addCorrection,
  countInstancesByCategory,
  currentMasks,
  findIdentical,
  firstBrokenRevision,
  insertInstances,
  listInstances,
  listRevisions,
} from '#main/project/mask-repository.ts'
import { hashMask, type NewInstance } from '#main/project/mask-rows.ts'
import type { Project } from '#main/project/project.ts'
import { aMask, anInstance, makeProject, write } from '../../builders/project.ts'

const [first, second, third] = [1, 2, 3] as [ImageId, ImageId, ImageId]

function insert(project: Project, instances: readonly NewInstance[]) {
  return write(project, (trx) => insertInstances(trx, instances, 5))
}

function correct(project: Project, instanceMaskId: InstanceMaskId, counts: string) {
  return write(project, (trx) => addCorrection(trx, { instanceMaskId, auditor: 'Ada', mask: aMask(counts) }, 6))
}

describe('instance masks', () => {
  it('come back as they were taken in, as revision 0', async () => {
    const project = await makeProject({ images: 1 })
    const [ids] = await insert(project, [anInstance(first, { source: { segmentation: [[1, 2, 3.5]], unknown: null } })])
    const [current] = (await currentMasks(project.read, [first])).get(first)!
    expect(current?.instance).toEqual({
      id: ids!.id,
      imageId: first,
      category: 'cat',
      categorySourceId: 17,
      score: 0.5,
      isCrowd: false,
      origin: 'import:coco',
      source: { segmentation: [[1, 2, 3.5]], unknown: null },
      createdAt: 5,
    })
    expect(current?.revision).toEqual({
      id: ids!.revisionId,
      instanceMaskId: ids!.id,
      number: 0,
      kind: 'machine',
      auditor: null,
      mask: aMask(),
      sha256: hashMask(aMask()),
      createdAt: 5,
    })
  })

  it('keep every character that compressed run lengths can have', async () => {
    const project = await makeProject({ images: 1 })
    const counts = Array.from({ length: 64 }, (_, index) => String.fromCharCode(48 + index)).join('')
    await insert(project, [anInstance(first, { mask: aMask(counts), category: null, score: null, source: null })])
    const [current] = (await currentMasks(project.read, [first])).get(first)!
    expect(current?.revision.mask.counts).toBe(counts)
    expect(current?.instance).toMatchObject({ category: null, score: null, source: null })
  })

  it('begin with a correction where an auditor drew them', async () => {
    const project = await makeProject({ images: 1 })
    await insert(project, [anInstance(first, { auditor: 'Ada', isCrowd: true })])
    const [current] = await listInstances(project.read, { limit: 1 })
    expect(current?.revision).toMatchObject({ number: 1, kind: 'correction', auditor: 'Ada' })
    expect(current?.instance.isCrowd).toBe(true)
  })

  it('get their ids in the order given, also beyond one statement', async () => {
    const project = await makeProject({ images: 1 })
    const instances = Array.from({ length: 1001 }, (_, index) => anInstance(first, { categorySourceId: index }))
    const ids = await insert(project, instances)
    expect(ids[1000]).toEqual({ id: 1001, revisionId: 1001 })
    const [last] = await listInstances(project.read, { after: 1000 as InstanceMaskId, limit: 5 })
    expect(last?.instance.categorySourceId).toBe(1000)
  })

  it('are given for many images at once, images without any left out', async () => {
    const project = await makeProject({ images: 3 })
    await insert(project, [anInstance(third), anInstance(first), anInstance(third, { category: 'dog' })])
    const found = await currentMasks(project.read, [first, second, third])
    expect([...found].map(([imageId, masks]) => [imageId, masks.map(({ instance }) => instance.id)])).toEqual([
      [third, [1, 3]],
      [first, [2]],
    ])
  })

  it('are counted by category, those without one first', async () => {
    const project = await makeProject({ images: 2 })
    await insert(project, [anInstance(first), anInstance(second, { category: null }), anInstance(second)])
    expect(await countInstancesByCategory(project.read)).toEqual([
      { category: null, count: 1 },
      { category: 'cat', count: 2 },
    ])
  })

  it('are listed page by page', async () => {
    const project = await makeProject({ images: 1 })
    await insert(project, [anInstance(first), anInstance(first), anInstance(first)])
    const page = await listInstances(project.read, { after: 1 as InstanceMaskId, limit: 1 })
    expect(page.map(({ instance }) => instance.id)).toEqual([2])
  })
})

describe('corrections', () => {
  it('become the current mask, and leave the machine mask as it is', async () => {
    const project = await makeProject({ images: 1 })
    const [ids] = await insert(project, [anInstance(first), anInstance(first)])
    await correct(project, ids!.id, '1:=')
    const revision = await correct(project, ids!.id, '2:=')
    expect(revision).toMatchObject({ number: 2, kind: 'correction', auditor: 'Ada', createdAt: 6, mask: aMask('2:=') })
    const masks = (await currentMasks(project.read, [first])).get(first)!
    expect(masks.map((current) => current.revision.mask.counts)).toEqual(['2:=', '19:4'])
    expect(masks[0]?.revision).toEqual(revision)
    const all = await listRevisions(project.read, ids!.id)
    expect(all.map(({ number, kind, mask }) => [number, kind, mask.counts])).toEqual([
      [0, 'machine', '19:4'],
      [1, 'correction', '1:='],
      [2, 'correction', '2:='],
    ])
  })

  it('need an object to correct', async () => {
    const project = await makeProject()
    await expect(correct(project, 7 as InstanceMaskId, '1:=')).rejects.toMatchObject({ code: 'record.missing' })
  })
})

describe('findIdentical', () => {
  it('finds what a second import brings, and nothing else', async () => {
    const project = await makeProject({ images: 2 })
    await insert(project, [
      anInstance(first, { category: 'dog' }),
      anInstance(first),
      anInstance(second, { category: null }),
    ])
    const find = (facts: Partial<NewInstance>, kind: 'machine' | 'correction' = 'machine') =>
      findIdentical(project.read, { ...anInstance(first, facts), kind })
    expect(await find({})).toBe(2)
    expect(await find({ category: 'dog' })).toBe(1)
    expect(await find({ category: null })).toBeNull()
    expect(await find({ imageId: second, category: null })).toBe(3)
    expect(await find({ mask: aMask('1:=') })).toBeNull()
    expect(await find({ mask: { ...aMask(), width: 6, height: 8 } })).toBeNull()
    await correct(project, 2 as InstanceMaskId, '1:=')
    expect(await find({})).toBe(2)
    expect(await find({ mask: aMask('1:=') }, 'correction')).toBe(2)
    expect(await find({ mask: aMask('1:=') }, 'machine')).toBeNull()
  })
})

describe('firstBrokenRevision', () => {
  it('names the first mask that is not what it was', async () => {
    const project = await makeProject({ images: 1 })
    await insert(project, [anInstance(first), anInstance(first), anInstance(first)])
    expect(await firstBrokenRevision(project.read)).toBeNull()
    await write(project, async (trx) => {
      await sql`DROP TRIGGER mask_revision_no_update`.execute(trx)
      await trx
        .updateTable('mask_revision')
        .set({ rle: Buffer.from('19:5') })
        .where('id', '>', 1 as never)
        .execute()
    })
    expect(await firstBrokenRevision(project.read)).toBe(2)
  })
})
