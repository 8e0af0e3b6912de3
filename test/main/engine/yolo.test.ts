import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeRle } from '#common/mask/rle.ts'
import { listFiles } from '#main/files/list-images.ts'
import { rleOf } from '#main/engine/object-mask.ts'
import { listImages } from '#main/project/image-repository.ts'
import { currentMasks } from '#main/project/mask-repository.ts'
import { makePhotos, maskOf, shiftMask, writeCoco } from '../../builders/dataset.ts'
import { codeOf, folderIn, newProject, reading, useEngine, useFolder } from './engine-tools.ts'

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

/** All that a project knows of its masks. */
function masksIn(path: string): Promise<{ file: string; masks: { data: Uint8Array }[] }[]> {
  return reading(path, async ({ read }) => {
    const images = await listImages(read, {}, { limit: 100 })
    const current = await currentMasks(
      read,
      images.map(({ id }) => id),
    )
    return images.map(({ id, file, label }) => {
      const masks = (current.get(id) ?? []).map(({ instance, revision }) => {
        const { category, score, isCrowd, source } = instance
        return { category, score, isCrowd, source, data: decodeRle(rleOf(revision.mask)).data }
      })
      return { file, label, masks }
    })
  })
}

describe('YOLO segmentation through the engine', () => {
  it('comes in whole, goes out as it came, and comes in again as what it was', async () => {
    const { folder, images, photos, project, path, report } = await setUp()
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6, refused: 0 },
      labelRule: 'folder',
      defects: [],
    })
    const out = join(folder, 'out')
    const { files, ...counts } = await client['dataset.export']({ project, format: 'yolo-seg', masks: 'final', out })
    expect(counts).toEqual({ images: 6, instances: 6, emptyMasks: 0, losses: [] })
    expect(files).toEqual([out])
    expect(await labelsIn(join(out, 'labels'))).toEqual(await labelsIn(join(folder, 'labels')))

    const copy = join(folder, 'b.obalex')
    const other = await newProject(client, copy)
    const annotations = join(out, 'labels')
    await client['dataset.import']({ project: other, format: 'yolo-seg', images, annotations })
    const masks = await masksIn(path)
    expect(masks).toHaveLength(photos.length)
    expect(await masksIn(copy)).toEqual(masks)
    const again = await client['dataset.import']({ project, format: 'yolo-seg', images, annotations })
    expect(again).toMatchObject({ images: { new: 0, known: 6 }, instances: { new: 0, known: 6 } })
  })

  it('writes a corrected mask along its pixels, and others as they came', async () => {
    const { folder, images, photos, annotations, project } = await setUp()
    const second = photos[1]!
    const coco = await writeCoco(join(folder, 'fix.json'), [second], { maskOf: () => shiftMask(second.mask, 3, 2) })
    const request = { project, format: 'coco', images, annotations: coco, as: 'correction', auditor: 'Ada' } as const
    await client['dataset.import'](request)
    const out = join(folder, 'out')
    await client['dataset.export']({ project, format: 'yolo-seg', masks: 'final', out })
    const [before, after] = [await labelsIn(dirname(annotations)), await labelsIn(out)]
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    expect(changed).toEqual([`labels/${second.file.replace('.png', '.txt')}`])
    expect(await codeOf(client['dataset.export']({ project, format: 'yolo-seg', masks: 'final', out }))).toBe(
      'file.exists',
    )
  })

  it('writes masks of COCO with holes as one outline, says so, and reads them back as they were', async () => {
    const folder = folderIn(root)
    const images = join(folder, 'photos')
    const photos = await makePhotos(images)
    const ring = maskOf(48, 40, (x, y) => x > 4 && x < 20 && y > 4 && y < 20 && !(x > 8 && x < 12 && y > 8 && y < 12))
    const annotations = await writeCoco(join(folder, 'coco.json'), photos, { maskOf: () => ring })
    const project = await newProject(client, join(folder, 'a.obalex'))
    await client['dataset.import']({ project, format: 'coco', images, annotations })
    const out = join(folder, 'out')
    const { losses } = await client['dataset.export']({ project, format: 'yolo-seg', masks: 'final', out })
    expect(losses).toEqual([{ what: expect.stringContaining('masks with holes') as string, n: 6 }])
    const copy = join(folder, 'b.obalex')
    const other = await newProject(client, copy)
    await client['dataset.import']({ project: other, format: 'yolo-seg', images, annotations: join(out, 'data.yaml') })
    const found = await masksIn(copy)
    expect(found.map(({ masks }) => masks.map(({ data }) => data))).toEqual(photos.map(() => [ring.data]))
  })
})
