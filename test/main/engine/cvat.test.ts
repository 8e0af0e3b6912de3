import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeRle } from '#common/mask/rle.ts'
import { rleOf } from '#main/engine/object-mask.ts'
import { listImages } from '#main/project/image-repository.ts'
import { currentMasks } from '#main/project/mask-repository.ts'
import { makePhotos, maskOf, shiftMask, writeCoco, type Photo } from '../../builders/dataset.ts'
import { codeOf, folderIn, newProject, reading, useEngine, useFolder } from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

/** Rectangles as outlines, discs as run lengths on the whole photo; a box beside. */
function shapesOf({ label, mask, outline }: Photo): string {
  const box = `    <box label="${label}" xtl="1.5" ytl="1" xbr="4" ybr="4"/>\n`
  if (outline !== null) {
    const points = [0, 2, 4, 6].map((i) => `${outline[i]},${outline[i + 1]}`).join(';')
    return `    <polygon label="${label}" source="manual" points="${points}" own="1"/>\n${box}`
  }
  const counts: number[] = []
  let [from, value] = [0, 0]
  for (const [i, each] of mask.data.entries()) {
    if (each !== value) counts.push(i - from)
    if (each !== value) [from, value] = [i, each]
  }
  counts.push(mask.data.length - from)
  const place = `left="0" top="0" width="${mask.width}" height="${mask.height}"`
  return `    <mask label="${label}" rle="${counts.join(', ')}" ${place}/>\n${box}`
}

async function setUp() {
  const folder = folderIn(root)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images)
  const annotations = join(folder, 'annotations.xml')
  const records = photos.map((photo, i) => {
    const { file, width, height } = photo
    return `  <image id="${i}" name="${file}" width="${width}" height="${height}">\n${shapesOf(photo)}  </image>\n`
  })
  await writeFile(annotations, `<annotations>\n${records.join('')}</annotations>\n`)
  const path = join(folder, 'a.obalex')
  const project = await newProject(client, path)
  const report = await client['dataset.import']({ project, format: 'cvat', images, annotations })
  return { folder, images, photos, annotations, project, path, report }
}

/** The images of a file as text, the attributes of each tag in the order of their names, since any order is the same. */
async function imagesIn(path: string): Promise<string[]> {
  const text = (await readFile(path, 'utf8')).replace(
    /(?: [\w.]+="[^"]*")+/g,
    (attributes) =>
    [...attributes.matchAll(/ [\w.]+="[^"]*"/g)].map(([each]) => each).sort().join(''), // prettier-ignore
  )
  return text.match(/ {2}<image .*?<\/image>\n/gs) ?? []
}

/** All that a project knows of its masks. */
function masksIn(path: string): Promise<unknown[]> {
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

describe('CVAT through the engine', () => {
  it('comes in whole, goes out as it came, and comes in again as what it was', async () => {
    const { folder, images, photos, annotations, project, path, report } = await setUp()
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6 },
      labelRule: 'folder',
      defects: [{ kind: 'no-segmentation', action: 'refused', count: 6 }],
    })
    const out = join(folder, 'out')
    const { files, ...counts } = await client['dataset.export']({ project, format: 'cvat', masks: 'final', out })
    expect(counts).toEqual({ images: 6, instances: 6, emptyMasks: 0, losses: [] })
    expect(files).toEqual([join(out, 'annotations.xml')])
    expect(await imagesIn(files[0]!)).toEqual(await imagesIn(annotations))

    const copy = join(folder, 'b.obalex')
    const other = await newProject(client, copy)
    await client['dataset.import']({ project: other, format: 'cvat', images, annotations: files[0]! })
    const masks = await masksIn(path)
    expect(masks).toHaveLength(photos.length)
    expect(await masksIn(copy)).toEqual(masks)
    const again = await client['dataset.import']({ project, format: 'cvat', images, annotations: files[0]! })
    expect(again).toMatchObject({ images: { new: 0, known: 6 }, instances: { new: 0, known: 6 } })
  })

  it('writes a corrected mask as run lengths, and others as they came', async () => {
    const { folder, images, photos, annotations, project } = await setUp()
    const second = photos[1]!
    const corrected = shiftMask(second.mask, 3, 2)
    const coco = await writeCoco(join(folder, 'fix.json'), [second], { maskOf: () => corrected })
    const request = { project, format: 'coco', images, annotations: coco, as: 'correction', auditor: 'Ada' } as const
    await client['dataset.import'](request)
    const out = join(folder, 'out')
    await client['dataset.export']({ project, format: 'cvat', masks: 'final', out })
    const [before, after] = [await imagesIn(annotations), await imagesIn(join(out, 'annotations.xml'))]
    expect(after.map((text, i) => text === before[i])).toEqual(photos.map((_, i) => i !== 1))
    expect(after[1]).toMatch(/<mask .* own="1" .*\/>\n {4}<box/)
    const refused = client['dataset.export']({ project, format: 'cvat', masks: 'final', out })
    expect(await codeOf(refused)).toBe('file.exists')
  })

  it('writes masks of COCO with holes, which CVAT’s file then holds', async () => {
    const folder = folderIn(root)
    const images = join(folder, 'photos')
    const photos = await makePhotos(images)
    const ring = maskOf(48, 40, (x, y) => x > 4 && x < 20 && y > 4 && y < 20 && !(x > 8 && x < 12 && y > 8 && y < 12))
    const annotations = await writeCoco(join(folder, 'coco.json'), photos, { maskOf: () => ring })
    const project = await newProject(client, join(folder, 'a.obalex'))
    await client['dataset.import']({ project, format: 'coco', images, annotations })
    const out = join(folder, 'out')
    await client['dataset.export']({ project, format: 'cvat', masks: 'final', out })
    const copy = join(folder, 'b.obalex')
    const other = await newProject(client, copy)
    const written = join(out, 'annotations.xml')
    await client['dataset.import']({ project: other, format: 'cvat', images, annotations: written })
    const found = (await masksIn(copy)) as { masks: { data: Uint8Array }[] }[]
    expect(found.map(({ masks }) => masks.map(({ data }) => data))).toEqual(photos.map(() => [ring.data]))
  })
})
