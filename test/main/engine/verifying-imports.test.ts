import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Break } from '#common/contract/procedures/projects.ts'
import { tamper } from '../../builders/damage.ts'
import { makePhotos, paintPhoto, shiftMask, writeCoco } from '../../builders/dataset.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { folderIn, useEngine, useFolder } from './engine-tools.ts'
import { runToEnd, setUpRun, specOf } from './run-tools.ts'
import { run } from './verify-tools.ts'

const root = useFolder()
const { client } = useEngine()
let original: string

/** Four imports: photos and masks; corrections and other photos, which were undone after a run; a photo that is another. */
beforeAll(async () => {
  const { folder, path, project, images, photos } = await setUpRun(client, root)
  const model = await writeSmallModel(join(folder, 'model'), { labels: ['cat', 'dog', 'bird'] })
  const annotations = await writeCoco(join(folder, 'moved.json'), photos, {
    maskOf: ({ mask }) => shiftMask(mask, 1, 1),
  })
  await runToEnd(client, project, specOf(model))
  await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
  const others = join(folder, 'others')
  await makePhotos(others, { perClass: 1 })
  await client['dataset.import']({ project, format: 'folder', images: others })
  await runToEnd(client, project, specOf(model, { methods: [{ method: 'gradcam' }] }))
  await client['dataset.import.undo']({ project })
  await client['dataset.import.undo']({ project })
  await paintPhoto(photos[0]!, [9, 9, 9])
  await client['dataset.import']({ project, format: 'folder', images })
  await client['project.close']({ project })
  original = path
})

async function brokenAfter(sql: string): Promise<Break | null> {
  const path = join(folderIn(root), 'copy.obalex')
  copyFileSync(original, path)
  tamper(path, run(sql))
  return (await client['project.verify']({ path })).broken
}

describe('verifying imports', () => {
  it('finds a project whole whose imports were undone, its scores computed again', async () => {
    const { broken, checked } = await client['project.verify']({ path: original, recompute: true })
    expect(broken).toBeNull()
    // of the photo that is another one now nothing is computed again
    expect(checked.scores).toBeGreaterThan(0)
  })

  it.each([
    ['import 1', 'has more rows', 'UPDATE import SET revision_last = revision_last + 1 WHERE id = 1'],
    ['import 1', 'is said to be undone', 'UPDATE import SET undo_seq = 4 WHERE id = 1'],
    ['import 2', 'is said to be in force', 'UPDATE import SET undo_seq = NULL WHERE id = 2'],
    ['import 4', 'overwrote something else', "UPDATE former_image SET label = 'wolf'"],
    ['import 4', 'overwrote nothing', 'DELETE FROM former_image'],
    ['import', 'is gone', 'DELETE FROM import WHERE id = 1'],
    [
      'import 9',
      'was made up',
      'INSERT INTO import SELECT 9, 1, NULL, 0, 0, 0, 9, 0, 9, 0, 9, 0, 0, 0 FROM import WHERE id = 1',
    ],
    [
      'import 3',
      'has an image again',
      `INSERT INTO image SELECT image_before + 1, 1, 'x.png', 1, 1, 1, '${'0'.repeat(64)}', NULL, NULL, '{}', 1 FROM import WHERE id = 3`,
    ],
  ])('names %s where it %s', async (subject, _, sql) => {
    expect(await brokenAfter(sql)).toMatchObject({ kind: 'record', subject })
  })

  it('still names scores that were not taken out with an import', async () => {
    const maps = 'SELECT id FROM explanation WHERE prediction_id IN (SELECT id FROM prediction WHERE image_id = 2)'
    expect(await brokenAfter(`DELETE FROM score WHERE explanation_id IN (${maps})`)).toMatchObject({
      kind: 'record',
      subject: 'image 2',
    })
  })
})
