import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Break } from '#common/contract/procedures/projects.ts'
import type { Review } from '#common/contract/procedures/reviewing.ts'
import { tamper } from '../../builders/damage.ts'
import { folderIn, useEngine, useFolder } from './engine-tools.ts'
import { firstObject, imageOf, paintSquare, setUpReview, step } from './review-tools.ts'
import { run, type Change } from './verify-tools.ts'

const root = useFolder()
const { client } = useEngine()
let original: string
beforeAll(async () => {
  const { project, path } = await setUpReview(client, root)
  original = path
  const place = await firstObject(client, { project })
  await paintSquare(client, place, 3, 4)
  await paintSquare(client, place, 9, 9)
  await step(client, place, 'undo')
  const review: Omit<Review, 'at'> = { verdict: 'minor', reasons: ['hole'], comment: 'a hole', auditor: 'Ada' }
  await client['review.save']({ ...imageOf(place), ...review })
  await paintSquare(client, place, 20, 20)
  await client['review.save']({ project, image: 2, verdict: 'accept', auditor: 'Bob' })
  await client['image.flag']({ project, image: 1, isFlagged: true, auditor: 'Ada' })
  await client['image.flag']({ project, image: 1, isFlagged: false, auditor: 'Bob' })
  await client['project.close']({ project })
})

async function brokenAfter(change: Change, recompute = false): Promise<Break | null> {
  const path = join(folderIn(root), 'copy.obalex')
  copyFileSync(original, path)
  tamper(path, change)
  return (await client['project.verify']({ path, recompute })).broken
}

describe('verifying reviews', () => {
  it('finds a reviewed project whole, its new scores computed again', async () => {
    const { ok, checked } = await client['project.verify']({ path: original, recompute: true })
    expect({ ok, strokes: checked.strokes, scores: checked.scores }).toEqual({ ok: true, strokes: 4, scores: 12 })
  })

  it.each([
    ['tiles that cannot be unpacked', 1, "x'0102'"],
    ['tiles that are none', 2, `x'${deflateSync(Buffer.from('no tiles')).toString('hex')}'`],
    ['another stroke', 1, '(SELECT tiles FROM stroke WHERE id = 2)'],
  ])('names a stroke with %s', async (_, id, tiles) => {
    const broken = await brokenAfter(run(`UPDATE stroke SET tiles = ${tiles} WHERE id = ${id}`))
    expect(broken).toMatchObject({ kind: expect.stringMatching(/^(stroke|record)$/) as string })
  })

  it.each([
    ['stroke 1', 'stroke', 'UPDATE stroke SET added = added + 1 WHERE id = 1'],
    ['instance_mask 1', 'stroke', "UPDATE stroke SET kind = 'redo', id = 0 WHERE id = 3"],
    ['instance_mask 1', 'record', "UPDATE stroke SET auditor = 'Bob' WHERE id = 1"],
    [
      'instance_mask 1',
      'record',
      'UPDATE stroke SET added = removed, removed = added WHERE id = 1 AND added <> removed',
    ],
    ['instance_mask 1', 'record', 'DELETE FROM stroke WHERE id = 3'],
    ['review 1', 'record', "UPDATE review SET verdict = 'accept' WHERE id = 1"],
    ['review 1', 'record', "UPDATE review SET reasons = '[]' WHERE id = 1"],
    ['review 1', 'record', "UPDATE review SET comment = 'no hole' WHERE id = 1"],
    ['review 2', 'record', 'UPDATE review SET image_id = 3 WHERE id = 2'],
    ['review 2', 'record', "UPDATE review SET auditor = 'Ada' WHERE id = 2"],
    ['review 2', 'record', 'DELETE FROM review WHERE id = 2'],
    [
      'review 3',
      'record',
      "INSERT INTO review SELECT 3, 4, 'accept', '[]', '', 'Eve', 1, created_at FROM review WHERE id = 2",
    ],
    ['flag 1', 'record', 'UPDATE flag SET is_set = 0 WHERE id = 1'],
    ['flag 2', 'record', "UPDATE flag SET auditor = 'Ada' WHERE id = 2"],
    ['flag 2', 'record', 'DELETE FROM flag WHERE id = 2'],
    ['flag 3', 'record', "INSERT INTO flag SELECT 3, 2, 1, 'Eve', 1, created_at FROM flag WHERE id = 2"],
  ])('names %s where it is not what was done: %s, %s', async (subject, kind, sql) => {
    expect(await brokenAfter(run(sql))).toMatchObject({ kind, subject })
  })

  it('names a score of a review that was changed, and one that is gone', async () => {
    const newest = 'WHERE id = (SELECT max(id) FROM score)'
    expect(await brokenAfter(run(`UPDATE score SET obalex = obalex / 2 ${newest}`))).toMatchObject({ kind: 'record' })
    expect(await brokenAfter(run(`DELETE FROM score ${newest}`))).toMatchObject({ kind: 'record' })
  })

  it('names the correction that a review made, where it was replaced', async () => {
    const change = run("UPDATE mask_revision SET auditor = 'Bob' WHERE number = 1")
    expect(await brokenAfter(change)).toMatchObject({ kind: 'record', subject: 'mask_revision 7' })
  })
})
