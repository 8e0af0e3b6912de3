import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { ExplanationId } from '#common/contract/ids.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { hashMask } from '#main/project/mask-rows.ts'
import { openProject } from '#main/project/open.ts'
import { saveScore } from '#main/project/score-repository.ts'
import { flipIn, tamper } from '../../builders/damage.ts'
import { aScore, write } from '../../builders/project.ts'
import { useEngine, useFolder } from './engine-tools.ts'
import { run, useScoredProject } from './verify-tools.ts'

const root = useFolder()
const { client } = useEngine()
const { verify, copy, brokenAfter } = useScoredProject(client, root)

describe('a change of the audit log', () => {
  it.each([
    ['an entry', 2, "UPDATE audit_log SET actor = 'somebody' WHERE seq = 2"],
    ['a fact of an entry', 4, `UPDATE audit_log SET data = replace(data, '"', '"') || ' ' WHERE seq = 4`],
    ['an entry taken out', 3, 'DELETE FROM audit_log WHERE seq = 3'],
  ])('is named: %s', async (_, seq, sql) => {
    expect(await brokenAfter(run(sql))).toMatchObject({ kind: 'audit', subject: `audit_log ${seq}` })
  })

  it('is named where its end was cut off, or its head is gone', async () => {
    const log = 'DELETE FROM audit_log WHERE seq > 5'
    expect(await brokenAfter(run(log))).toMatchObject({ kind: 'reference', subject: 'import 2' })
    const cut = await brokenAfter((database) => {
      database.exec(`DELETE FROM former_image; DELETE FROM import WHERE audit_seq > 5; ${log}`)
    })
    expect(cut).toMatchObject({ kind: 'audit', subject: 'audit_log 6' })
    expect(await brokenAfter(run("DELETE FROM meta WHERE key = 'audit_head'"))).toMatchObject({ kind: 'audit' })
    expect(await brokenAfter(run("DELETE FROM meta WHERE key = 'project_id'"))).toMatchObject({ kind: 'audit' })
  })
})

describe('a change of stored data', () => {
  it('is named where one bit of a map flipped on the disk', async () => {
    const path = copy()
    const database = new Database(path)
    const { sha256, bytes } = database.prepare<[], { sha256: string; bytes: Buffer }>('SELECT * FROM blob').get()!
    database.close()
    flipIn(path, bytes)
    expect((await verify(path)).broken).toMatchObject({ kind: 'blob', subject: `blob ${sha256}` })
  })

  it('is named where a mask was replaced, or is not what is said of it', async () => {
    const replaced = run("UPDATE mask_revision SET rle = CAST('08' AS BLOB) WHERE id = 3")
    expect(await brokenAfter(replaced)).toMatchObject({ kind: 'mask', subject: 'mask_revision 3' })
    const area = run('UPDATE mask_revision SET area = area - 1 WHERE id = 4')
    expect(await brokenAfter(area)).toMatchObject({ kind: 'mask', subject: 'mask_revision 4' })
    const box = run('UPDATE mask_revision SET bbox_x = bbox_x - 1 WHERE id = 5')
    expect(await brokenAfter(box)).toMatchObject({ kind: 'mask', subject: 'mask_revision 5' })
  })

  it('is named where a map cannot be decoded', async () => {
    const broken = await brokenAfter(run("UPDATE explanation SET header = json_set(header, '$.rows', 99) WHERE id = 2"))
    expect(broken).toMatchObject({ kind: 'map', subject: 'explanation 2' })
  })

  it('is named where a correction was replaced by another whole one: the log has its hash', async () => {
    const broken = await brokenAfter((database) => {
      const [width, height, counts] = [48, 40, compressCounts(Uint32Array.of(0, 48 * 40))]
      database
        .prepare(
          `UPDATE mask_revision SET rle = ?, sha256 = ?, area = width * height, bbox_x = 0, bbox_y = 0,
           bbox_width = width, bbox_height = height WHERE id = 8`,
        )
        .run(Buffer.from(counts), hashMask({ width, height, counts }))
    })
    expect(broken).toMatchObject({ kind: 'record', subject: 'mask_revision 8' })
  })

  it.each([
    ['image 1', 'UPDATE score SET obalex = obalex / 2 WHERE id = 1'],
    ['image 2', 'DELETE FROM score WHERE explanation_id IN (SELECT id FROM explanation WHERE prediction_id = 2)'],
    ['image 1', 'UPDATE prediction SET class_index = 2 - class_index WHERE id = 1'],
    ['image 1', "UPDATE explanation SET method = 'lime' WHERE id = 1"],
    ['model 1', "UPDATE model SET sha256 = replace(sha256, substr(sha256, 1, 4), 'beef')"],
    ['class_map', `UPDATE class_map SET entries = json_set(entries, '$."0"', 'dog')`],
    ['job 1', "UPDATE job SET spec = json_set(spec, '$.limit', 5) WHERE id = 1"],
    ['mask_revision 9', "UPDATE mask_revision SET auditor = 'Bob' WHERE id = 9"],
    ['meta', "UPDATE meta SET value = 'another program' WHERE key = 'created_by'"],
  ])('is named where the log knows better: %s', async (subject, sql) => {
    expect(await brokenAfter(run(sql))).toMatchObject({ kind: 'record', subject })
  })

  it('is named where all that belongs to an image was taken out', async () => {
    const broken = await brokenAfter((database) => {
      database.exec('DELETE FROM mask_revision WHERE instance_mask_id = 6; DELETE FROM instance_mask WHERE id = 6')
    })
    expect(broken).toMatchObject({ kind: 'record' })
  })
})

describe('a changed number of a score', () => {
  it.each(['auc', 'lift', 'area_share', 'normalized', 'relevance_rank'])(
    'that the log does not have is found by computing it again: %s',
    async (column) => {
      const change = run(`UPDATE score SET ${column} = ${column} + 1e-9 WHERE id = 7`)
      expect(await brokenAfter(change)).toBeNull()
      expect(await brokenAfter(change, true)).toMatchObject({ kind: 'score', subject: 'score 7' })
    },
  )

  it('is not judged where its mask is not to be found, which is told', async () => {
    const path = copy()
    const project = await openProject(path, { mode: 'write', now: Date.now })
    await write(project, (trx) => saveScore(trx, aScore(3 as ExplanationId, { maskKey: '0'.repeat(64) }), 1))
    await project.close()
    tamper(path, run('UPDATE image SET width = width + 1 WHERE id = 6'))
    const { ok, checked, notes } = await verify(path, true)
    expect({ ok, scores: checked.scores }).toEqual({ ok: true, scores: 24 - 1 - 4 })
    expect(notes).toEqual([
      expect.stringMatching(/^2 masks .* another size/),
      expect.stringMatching(/^5 scores .* mask/),
    ])
  })
})
