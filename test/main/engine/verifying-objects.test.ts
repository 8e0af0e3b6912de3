import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Break } from '#common/contract/procedures/projects.ts'
import { tamper } from '../../builders/damage.ts'
import { folderIn, useEngine, useFolder } from './engine-tools.ts'
import { setUpObjects } from './object-setting.ts'
import { run, type Change } from './verify-tools.ts'

const root = useFolder()
const { client } = useEngine()
let original: string
beforeAll(async () => {
  const { project, path, instances } = await setUpObjects(client, root)
  original = path
  await client['image.object']({ project, image: 3, leftOut: [instances(3)[0]!], auditor: 'Ada' })
  await client['image.object']({ project, image: 3, leftOut: null, auditor: 'Bob' })
  await client['objects.choose']({ project, choice: { pick: 'biggest' } })
  await client['objects.choose']({ project, choice: { minConfidence: 0.7 } })
  await client['project.close']({ project })
})

async function brokenAfter(change: Change): Promise<Break | null> {
  const path = join(folderIn(root), 'copy.obalex')
  copyFileSync(original, path)
  tamper(path, change)
  return (await client['project.verify']({ path })).broken
}

describe('verifying what was chosen', () => {
  it('finds it whole', async () => {
    expect(await client['project.verify']({ path: original, recompute: true })).toMatchObject({ ok: true })
  })

  it.each([
    ['hand_choice 1', "UPDATE hand_choice SET left_out = '[]' WHERE id = 1"],
    ['hand_choice 2', "UPDATE hand_choice SET left_out = '[3]' WHERE id = 2"],
    ['hand_choice 2', "UPDATE hand_choice SET auditor = 'Ada' WHERE id = 2"],
    ['hand_choice 2', 'DELETE FROM hand_choice WHERE id = 2'],
    ['hand_choice 3', "INSERT INTO hand_choice SELECT 3, 2, '[]', 'Eve', 1, created_at FROM hand_choice WHERE id = 2"],
    ['object_rule 1', "UPDATE object_rule SET pick = 'union' WHERE id = 1"],
    ['object_rule 2', 'UPDATE object_rule SET min_confidence = 0.9 WHERE id = 2'],
    ['object_rule 2', 'DELETE FROM object_rule WHERE id = 2'],
    ['object_rule 3', "INSERT INTO object_rule SELECT 3, 0.1, 'union', 1, created_at FROM object_rule WHERE id = 2"],
    // the first that a choice by hand brought, and the last that the rule for all brought
    ['score 13', 'UPDATE score SET obalex = obalex / 2 WHERE id = 13'],
    [
      expect.stringMatching(/^score \d+$/) as string,
      'UPDATE score SET obalex = 0.5 WHERE id = (SELECT max(id) FROM score)',
    ],
  ])('names %s where it is not what was done: %s', async (subject, sql) => {
    expect(await brokenAfter(run(sql))).toMatchObject({ kind: 'record', subject })
  })
})
