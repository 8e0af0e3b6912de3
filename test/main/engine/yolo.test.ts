import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles } from '#main/files/list-images.ts'
import { makePhotos } from '../../builders/dataset.ts'
import { codeOf, folderIn, newProject, useEngine, useFolder } from './engine-tools.ts'
import { comesBack, exportCorrected, holesComeBack } from './format-tools.ts'

const root = useFolder()
const { client } = useEngine()

const names = ['bird', 'cat', 'dog']

/** Photos in folders of their class, a triangle each. */
async function setUp() {
  const folder = folderIn(root)
  const images = join(folder, 'images')
  const photos = await makePhotos(images)
  for (const [i, { file, label }] of photos.entries()) {
    const path = join(folder, 'labels', file.replace('.png', '.txt'))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${names.indexOf(label)} 0.10 0.1 0.7${i} 0.2 0.3 0.9\n`)
  }
  const annotations = join(folder, 'data.yaml')
  await writeFile(annotations, `train: images\nval: images\nnames: [${names.join(', ')}]\n`)
  const path = join(folder, 'a.obalex')
  const project = await newProject(client, path)
  const report = await client['dataset.import']({ project, format: 'yolo-seg', images, annotations })
  return { folder, images, photos, annotations, project, path, report }
}

async function labelsIn(folder: string): Promise<Record<string, string>> {
  const files = await listFiles(folder, new Set(['.txt']))
  const texts = files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const)
  return Object.fromEntries(await Promise.all(texts))
}

describe('YOLO segmentation through the engine', () => {
  it('comes in whole, goes out as it came, and comes in again as what it was', async () => {
    const { report, ...setting } = await setUp()
    const { folder } = setting
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6, refused: 0 },
      labelRule: 'folder',
      defects: [],
    })
    const out = join(folder, 'out')
    expect(await comesBack(client, setting, { format: 'yolo-seg', written: 'labels' })).toEqual([out])
    expect(await labelsIn(join(out, 'labels'))).toEqual(await labelsIn(join(folder, 'labels')))
  })

  it('writes a corrected mask along its pixels, and others as they came', async () => {
    const setting = await setUp()
    const { annotations, project } = setting
    const { out, second } = await exportCorrected(client, setting, 'yolo-seg')
    const [before, after] = [await labelsIn(dirname(annotations)), await labelsIn(out)]
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    expect(changed).toEqual([`labels/${second.file.replace('.png', '.txt')}`])
    expect(await codeOf(client['dataset.export']({ project, format: 'yolo-seg', masks: 'final', out }))).toBe(
      'file.exists',
    )
  })

  it('writes masks of COCO with holes as one outline, says so, and reads them back as they were', async () => {
    const losses = await holesComeBack(client, root, { format: 'yolo-seg', written: 'data.yaml' })
    expect(losses).toEqual([{ what: expect.stringContaining('masks with holes') as string, n: 6 }])
  })
})
