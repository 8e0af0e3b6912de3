import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rleBbox } from '#common/mask/rle.ts'
import { encodeRle } from '#common/mask/rle.ts'
import { listFiles } from '#main/files/list-images.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { makePhotos, type Photo } from '../../builders/dataset.ts'
import { codeOf, folderIn, newProject, useEngine, useFolder } from './engine-tools.ts'
import { comesBack, exportCorrected, holesComeBack } from './format-tools.ts'

const root = useFolder()
const { client } = useEngine()

/** Rectangles as outlines, discs as pictures on the whole photo; a point beside. */
async function shapesOf({ label, mask, outline }: Photo, number: number): Promise<object[]> {
  const facts = { label, group_id: number, description: `no. ${number}`, flags: { seen: true } }
  const point = { ...facts, points: [[1, 1]], shape_type: 'point', mask: null }
  if (outline !== null) {
    const points = [0, 2, 4, 6].map((i) => [outline[i], outline[i + 1]])
    return [{ ...facts, points, shape_type: 'polygon', mask: null, own: 1 }, point]
  }
  const png = Buffer.from(await formatMaskPng(mask)).toString('base64')
  const points = [[0, 0], [mask.width - 1, mask.height - 1]] // prettier-ignore
  return [{ ...facts, points, shape_type: 'mask', mask: png }, point]
}

async function writeFiles(folder: string, photos: readonly Photo[]): Promise<void> {
  for (const [i, photo] of photos.entries()) {
    const path = join(folder, photo.file.replace('.png', '.json'))
    const facts = { version: '5.11.3', flags: { sharp: true }, imageData: null, camera: 'x' }
    const size = { imageHeight: photo.height, imageWidth: photo.width }
    const imagePath = photo.file.split('/').at(-1)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, JSON.stringify({ ...facts, ...size, imagePath, shapes: await shapesOf(photo, i) }))
  }
}

async function setUp() {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images)
  const annotations = join(folder, 'json')
  await writeFiles(annotations, photos)
  const path = join(folder, 'a.obalex')
  const project = await newProject(client, path)
  const report = await client['dataset.import']({ project, format: 'labelme', images, annotations })
  return { folder, images, photos, annotations, project, path, report }
}

async function documents(folder: string): Promise<Record<string, unknown>> {
  const files = await listFiles(folder, new Set(['.json']))
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [file, JSON.parse(await readFile(join(folder, file), 'utf8'))] as const),
    ),
  )
}

const ofLabelme = { format: 'labelme', written: '' }

describe('LabelMe through the engine', () => {
  it('comes in whole, goes out as it came, and comes in again as what it was', async () => {
    const { report, ...setting } = await setUp()
    const { folder, annotations } = setting
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6, refused: 0 },
      labelRule: 'folder',
      defects: [{ kind: 'no-area', action: 'kept', count: 6 }],
    })
    const out = join(folder, 'out')
    expect(await comesBack(client, setting, ofLabelme)).toEqual([out])
    expect(await documents(out)).toEqual(await documents(annotations))
  })

  it('writes a corrected mask as a picture with the fields of the shape, and others as they came', async () => {
    const setting = await setUp()
    const { photos, annotations, project } = setting
    const { out, second, corrected } = await exportCorrected(client, setting, 'labelme')
    const first = photos[0]!
    const [before, after] = [await documents(annotations), await documents(out)]
    const nameOf = ({ file }: Photo) => file.replace('.png', '.json')
    expect(after[nameOf(first)]).toEqual(before[nameOf(first)])
    const [x, y, width, height] = rleBbox(encodeRle(corrected))
    expect(after[nameOf(second)]).toMatchObject({
      shapes: [
        {
          label: second.label,
          description: 'no. 1',
          flags: { seen: true },
          own: 1,
          shape_type: 'mask',
          points: [
            [x, y],
            [x + width - 1, y + height - 1],
          ],
        },
        { shape_type: 'point' },
      ],
    })
    expect(await codeOf(client['dataset.export']({ project, format: 'labelme', masks: 'final', out }))).toBe(
      'file.exists',
    )
  })

  it('writes masks of COCO, which LabelMe files then hold', async () => {
    expect(await holesComeBack(client, root, ofLabelme)).toEqual([])
  })
})
