import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { readSegmentation } from '#main/datasets/coco/segmentation.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { maskOf, shiftMask, writeCoco, writeCocoResults, type Photo } from '../../builders/dataset.ts'
import { codeOf, errorOf, folderIn, inspect, useEngine, useFolder } from './engine-tools.ts'
import { setUpRun, type RunSetting } from './run-tools.ts'

const root = useFolder()
const { client } = useEngine()

interface CocoJson {
  readonly images: readonly { id: number; file_name: string; width: number; height: number; [key: string]: unknown }[]
  readonly categories: readonly { id: number; name: string }[]
  readonly annotations: readonly {
    id: number
    image_id: number
    category_id: number
    segmentation: unknown
    [key: string]: unknown
  }[]
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

/** Exports into a folder of its own. */
function exportTo(project: number, masks: 'machine' | 'corrected' | 'final', format = 'coco') {
  return client['dataset.export']({ project, format, masks, out: join(folderIn(root), 'out') })
}

const masksOf = ({ images, annotations }: CocoJson): Record<string, Bitmap[]> => {
  const found: Record<string, Bitmap[]> = {}
  for (const { image_id, segmentation } of annotations) {
    const { file_name, width, height } = images.find(({ id }) => id === image_id)!
    const { rle } = readSegmentation(segmentation, { photo: [width, height], given: [width, height] })
    found[file_name] = [...(found[file_name] ?? []), decodeRle(rle!)]
  }
  return found
}

const shifted = ({ mask }: Photo): Bitmap => shiftMask(mask, 3, 2)

/** Corrects the first photo's object, and draws a new one into the second photo. */
async function correct({ project, photos, folder, images }: RunSetting): Promise<Bitmap> {
  const corner = maskOf(48, 40, (x, y) => x >= 44 && y >= 36)
  const request = { project, format: 'coco', images, as: 'correction', auditor: 'Ada' } as const
  const first = await writeCoco(join(folder, 'first.json'), [photos[0]!], { maskOf: shifted })
  const second = await writeCoco(join(folder, 'second.json'), [photos[1]!], { maskOf: () => corner })
  for (const annotations of [first, second]) await client['dataset.import']({ ...request, annotations })
  return corner
}

describe('dataset.export to COCO', () => {
  it('writes what came in, ids and fields that only the dataset knows included', async () => {
    const { project, folder, photos, images } = await setUpRun(client, root)
    // the same file once more with fields that this program does not know
    const source = await readJson<CocoJson>(join(folder, 'coco.json'))
    const rich = {
      ...source,
      images: source.images.map((image) => ({ ...image, licence: 4 })),
      annotations: source.annotations.map((annotation) => ({ ...annotation, attributes: { occluded: true } })),
    }
    const annotations = join(folder, 'rich.json')
    await writeFile(annotations, JSON.stringify(rich))
    const path = join(folder, 'rich.obalex')
    const { project: other } = await client['project.create']({ path })
    await client['dataset.import']({ project: other, format: 'coco', images, annotations })

    for (const [handle, expected] of [
      [project, source],
      [other, rich],
    ] as const) {
      const { files, ...counts } = await exportTo(handle, 'final')
      expect(counts).toEqual({ images: 6, instances: 6, emptyMasks: 0, losses: [] })
      expect(files).toHaveLength(1)
      const written = await readJson<CocoJson>(files[0]!)
      expect(written.images).toEqual(expected.images)
      expect(written.categories).toEqual(expected.categories)
      expect(written.annotations).toEqual(expected.annotations)
      expect(masksOf(written)).toEqual(Object.fromEntries(photos.map(({ file, mask }) => [file, [mask]])))
    }
  })

  it('comes in again as what it was', async () => {
    const setting = await setUpRun(client, root)
    await correct(setting)
    const { files } = await exportTo(setting.project, 'final')
    const copy = join(setting.folder, 'copy.obalex')
    const { project } = await client['project.create']({ path: copy })
    const report = await client['dataset.import']({
      project,
      format: 'coco',
      images: setting.images,
      annotations: files[0]!,
    })
    expect(report).toMatchObject({ instances: { new: 7, refused: 0 }, defects: [] })
    const list = async (handle: number) =>
      (await client['instances.list']({ project: handle })).instances.map(({ image, category, area, bbox }) => ({
        image,
        category,
        area,
        bbox,
      }))
    const sorted = (rows: Awaited<ReturnType<typeof list>>) => rows.map((row) => JSON.stringify(row)).sort()
    expect(sorted(await list(project))).toEqual(sorted(await list(setting.project)))
  })

  it('gives machine masks, corrected ones, or the newest of each', async () => {
    const setting = await setUpRun(client, root)
    const corner = await correct(setting)
    const [first, second, ...rest] = setting.photos
    const of = async (masks: 'machine' | 'corrected' | 'final') => {
      const { files, instances, images } = await exportTo(setting.project, masks)
      expect(images).toBe(6)
      return { n: instances, masks: masksOf(await readJson<CocoJson>(files[0]!)) }
    }
    const others = Object.fromEntries(rest.map(({ file, mask }) => [file, [mask]]))
    expect(await of('machine')).toEqual({
      n: 6,
      masks: { [first!.file]: [first!.mask], [second!.file]: [second!.mask], ...others },
    })
    expect(await of('corrected')).toEqual({
      n: 2,
      masks: { [first!.file]: [shifted(first!)], [second!.file]: [corner] },
    })
    expect(await of('final')).toEqual({
      n: 7,
      masks: { [first!.file]: [shifted(first!)], [second!.file]: [second!.mask, corner], ...others },
    })
  })

  it('never gives a corrected mask the outline, box or area of the old one', async () => {
    const setting = await setUpRun(client, root)
    const { project, photos, folder, images } = setting
    const annotations = await writeCoco(join(folder, 'moved.json'), [photos[1]!], { maskOf: shifted })
    await client['dataset.import']({ project, format: 'coco', images, annotations, as: 'correction', auditor: 'Ada' })
    const { files } = await exportTo(project, 'final')
    const written = await readJson<CocoJson>(files[0]!)
    const [before, after] = [await readJson<CocoJson>(join(folder, 'coco.json')), written].map((json) =>
      json.annotations.find(({ id }) => id === 1002)!,
    )
    expect(Array.isArray(before!.segmentation)).toBe(true)
    expect(after!.segmentation).toHaveProperty('counts')
    const [x, y, w, h] = before!['bbox'] as [number, number, number, number]
    expect(after!['bbox']).toEqual([x + 3, y + 2, w, h])
    expect(masksOf(written)[photos[1]!.file]).toEqual([shifted(photos[1]!)])
  })

  it('tells how far it is, and can be cancelled without leaving anything', async () => {
    const { project } = await setUpRun(client, root, { perClass: 20, width: 16, height: 12 })
    const steps = new Set<string>()
    const out = join(folderIn(root), 'out')
    await client['dataset.export']({ project, format: 'coco', out }, { onEvent: ({ step }) => steps.add(step) })
    expect([...steps][0]).toBe('writing')
    const cancelled = join(folderIn(root), 'out')
    const controller = new AbortController()
    const call = client['dataset.export'](
      { project, format: 'coco', out: cancelled },
      { signal: controller.signal, onEvent: () => controller.abort() },
    )
    expect(await codeOf(call)).toBe('aborted')
    expect(existsSync(join(cancelled, 'instances.json'))).toBe(false)
  })

  it('is refused where it cannot be written, and for formats that are only read', async () => {
    const { project, folder } = await setUpRun(client, root, { perClass: 1 })
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    expect(await codeOf(client['dataset.export']({ project, format: 'coco', out: join(file, 'out') }))).toBe(
      'file.unwritable',
    )
    const error = await errorOf(client['dataset.export']({ project, format: 'folder', out: folder }))
    expect(error).toMatchObject({
      code: 'request.usage',
      hint: 'Choose coco, coco-results, labelme, voc, open-images, png, cvat, or yolo-seg.',
    })
    expect(await codeOf(client['dataset.export']({ project, format: 'tarot', out: folder }))).toBe('request.usage')
  })

  it('is refused where two folders hold images of the same name', async () => {
    const { project, images } = await setUpRun(client, root)
    const copy = join(folderIn(root), 'copy')
    await cp(images, copy, { recursive: true })
    await client['dataset.import']({ project, format: 'folder', images: copy })
    expect(await codeOf(exportTo(project, 'final'))).toBe('export.differs')
  })

  it('leaves the project as it is, and works where that is open for reading only', async () => {
    const { project, path } = await setUpRun(client, root, { perClass: 1 })
    await client['project.close']({ project })
    const before = await inspect(path)
    const { project: reader } = await client['project.open']({ path, mode: 'read' })
    expect(await exportTo(reader, 'final')).toMatchObject({ instances: 3 })
    expect(await inspect(path)).toEqual(before)
  })
})

describe('dataset.export to COCO results', () => {
  it('writes what a detector gave, with its scores', async () => {
    const { folder, photos, images } = await setUpRun(client, root, { perClass: 1 })
    const annotations = join(folder, 'coco.json')
    const options = { maskOf: shifted, scoreOf: ({ label }: Photo) => (label === 'cat' ? 0.5 : 0.875) }
    const predictions = await writeCocoResults(join(folder, 'results.json'), photos, options)
    const place = join(folder, 'results')
    await mkdir(place)
    const { project } = await client['project.create']({ path: join(place, 'results.obalex') })
    await client['dataset.import']({ project, format: 'coco-results', images, annotations, predictions })
    const { files, instances } = await exportTo(project, 'final', 'coco-results')
    expect(instances).toBe(3)
    const written = await readJson<object[]>(files.find((name) => /results/.test(name.split('/').at(-1)!))!)
    expect(written).toMatchObject(await readJson<object[]>(predictions))
  })
})
