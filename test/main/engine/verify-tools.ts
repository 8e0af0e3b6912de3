import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { beforeAll, expect } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { Break, ProjectVerification } from '#common/contract/procedures/projects.ts'
import { tamper } from '../../builders/damage.ts'
import { shiftMask, writeCoco } from '../../builders/dataset.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { folderIn } from './engine-tools.ts'
import { runToEnd, setUpRun, specOf, type RunSetting } from './run-tools.ts'

/** A change by another program. */
export type Change = (database: Database.Database) => void

/** One statement of SQL. */
export function run(sql: string): Change {
  return (database) => void database.prepare(sql).run()
}

/**
 * For all tests of a file: a closed project with six photos, a corrected mask of each, and 24 scores of two methods and
 * both mask rules.
 */
export function useScoredProject(client: EngineClient, root: string) {
  let setting: RunSetting
  beforeAll(async () => {
    setting = await setUpRun(client, root)
    const { project, images, folder, photos } = setting
    const model = await writeSmallModel(join(folder, 'model'), { labels: ['cat', 'dog', 'bird'] })
    await runToEnd(client, project, specOf(model))
    await runToEnd(client, project, specOf(model, { maskVariant: 'paper' }))
    const annotations = await writeCoco(join(folder, 'corrected.json'), photos, {
      maskOf: ({ mask }) => shiftMask(mask, 1, 1),
    })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    await client['project.close']({ project })
  })

  const verify = (path: string, recompute = false): Promise<ProjectVerification> =>
    client['project.verify']({ path, recompute })

  /** A copy of it, alone in a folder. */
  const copy = (): string => {
    const path = join(folderIn(root), 'copy.obalex')
    copyFileSync(setting.path, path)
    return path
  }

  /** What is found broken in a copy after a change. */
  const brokenAfter = async (change: Change, recompute = false): Promise<Break | null> => {
    const path = copy()
    tamper(path, change)
    const { ok, broken } = await verify(path, recompute)
    expect(ok).toBe(broken === null)
    return broken
  }

  return { setting: () => setting, verify, copy, brokenAfter }
}
