import { hash } from 'node:crypto'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { type AuditBreak, listAudit, readAuditHead, verifyAudit } from '#main/project/audit-log.ts'
import type { Project } from '#main/project/project.ts'
import { findSchemaDifferences } from '#main/project/schema-check.ts'
import { migrations } from '#main/project/migrations/index.ts'
import { expectCode, makeProject, write } from '../../builders/project.ts'

async function makeLog(entries: number): Promise<Project> {
  const project = await makeProject()
  for (let index = 2; index <= entries; index++) {
    const data = { index, verdict: 'minor', share: 0.1 + index }
    await project.write({ actor: 'Ada', action: 'review.save', subject: `image:${index}`, data }, () =>
      Promise.resolve(),
    )
  }
  return project
}

/** Changes the file behind the program's back, with the triggers out of the way. */
function tamper(project: Project, sql: string): void {
  const database = new Database(project.path)
  database.exec(`DROP TRIGGER audit_log_no_update; DROP TRIGGER audit_log_no_delete; ${sql}`)
  database.close()
}

describe('the audit log', () => {
  it('holds: each hash is over the entry and the hash before it, the first follows the project', async () => {
    const project = await makeLog(5)
    const entries = await listAudit(project.read, { limit: 10 })
    let previousHash = hash('sha256', project.info.id)
    for (const { seq, at, actor, action, subject, data, ...hashes } of entries) {
      const text = JSON.stringify({
        action,
        actor,
        at,
        data: Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))),
        previousHash,
        seq,
        subject,
      })
      expect(hashes).toEqual({ previousHash, hash: hash('sha256', text) })
      previousHash = hashes.hash
    }
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5])
    expect(await readAuditHead(project.read)).toEqual({ seq: 5, hash: previousHash })
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it('is read page by page', async () => {
    const project = await makeLog(5)
    const page = await listAudit(project.read, { after: 2, limit: 2 })
    expect(page.map(({ seq, subject }) => [seq, subject])).toEqual([
      [3, 'image:3'],
      [4, 'image:4'],
    ])
    expect(page[0]?.data).toEqual({ index: 3, verdict: 'minor', share: 3.1 })
  })

  it('refuses to be changed', async () => {
    const project = await makeLog(2)
    await expect(write(project, (trx) => trx.updateTable('audit_log').set({ actor: 'Eve' }).execute())).rejects.toThrow(
      'append-only',
    )
    await expect(write(project, (trx) => trx.deleteFrom('audit_log').execute())).rejects.toThrow('append-only')
    const [row] = await project.read.selectFrom('audit_log').selectAll().execute()
    await expect(write(project, (trx) => trx.replaceInto('audit_log').values(row!).execute())).rejects.toThrow(
      'append-only',
    )
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it.each<[string, string, AuditBreak]>([
    ['another actor', "UPDATE audit_log SET actor = 'Eve' WHERE seq = 3", { seq: 3, reason: 'changed' }],
    ['another time', 'UPDATE audit_log SET at = at + 1 WHERE seq = 1', { seq: 1, reason: 'changed' }],
    ['other data', `UPDATE audit_log SET data = '{"verdict":"accept"}' WHERE seq = 4`, { seq: 4, reason: 'changed' }],
    [
      'data written in another way',
      "UPDATE audit_log SET data = data || ' ' WHERE seq = 4",
      { seq: 4, reason: 'changed' },
    ],
    ['another hash', `UPDATE audit_log SET hash = '${'0'.repeat(64)}' WHERE seq = 2`, { seq: 2, reason: 'changed' }],
    ['an entry taken out', 'DELETE FROM audit_log WHERE seq = 3', { seq: 3, reason: 'missing' }],
    ['the first taken out', 'DELETE FROM audit_log WHERE seq = 1', { seq: 1, reason: 'missing' }],
    ['the end cut off', 'DELETE FROM audit_log WHERE seq > 3', { seq: 4, reason: 'missing' }],
    ['all taken out', 'DELETE FROM audit_log', { seq: 1, reason: 'missing' }],
    [
      'an entry taken out and the rest moved up',
      'DELETE FROM audit_log WHERE seq = 3; UPDATE audit_log SET seq = seq - 1 WHERE seq > 3',
      { seq: 3, reason: 'changed' },
    ],
    [
      'an entry added at the end',
      `INSERT INTO audit_log SELECT 6, at, actor, action, subject, data, hash, '${'0'.repeat(64)}' FROM audit_log WHERE seq = 5`,
      { seq: 6, reason: 'added' },
    ],
    [
      'another project under the log',
      "UPDATE meta SET value = 'another' WHERE key = 'project_id'",
      { seq: 1, reason: 'changed' },
    ],
  ])('names the first entry that does not hold: %s', async (_, sql, expected) => {
    const project = await makeLog(5)
    tamper(project, sql)
    expect(await verifyAudit(project.read)).toEqual(expected)
  })

  it('needs a head that was noted elsewhere to find that the end was cut off and the head put back', async () => {
    const project = await makeLog(5)
    const [entry] = await listAudit(project.read, { after: 2, limit: 1 })
    tamper(
      project,
      `DELETE FROM audit_log WHERE seq > 3; UPDATE meta SET value = '{"hash":"${entry!.hash}","seq":3}' WHERE key = 'audit_head'`,
    )
    expect(await verifyAudit(project.read)).toBeNull()
    expect(await readAuditHead(project.read)).toEqual({ seq: 3, hash: entry!.hash })
  })

  it.each([
    ['the end cut off', 'DELETE FROM audit_log WHERE seq > 3', 4],
    ['all taken out', 'DELETE FROM audit_log', 1],
    ['the last hash changed', `UPDATE audit_log SET hash = '${'0'.repeat(64)}' WHERE seq = 5`, 5],
  ])('adds nothing to a chain whose end was changed: %s', async (_, sql, seq) => {
    const project = await makeLog(5)
    tamper(project, sql)
    const error = await expectCode(
      write(project, () => Promise.resolve()),
      'project.corrupt',
    )
    expect(error.data).toEqual({ seq })
  })

  it('shows that its triggers are gone', async () => {
    const project = await makeLog(2)
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([])
    tamper(project, 'CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT 1; END')
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([
      { kind: 'trigger', name: 'audit_log_no_delete', difference: 'changed' },
      { kind: 'trigger', name: 'audit_log_no_update', difference: 'missing' },
    ])
  })
})
