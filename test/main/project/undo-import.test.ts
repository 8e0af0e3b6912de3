import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import { verifyAudit } from '#main/project/audit-log.ts'
import { findOrInsertFolder, listImages } from '#main/project/image-repository.ts'
import { listImports, markUndone, type StoredImport } from '#main/project/import-repository.ts'
import { addCorrection, insertInstances } from '#main/project/mask-repository.ts'
import type { Project } from '#main/project/project.ts'
import { insertReview } from '#main/project/review-repository.ts'
import type { Schema } from '#main/project/schema.ts'
import { saveScore } from '#main/project/score-repository.ts'
import { undoImport } from '#main/project/undo-import.ts'
import { unwatched } from '#main/project/watch.ts'
import { aMask, anInstance, aScore, explain, makeProject, predict, reopen, write } from '../../builders/project.ts'
import { importImages } from '../../builders/recorded-import.ts'
import { readContent } from '../../builders/stored-rows.ts'

const first = 1 as ImageId
const script = fileURLToPath(new URL('../../fixtures/project/child.ts', import.meta.url))

type Work = (trx: Transaction<Schema>) => Promise<unknown>

function undo(project: Project, record: StoredImport, watch = unwatched) {
  const entry = { actor: 'test', action: 'dataset.import.undo', subject: 'project' }
  return project.write(entry, (trx) => undoImport(trx, record, watch))
}

describe('an import that is undone', () => {
  it('gives images back as they were, and takes its folder with it', async () => {
    const project = await makeProject({ images: 3 })
    const before = await readContent(project.path)
    const record = await importImages(project, 4, { folder: '/more', refresh: [first, 3 as ImageId] })
    const { gone, nRestored, touched } = await undo(project, record)
    expect(gone).toMatchObject({ images: 4, instances: 4, corrections: 0 })
    expect(nRestored).toBe(2)
    expect(touched).toEqual([1, 3, 4, 5, 6, 7])
    expect(await readContent(project.path)).toEqual(before)
    expect(await listImports(project.read)).toMatchObject([{ auditSeq: 3, undoSeq: 4 }])
  })

  it('leaves its folder where photos of other images were found in it since', async () => {
    const project = await makeProject({ images: 1 })
    const record = await importImages(project, 2, { folder: '/more' })
    await write(project, (trx) => sql`UPDATE image SET folder_id = 2, file = 'z.jpg' WHERE id = 1`.execute(trx))
    await undo(project, record)
    expect(await listImages(project.read, {}, { limit: 9 })).toMatchObject([{ id: 1, folderId: 2 }])
  })

  it('takes a folder with it in which its photos were found since', async () => {
    const project = await makeProject({ images: 1 })
    const before = await readContent(project.path)
    const record = await importImages(project, 2, { folder: '/more' })
    await write(project, async (trx) => {
      const id = await findOrInsertFolder(trx, '/moved')
      await sql`UPDATE image SET folder_id = ${id} WHERE id > 1`.execute(trx)
    })
    await undo(project, record)
    expect(await readContent(project.path)).toEqual(before)
  })

  it('takes the bytes of maps with it that no other map has', async () => {
    const project = await makeProject({ images: 1 })
    const mapOf = (image: number, bytes: number[]): Work => {
      return async (trx) => {
        const of = await explain(trx, await predict(trx, image as ImageId), { bytes: Uint8Array.from(bytes) })
        await saveScore(trx, aScore(of), 1)
      }
    }
    await write(project, mapOf(1, [1, 2]))
    const before = await readContent(project.path)
    const record = await importImages(project, 2, { folder: '/more' })
    await write(project, mapOf(2, [1, 2]))
    await write(project, mapOf(3, [3, 4]))
    expect((await undo(project, record)).gone).toMatchObject({ predictions: 2, maps: 2, scores: 2 })
    expect(await readContent(project.path)).toEqual(before)
  })

  it('is wholly there where the undo stops at any of its steps', async () => {
    const project = await makeProject({ images: 2 })
    const record = await importImages(project, 2, { folder: '/more', refresh: [first] })
    await write(project, (trx) => predict(trx, 3 as ImageId))
    const before = await readContent(project.path)
    for (const nSteps of [1, 2, 3, 4]) {
      let done = 0
      const step = () => (++done === nSteps ? Promise.reject(new Error('stopped')) : Promise.resolve())
      await expect(undo(project, record, { step })).rejects.toThrow('stopped')
      expect(await readContent(project.path)).toEqual(before)
    }
    await undo(project, record)
  })

  it('is wholly there where the process is killed in the middle', async () => {
    const project = await makeProject({ images: 2 })
    await importImages(project, 1200, { folder: '/more', refresh: [first] })
    await project.close()
    const before = await readContent(project.path)
    for (const nSteps of [2, 6]) {
      const child = spawn(process.execPath, [script, 'undo', project.path, String(nSteps)], { stdio: 'pipe' })
      const exited = once(child, 'exit')
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      expect(JSON.parse(line)).toEqual({ done: nSteps })
      child.kill('SIGKILL')
      await exited
      expect(await readContent(project.path)).toEqual(before)
    }
    const again = await reopen(project.path)
    expect(await verifyAudit(again.read)).toBeNull()
    const [record] = await listImports(again.read)
    expect((await undo(again, record!)).gone.images).toBe(1200)
  })

  it('is kept by references between rows where nobody asked whether people worked on it', async () => {
    const project = await makeProject()
    const record = await importImages(project, 1, { folder: '/more' })
    const review = { imageId: first, verdict: 'accept', reasons: [], comment: '', auditor: 'Ada' } as const
    await write(project, (trx) => insertReview(trx, review, 1))
    const before = await readContent(project.path)
    await expect(undo(project, record)).rejects.toThrow(/FOREIGN KEY/)
    expect(await readContent(project.path)).toEqual(before)
  })
})

