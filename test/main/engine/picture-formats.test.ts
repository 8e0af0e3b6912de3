import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeRle, rleBbox } from '#common/mask/rle.ts'
import { listFiles } from '#main/files/list-images.ts'
import { makePhotos, maskOf, shiftMask, writeCoco, writeCocoResults } from '../../builders/dataset.ts'
import { codeOf, folderIn, masksIn, newProject, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

/** A project with the masks of six photos from a COCO file. */
async function setUp(options: Parameters<typeof writeCoco>[2] = {}) {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images)
  const annotations = await writeCoco(join(folder, 'coco.json'), photos, options)
  const path = join(folder, 'a.obalex')
  const project = await newProject(client, path)
  await client['dataset.import']({ project, format: 'coco', images, annotations })
  return { folder, images, photos, project, path }
}

/** All files of a folder by their names, but the list of photos, which is in their order; so are lines of tables. */
async function contents(folder: string): Promise<Record<string, string>> {
  const files = await listFiles(folder, new Set(['.png', '.xml', '.txt', '.csv']))
  const read = files
    .filter((file) => !file.startsWith('ImageSets'))
    .map(async (file) => {
      const content = await readFile(join(folder, file))
      const isTable = file.endsWith('.csv')
      return [file, isTable ? content.toString().split('\n').sort().join('\n') : content.toString('base64')] as const
    })
  return Object.fromEntries(await Promise.all(read))
}

const pixels = (masks: Awaited<ReturnType<typeof masksIn>>) =>
  Object.fromEntries(
    masks.map(({ file, masks: own }) => [file, own.map(({ category, data }) => ({ category, data }))] as const),
  )

const pictureFormats = ['voc', 'png', 'open-images'] as const

describe('Pascal VOC, PNG masks and Open Images through the engine', () => {
  it.each(pictureFormats)('%s has the same masks and categories after an export and an import', async (format) => {
    const ring = maskOf(48, 40, (x, y) => x > 4 && x < 20 && y > 4 && y < 20 && !(x > 8 && x < 12 && y > 8 && y < 12))
    const { folder, images, path, project } = await setUp({ maskOf: () => ring })
    const out = join(folder, 'out')
    const { files, ...counts } = await client['dataset.export']({ project, format, masks: 'final', out })
    expect(counts).toEqual({ images: 6, instances: 6, emptyMasks: 0, losses: [] })
    expect(files).toEqual([out])
    const copy = join(folder, 'b.obalex')
    const other = await newProject(client, copy)
    const report = await client['dataset.import']({ project: other, format, images, annotations: out })
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6, refused: 0 },
      labelRule: 'folder',
      defects: [],
    })
    expect(pixels(await masksIn(copy))).toEqual(pixels(await masksIn(path)))

    const second = join(folder, 'again')
    await client['dataset.export']({ project: other, format, masks: 'final', out: second })
    expect(await contents(second)).toEqual(await contents(out))
    const again = await client['dataset.import']({ project: other, format, images, annotations: second })
    expect(again).toMatchObject({ images: { new: 0, known: 6 }, instances: { new: 0, known: 6 } })
    expect(await codeOf(client['dataset.export']({ project, format, masks: 'final', out }))).toBe('file.exists')
  })

  it.each(pictureFormats)('%s tells what it has no room for', async (format) => {
    const { folder, images, photos, project } = await setUp({ maskOf: ({ mask }) => mask })
    const predictions = await writeCocoResults(join(folder, 'results.json'), photos.slice(0, 2), {
      maskOf: ({ mask }) => shiftMask(mask, 1, 0),
    })
    const annotations = join(folder, 'coco.json')
    await client['dataset.import']({ project, format: 'coco-results', images, annotations, predictions })
    const out = join(folder, 'out')
    const { losses, instances } = await client['dataset.export']({ project, format, masks: 'final', out })
    expect(instances).toBe(8)
    const overlaps = { what: 'overlapping pixels given to the later object', n: expect.any(Number) as number }
    expect(losses).toEqual([...(format === 'voc' ? [overlaps] : []), { what: 'scores left out', n: 2 }])
  })

  it('VOC keeps the records of objects, with the box of a corrected mask in place of the old one', async () => {
    const { folder, images, photos, project } = await setUp()
    const first = join(folder, 'first')
    await client['dataset.export']({ project, format: 'voc', masks: 'final', out: first })
    const voc = await newProject(client, join(folder, 'voc.obalex'))
    await client['dataset.import']({ project: voc, format: 'voc', images, annotations: first })
    const photo = photos[1]!
    const corrected = shiftMask(photo.mask, 3, 2)
    const fix = await writeCoco(join(folder, 'fix.json'), [photo], { maskOf: () => corrected })
    const request = {
      project: voc,
      format: 'coco',
      images,
      annotations: fix,
      as: 'correction',
      auditor: 'Ada',
    } as const
    await client['dataset.import'](request)
    const second = join(folder, 'second')
    await client['dataset.export']({ project: voc, format: 'voc', masks: 'final', out: second })
    const [before, after] = [await contents(first), await contents(second)]
    const stem = photo.file.replace('.png', '')
    const changed = Object.keys(after).filter((file) => after[file] !== before[file])
    expect(changed).toEqual([
      `Annotations/${stem}.xml`,
      `SegmentationClass/${stem}.png`,
      `SegmentationObject/${stem}.png`,
    ])
    const [x, y] = rleBbox(encodeRle(corrected))
    const xml = Buffer.from(after[`Annotations/${stem}.xml`]!, 'base64').toString()
    expect(xml).toContain(`<xmin>${x + 1}</xmin>\n      <ymin>${y + 1}</ymin>`)
    expect(xml).toContain('<pose>Unspecified</pose>')
  })
})
