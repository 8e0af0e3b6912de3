import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ImageId, InstanceMaskId } from '#common/contract/ids.ts'
import { listAudit, verifyAudit } from '#main/project/audit-log.ts'
import { flaggedImages } from '#main/project/flag-repository.ts'
import { migrations } from '#main/project/migrations/index.ts'
import {
  countChosenByHand,
  handChoicesInForce,
  insertHandChoice,
  insertObjectRule,
  listHandChoices,
  listObjectRules,
  objectRuleInForce,
} from '#main/project/object-choice-repository.ts'
import type { Project } from '#main/project/project.ts'
import { findSchemaDifferences } from '#main/project/schema-check.ts'
import { reopen, write } from '../../../builders/project.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

const before = join(import.meta.dirname, '../../../fixtures/project/before-object-choice.obalex')
const image = 1 as ImageId
const other = 2 as ImageId

function copyOfOlder(): string {
  const path = join(temporaryFolder(), 'older.obalex')
  copyFileSync(before, path)
  return path
}

function choose(project: Project, imageId: ImageId, leftOut: readonly number[] | null) {
  const choice = { imageId, leftOut: leftOut as InstanceMaskId[] | null, auditor: 'Ada' }
  return write(project, (trx) => insertHandChoice(trx, choice, 1))
}

describe('0005-object-choice', () => {
  it('brings an older file to what a new file is, and keeps all that was in it', async () => {
    const project = await reopen(copyOfOlder())
    expect(await findSchemaDifferences(project.read, migrations)).toEqual([])
    expect(await flaggedImages(project.read, { from: image, to: other })).toEqual(new Set([image]))
    expect(await objectRuleInForce(project.read)).toBeNull()
    expect(await handChoicesInForce(project.read, [image, other])).toEqual(new Map())
    expect(await listAudit(project.read, { limit: 10 })).toHaveLength(5)
    expect(await verifyAudit(project.read)).toBeNull()
  })

  it('keeps the newest choice in force, and the others on record', async () => {
    const project = await reopen(copyOfOlder())
    await write(project, (trx) => insertObjectRule(trx, { minConfidence: 0.7, pick: 'union' }, 1))
    await write(project, (trx) => insertObjectRule(trx, { minConfidence: 0, pick: 'biggest' }, 2))
    expect(await objectRuleInForce(project.read)).toMatchObject({ minConfidence: 0, pick: 'biggest', createdAt: 2 })
    expect((await listObjectRules(project.read)).map(({ minConfidence }) => minConfidence)).toEqual([0, 0.7])

    await choose(project, image, [3, 1])
    await choose(project, other, [])
    const inForce = async () =>
      [...(await handChoicesInForce(project.read, [image, other])).values()].map(({ leftOut }) => leftOut)
    expect(await inForce()).toEqual([[1, 3], []])
    expect(await countChosenByHand(project.read)).toBe(2)
    await choose(project, image, null)
    expect(await inForce()).toEqual([[]])
    expect(await countChosenByHand(project.read)).toBe(1)
    expect((await listHandChoices(project.read, image)).map(({ leftOut }) => leftOut)).toEqual([null, [1, 3]])
  })

  it.each([
    ['a rule that is changed', "UPDATE object_rule SET pick = 'union'"],
    ['a rule that is taken away', 'DELETE FROM object_rule'],
    ['a confidence above 1', rule("1.5, 'union', 1")],
    ['a confidence below 0', rule("-0.1, 'union', 1")],
    ['an unknown pick', rule("0.5, 'smallest', 1")],
    ['a second rule of one entry of the log', rule("0.5, 'union', 6")],
    ['a choice that is changed', 'UPDATE hand_choice SET left_out = NULL'],
    ['a choice that is taken away', 'DELETE FROM hand_choice'],
    ['a choice for no image', hand("99, '[]', 'Ada', 1")],
    ['a choice that is no list', hand("1, '{}', 'Ada', 1")],
    ['a choice by nobody', hand("1, '[]', '', 1")],
    ['a choice without an entry of the log', hand("1, '[]', 'Ada', 99")],
  ])('refuses %s', async (_, sql) => {
    const path = copyOfOlder()
    const project = await reopen(path)
    await write(project, (trx) => insertObjectRule(trx, { minConfidence: 0.5, pick: 'biggest' }, 1))
    await choose(project, image, [1])
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

function rule(values: string): string {
  return `INSERT INTO object_rule (min_confidence, pick, audit_seq, created_at) VALUES (${values}, 1)`
}

function hand(values: string): string {
  return `INSERT INTO hand_choice (image_id, left_out, auditor, audit_seq, created_at) VALUES (${values}, 1)`
}