describe('masks', () => {
  /** What a transaction is refused with, whatever entry it writes; all is as before. */
  async function refusal(project: Project, work: Work): Promise<string> {
    const before = await readContent(project.path)
    const error = await write(project, work).then(
      () => new Error('it was done'),
      (reason: unknown) => reason as Error,
    )
    expect(await readContent(project.path)).toEqual(before)
    return error.message
  }

  const deleteMask =
    (id: number): Work =>
    (trx) =>
      sql`DELETE FROM mask_revision WHERE id = ${id}`.execute(trx)

  /** Two imports of two images, and a mask and a correction of nobody's import. */
  async function setUp() {
    const project = await makeProject()
    const [one, two] = [
      await importImages(project, 2, { folder: '/one' }),
      await importImages(project, 2, { folder: '/two', refresh: [first] }),
    ]
    await write(project, async (trx) => {
      await insertInstances(trx, [anInstance(first)], 1)
      const correction = { instanceMaskId: 3 as InstanceMaskId, auditor: 'Ada', mask: aMask('1:=') }
      await addCorrection(trx, correction, 1)
    })
    return { project, one, two }
  }

  const marking =
    (record: StoredImport, work: Work): Work =>
    async (trx) => {
      await markUndone(trx, record.id)
      return work(trx)
    }

  it('never go but with the import that brought them, while it is undone', async () => {
    const { project, one, two } = await setUp()
    const never = 'mask revisions never change'
    for (const id of [1, 2, 3, 4, 5, 6]) expect(await refusal(project, deleteMask(id))).toContain(never)
    for (const id of [3, 4, 5, 6]) expect(await refusal(project, marking(one, deleteMask(id)))).toContain(never)
    for (const id of [1, 2, 5, 6]) expect(await refusal(project, marking(two, deleteMask(id)))).toContain(never)
    expect(
      await refusal(
        project,
        marking(one, (trx) => sql`UPDATE mask_revision SET area = 1`.execute(trx)),
      ),
    ).toContain(never)
    await write(project, marking(one, deleteMask(1)))
    // it is undone now, no longer being undone
    expect(await refusal(project, deleteMask(2))).toContain(never)
    expect(await refusal(project, marking(one, deleteMask(2)))).toContain('undone once')
  })

  it('never go without an entry in the log', async () => {
    const { project, one } = await setUp()
    const before = await readContent(project.path)
    await expect(project.writeStroke(marking(one, deleteMask(1)))).rejects.toThrow(/FOREIGN KEY/)
    expect(await readContent(project.path)).toEqual(before)
  })

  it.each([
    ['made wider', 'UPDATE import SET revision_last = 99 WHERE id = 1'],
    ['given another entry', 'UPDATE import SET audit_seq = 1 WHERE id = 1'],
    ['undone by an entry that is there', 'UPDATE import SET undo_seq = 4 WHERE id = 1'],
    ['undone by an entry far ahead', 'UPDATE import SET undo_seq = 99 WHERE id = 1'],
    ['taken away', 'DELETE FROM import WHERE id = 1'],
    ['made up for an entry that is there', madeUp('4, NULL')],
    ['made up as undone', madeUp('(SELECT max(seq) + 1 FROM audit_log), (SELECT max(seq) + 2 FROM audit_log)')],
    ['robbed of what it overwrote', 'DELETE FROM former_image'],
    ['given another past', "UPDATE former_image SET label = 'wolf'"],
    ['given more past', "INSERT INTO former_image VALUES (1, 2, 1, 1, 1, '9', NULL, NULL)"],
  ])('are safe from an import that is %s', async (_, statement) => {
    const { project } = await setUp()
    const message = await refusal(project, (trx) => sql.raw(statement).execute(trx))
    expect(message).toMatch(/never changes|undone once|append-only|begins with its entry|keeps what it overwrites/)
  })
})

function madeUp(seqs: string): string {
  return `INSERT INTO import SELECT 9, ${seqs}, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0`
}

describe('every table that names images or masks', () => {
  it('is known to the undo: its rows go, or stand in the way', async () => {
    const project = await makeProject()
    const { rows } = await sql<{ child: string; parent: string }>`
      SELECT DISTINCT s.name AS child, f."table" AS parent FROM sqlite_schema s, pragma_foreign_key_list(s.name) f
      WHERE s.type = 'table' AND parent IN ('image', 'instance_mask', 'mask_revision', 'prediction', 'explanation')
      ORDER BY 1, 2`.execute(project.read)
    expect(rows.map(({ child, parent }) => `${child} of ${parent}`)).toEqual([
      'explanation of prediction', // goes
      'flag of image', // in the way
      'former_image of image', // goes; of a later import: in the way
      'hand_choice of image', // in the way
      'instance_mask of image', // goes; of a later import or a detector: in the way
      'job_failure of image', // stays without its image
      'mask_revision of instance_mask', // goes; a correction: in the way
      'prediction of image', // goes
      'review of image', // in the way
      'score of explanation', // goes
      'stroke of mask_revision', // in the way
    ])
  })
})
