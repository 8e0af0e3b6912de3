import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makePhotos, type Photo } from '../../builders/dataset.ts'
import { codeOf, folderIn, newProject, useEngine, useFolder } from './engine-tools.ts'
import { comesBack, exportCorrected, holesComeBack } from './format-tools.ts'

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
  const names = [...new Set(photos.map(({ label }) => `<label><name>${label}</name></label>`))].join('')
  const meta = `<meta><task><labels>${names}</labels></task></meta>`
  await writeFile(annotations, `<annotations>\n${meta}\n${records.join('')}</annotations>\n`)
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

const ofCvat = { format: 'cvat', written: 'annotations.xml' }

describe('CVAT through the engine', () => {
  it('comes in whole, goes out as it came, and comes in again as what it was', async () => {
    const { report, ...setting } = await setUp()
    const { folder, annotations } = setting
    expect(report).toMatchObject({
      images: { new: 6, refused: 0 },
      instances: { new: 6 },
      labelRule: 'folder',
      defects: [{ kind: 'no-segmentation', action: 'refused', count: 6 }],
    })
    const files = await comesBack(client, setting, ofCvat)
    expect(files).toEqual([join(folder, 'out/annotations.xml')])
    expect(await imagesIn(files[0]!)).toEqual(await imagesIn(annotations))
  })

  it('writes a corrected mask as run lengths, and others as they came', async () => {
    const setting = await setUp()
    const { photos, annotations, project } = setting
    const { out } = await exportCorrected(client, setting, 'cvat')
    const [before, after] = [await imagesIn(annotations), await imagesIn(join(out, 'annotations.xml'))]
    expect(after.map((text, i) => text === before[i])).toEqual(photos.map((_, i) => i !== 1))
    expect(after[1]).toMatch(/<mask .* own="1" .*\/>\n {4}<box/)
    const refused = client['dataset.export']({ project, format: 'cvat', masks: 'final', out })
    expect(await codeOf(refused)).toBe('file.exists')
  })

  it('writes masks of COCO with holes, which CVAT’s file then holds', async () => {
    expect(await holesComeBack(client, root, ofCvat)).toEqual([])
  })
})
