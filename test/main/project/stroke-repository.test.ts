import { describe, expect, it } from 'vitest'
import type { InstanceMaskId, StrokeId } from '#common/contract/ids.ts'
import { insertInstances } from '#main/project/mask-repository.ts'
import type { Project } from '#main/project/project.ts'
import {
  appendStep,
  getStep,
  lastStep,
  listSteps,
  listStepsOfAll,
  packTiles,
  sealJournal,
  type JournalKey,
  type NewStep,
  type StepOfMask,
} from '#main/project/stroke-repository.ts'
import { addImages, anInstance, expectCode, makeProject, write } from '../../builders/project.ts'

async function withTwoObjects(): Promise<{ project: Project; keys: readonly JournalKey[] }> {
  const project = await makeProject()
  const images = await addImages(project, 2)
  const ids = await write(project, (trx) =>
    insertInstances(
      trx,
      images.map((id) => anInstance(id)),
      1,
    ),
  )
  return { project, keys: ids.map(({ id }) => ({ instanceMaskId: id, baseNumber: 0 })) }
}

const undo: NewStep = { kind: 'undo', auditor: 'Ada' }

async function paint(...tiles: number[]): Promise<NewStep> {
  const packedTiles = await packTiles(Uint8Array.from(tiles))
  return { kind: 'paint', auditor: 'Ada', tool: 'brush', packedTiles, added: 3, removed: 2 }
}

function append(project: Project, key: JournalKey, step: NewStep): Promise<StrokeId> {
  return project.writeStroke((trx) => appendStep(trx, key, { step, now: 7 }))
}

describe('a stroke journal', () => {
  it('keeps the steps of each object in their order, and nothing else', async () => {
    const { project, keys } = await withTwoObjects()
    const [one, two] = keys as [JournalKey, JournalKey]
    const first = await append(project, one, await paint(1, 2, 3))
    await append(project, two, await paint(9))
    const second = await append(project, one, undo)
    expect(await listSteps(project.read, one)).toEqual(
      [
        { id: first, kind: 'paint', tiles: Uint8Array.of(1, 2, 3), added: 3, removed: 2 },
        { id: second, kind: 'undo', tiles: new Uint8Array(0), added: 0, removed: 0 },
      ].map((step) => ({ ...step, tiles: expect.objectContaining(step.tiles) as Uint8Array })),
    )
    expect(await lastStep(project.read, one)).toBe(second)
    expect(await lastStep(project.read, { ...one, baseNumber: 1 })).toBeNull()
    expect([...(await getStep(project.read, first)).tiles]).toEqual([1, 2, 3])
  })

  it('is not in the audit log step by step', async () => {
    const { project, keys } = await withTwoObjects()
    const count = async (): Promise<number> =>
      (await project.read.selectFrom('audit_log').select('seq').execute()).length
    const before = await count()
    await append(project, keys[0]!, await paint(1))
    expect(await count()).toBe(before)
  })

  it('has a seal that stays the same while it grows, and is another one for other strokes', async () => {
    const { project, keys } = await withTwoObjects()
    const [one, two] = keys as [JournalKey, JournalKey]
    expect(await sealJournal(project.read, one)).toBeNull()
    await append(project, one, await paint(1))
    const seal = (await sealJournal(project.read, one))!
    await append(project, one, undo)
    await append(project, two, await paint(1))
    expect(await sealJournal(project.read, one, seal.upTo)).toEqual(seal)
    expect(await sealJournal(project.read, one)).toMatchObject({ count: 2 })
    expect((await sealJournal(project.read, two))!.sha256).not.toBe(seal.sha256)
  })

  it('is listed with those of the other objects, page by page', async () => {
    const { project, keys } = await withTwoObjects()
    for (const key of [0, 1, 0, 0, 1]) await append(project, keys[key]!, await paint(key))
    const all = await listStepsOfAll(project.read, { after: null, limit: 100 })
    expect(all.map(({ instanceMaskId, id }) => [instanceMaskId, id])).toEqual([
      [1, 1],
      [1, 3],
      [1, 4],
      [2, 2],
      [2, 5],
    ])
    expect(all[0]).toMatchObject({ width: 8, height: 6, baseNumber: 0 })
    const paged: StepOfMask[] = []
    for (
      let page: StepOfMask[];
      (page = await listStepsOfAll(project.read, { after: paged.at(-1) ?? null, limit: 2 })).length > 0;
    ) {
      paged.push(...page)
    }
    expect(paged).toEqual(all)
  })

  it('says so where tiles were damaged', async () => {
    const { project, keys } = await withTwoObjects()
    const step: NewStep = { ...(await paint(1)), packedTiles: Uint8Array.of(1, 2) } as NewStep
    await append(project, keys[0]!, step)
    await expectCode(listSteps(project.read, keys[0]!), 'project.corrupt')
  })

  it('begins at a revision that is there', async () => {
    const { project } = await withTwoObjects()
    const key = { instanceMaskId: 1 as InstanceMaskId, baseNumber: 5 }
    await expect(append(project, key, undo)).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
  })
})
