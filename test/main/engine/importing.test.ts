import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EngineClient } from '#common/contract/index.ts'
import type { Progress } from '#common/contract/procedures/common.ts'
import type { ImportReport } from '#common/contract/procedures/importing.ts'
import type { Bitmap } from '#common/mask/bitmap.ts'
import { decodeRle } from '#common/mask/rle.ts'
import { rleOf } from '#main/engine/object-mask.ts'
import { listImages } from '#main/project/image-repository.ts'
import { listInstances, listRevisions } from '#main/project/mask-repository.ts'
import {
  makePhotos,
  maskOf,
  paintPhoto,
  shiftMask,
  writeCoco,
  writeCocoResults,
  type Photo,
  type PhotoOptions,
} from '../../builders/dataset.ts'
import {
  codeOf,
  errorOf,
  fileHash,
  folderIn,
  inspect,
  newProject,
  reading,
  useEngine,
  useFolder,
} from './engine-tools.ts'

const root = useFolder()
const { client } = useEngine()

interface Setting {
  readonly folder: string
  readonly path: string
  readonly project: number
  readonly images: string
  readonly photos: Photo[]
  readonly annotations: string
  /** imports the photos with their masks, or what the changes say */
  readonly load: (changes?: Partial<ImportRequest>, options?: Parameters<Import>[1]) => Promise<ImportReport>
}

type Import = EngineClient['dataset.import']
type ImportRequest = Parameters<Import>[0]

/** A new project, and photos with their COCO file. */
async function setUp(options: PhotoOptions = {}): Promise<Setting> {
  const folder = folderIn(root)
  const path = join(folder, 'test.obalex')
  const project = await newProject(client, path)
  const images = join(folder, 'photos')
  const photos = await makePhotos(images, options)
  const annotations = await writeCoco(join(folder, 'coco.json'), photos)
  return {
    folder,
    path,
    project,
    images,
    photos,
    annotations,
    load: (changes, callOptions) =>
      client['dataset.import']({ project, format: 'coco', images, annotations, ...changes }, callOptions),
  }
}

/** Instances with their newest outlines, and their images' files. */
function instancesOf(path: string) {
  return reading(path, async ({ read }) => {
    const files = new Map((await listImages(read, {}, { limit: 1000 })).map(({ id, file }) => [id, file]))
    const found = await listInstances(read, { limit: 1000 })
    return found.map(({ instance, revision }) => ({
      ...instance,
      file: files.get(instance.imageId)!,
      number: revision.number,
      auditor: revision.auditor,
      bitmap: decodeRle(rleOf(revision.mask)),
    }))
  })
}

const imagesOf = (path: string) => reading(path, ({ read }) => listImages(read, {}, { limit: 1000 }))

describe('an import', () => {
  it('takes photos, masks, labels and categories, and says so', async () => {
    const { path, photos, load, project, images } = await setUp()
    const report = await load()
    expect(report).toEqual({
      isDryRun: false,
      format: 'coco',
      images: { new: 6, known: 0, refused: 0 },
      instances: { new: 6, known: 0, corrections: 0, refused: 0 },
      labels: ['cat', 'dog', 'bird'].map((label) => ({ label, count: 2 })),
      categories: ['cat', 'dog', 'bird'].map((category) => ({ category, count: 2 })),
      labelRule: 'folder',
      isLabelRuleGuessed: true,
      defects: [],
      entry: 2,
    })
    const instances = await instancesOf(path)
    expect(instances.map(({ file, category }) => [file, category])).toEqual(
      photos.map(({ file, label }) => [file, label]),
    )
    instances.forEach(({ bitmap, number, auditor, origin }, i) => {
      expect(bitmap).toEqual(photos[i]!.mask)
      expect([number, auditor, origin]).toEqual([0, null, 'import:coco'])
    })
    expect((await client['project.describe']({ project })).folders).toEqual([images])
  })

  it('is one entry of the audit log, with all that matters', async () => {
    const { path, load, annotations, images } = await setUp()
    await load()
    const { audit } = await inspect(path)
    expect(audit.map(({ action }) => action)).toEqual(['project.create', 'dataset.import'])
    expect(audit[1]).toMatchObject({
      actor: 'user',
      data: { format: 'coco', folder: images, annotations, as: 'machine', images: { new: 6 }, instances: { new: 6 } },
    })
  })

  it('changes nothing the second time, and says that all is known', async () => {
    const { path, load } = await setUp()
    await load()
    const before = await inspect(path)
    const report = await load()
    expect(report.images).toEqual({ new: 0, known: 6, refused: 0 })
    expect(report.instances).toEqual({ new: 0, known: 6, corrections: 0, refused: 0 })
    const after = await inspect(path)
    expect(after.rows).toEqual({ ...before.rows, audit_log: before.rows['audit_log']! + 1 })
    expect(after.audit.at(-1)!.data).toMatchObject({ images: { new: 0, known: 6 } })
  })

  it('reports in a dry run what it would do, and leaves the file as it is to the byte', async () => {
    const { path, load } = await setUp()
    const before = fileHash(path)
    const dry = await load({ dryRun: true })
    expect(fileHash(path)).toBe(before)
    expect(dry.entry).toBeNull()
    expect(await load()).toEqual({ ...dry, isDryRun: false, entry: 2 })
    const loaded = fileHash(path)
    expect((await load({ dryRun: true })).instances).toEqual({ new: 0, known: 6, corrections: 0, refused: 0 })
    expect(fileHash(path)).toBe(loaded)
  })

  it('counts what is wrong with single photos and masks, and takes the rest', async () => {
    const { path, load, photos, folder, annotations } = await setUp()
    const json = JSON.parse(await readFile(annotations, 'utf8')) as {
      annotations: { image_id: number; segmentation: unknown; category_id: number }[]
    }
    json.annotations[1]!.segmentation = []
    json.annotations.push({ ...json.annotations[0]!, image_id: 999 })
    const broken = join(folder, 'broken.json')
    await writeFile(broken, JSON.stringify(json))
    await writeFile(photos[5]!.path, 'no photo any more')
    await rm(photos[4]!.path)
    const report = await load({ annotations: broken })
    expect(report.images).toEqual({ new: 4, known: 0, refused: 2 })
    // the empty outline, the image that is not there, and the masks of the two photos that were left out
    expect(report.instances).toEqual({ new: 3, known: 0, corrections: 0, refused: 4 })
    for (const defect of report.defects) {
      expect(defect.action).toBe('refused')
      expect(defect.words.length * defect.places.length).toBeGreaterThan(0)
    }
    expect((await inspect(path)).rows).toMatchObject({ image: 4, instance_mask: 3 })
  })

  it('of a file that is cut off leaves the project as it was', async () => {
    const { path, load, folder, annotations } = await setUp()
    const text = await readFile(annotations, 'utf8')
    const cut = join(folder, 'cut.json')
    await writeFile(cut, text.slice(0, -40))
    const before = fileHash(path)
    expect(await codeOf(load({ annotations: cut }))).toBe('json.format')
    expect(await codeOf(load({ annotations: join(folder, 'none.json') }))).toBe('file.missing')
    expect(await codeOf(load({ images: join(folder, 'none') }))).toBe('file.missing')
    expect(fileHash(path)).toBe(before)
    expect((await inspect(path)).rows['image_folder']).toBe(0)
  })

  it('that is cancelled in the middle leaves nothing, and can be done again', async () => {
    const { path, load } = await setUp({ perClass: 60, width: 16, height: 12 })
    const before = await inspect(path)
    const controller = new AbortController()
    // at the first word of it: on a quick machine a small import is over before the second
    const call = load({}, { signal: controller.signal, onEvent: () => controller.abort() })
    expect(await codeOf(call)).toBe('aborted')
    expect(await inspect(path)).toEqual(before)
    expect((await load()).images.new).toBe(180)
  })

  it('tells how far it is', async () => {
    const { load } = await setUp({ perClass: 30, width: 16, height: 12 })
    const seen: Progress[] = []
    await load({}, { onEvent: (event) => seen.push(event) })
    expect(seen.at(-1)!.done).toBe(seen.at(-1)!.total)
    const photos = seen.filter(({ step }) => step === 'looking at the photos')
    expect(photos.every(({ total }) => total === 90)).toBe(true)
  })

  it.each([
    ['a format that there is not', { format: 'cvat-2' }],
    ['a rule of labels that there is not', { labels: 'by feeling' }],
    ['corrections by nobody', { as: 'correction' as const }],
    ['results without a file of them', { format: 'coco-results' }],
  ])('refuses %s', async (_, changes) => {
    const { load, path } = await setUp({ perClass: 1 })
    const before = fileHash(path)
    const error = await errorOf(load(changes))
    expect(error.code).toBe('request.usage')
    expect(error.hint).toBeTruthy()
    expect(fileHash(path)).toBe(before)
  })
})

describe('labels', () => {
  it('come from where the request says', async () => {
    const { load, folder, path, photos } = await setUp({ perClass: 1 })
    expect(await load({ labels: 'category', dryRun: true })).toMatchObject({
      labelRule: 'category',
      isLabelRuleGuessed: false,
    })
    const table = join(folder, 'labels.csv')
    await writeFile(table, ['image,label', ...photos.map(({ file }, i) => `${file},kind ${i}`)].join('\n'))
    const report = await load({ labels: `csv:${table}` })
    expect(report).toMatchObject({ labelRule: `csv:${table}`, isLabelRuleGuessed: false })
    expect((await imagesOf(path)).map(({ label }) => label)).toEqual(['kind 0', 'kind 1', 'kind 2'])
  })

  it('that were given are not overruled by a guess, but by what is given later', async () => {
    const { load, folder, path, photos } = await setUp({ perClass: 1 })
    const table = join(folder, 'labels.csv')
    await writeFile(table, ['image,label', `${photos[0]!.file},lion`].join('\n'))
    await load({ labels: `csv:${table}` })
    const labels = async () => (await imagesOf(path)).map(({ label }) => label)
    expect(await labels()).toEqual(['lion', null, null])
    expect(await load()).toMatchObject({ labelRule: 'folder', isLabelRuleGuessed: true })
    expect(await labels()).toEqual(['lion', 'dog', 'bird'])
    await load({ labels: 'folder' })
    expect(await labels()).toEqual(['cat', 'dog', 'bird'])
  })

  it('and splits come with later imports of the same photos', async () => {
    const { load, path, images, project } = await setUp({ perClass: 1, split: 'test' })
    await client['dataset.import']({ project, format: 'filename', images })
    expect((await imagesOf(path)).map(({ label, split }) => [label, split])).toEqual(Array(3).fill([null, 'test']))
    expect((await load()).images).toEqual({ new: 0, known: 3, refused: 0 })
    const labels = (await imagesOf(path)).map(({ file, label }) => [file, label])
    expect(labels.sort()).toEqual(['bird', 'cat', 'dog'].map((label) => [`test/${label}s/0.png`, label]))
  })
})

describe('a photo that was replaced', () => {
  it('is taken as it is now', async () => {
    const { load, path, photos } = await setUp()
    await load()
    const before = await imagesOf(path)
    const [first, second] = photos
    await paintPhoto(first!, [1, 2, 3])
    await paintPhoto({ ...second!, width: 20, height: 10, mask: maskOf(20, 10, () => false) }, [9, 9, 9])
    const report = await load()
    expect(report.images).toEqual({ new: 0, known: 6, refused: 0 })
    const after = await imagesOf(path)
    expect(after[0]).toMatchObject({ id: before[0]!.id, width: 48, height: 40 })
    expect(after[0]!.sha256).not.toBe(before[0]!.sha256)
    expect(after[1]).toMatchObject({ id: before[1]!.id, width: 20, height: 10 })
    expect(after.slice(2)).toEqual(before.slice(2))
  })
})

describe('corrections', () => {
  const shifted = ({ mask }: Photo): Bitmap => shiftMask(mask, 2, 1)
  const asCorrection = { as: 'correction', auditor: 'Ada' } as const

  it('are logged revisions of the instances, by their auditor', async () => {
    const { load, path, photos, folder } = await setUp({ perClass: 1 })
    await load()
    const corrected = await writeCoco(join(folder, 'corrected.json'), photos, { maskOf: shifted })
    const report = await load({ annotations: corrected, ...asCorrection })
    expect(report.instances).toEqual({ new: 0, known: 0, corrections: 3, refused: 0 })
    const instances = await instancesOf(path)
    expect(instances).toHaveLength(3)
    instances.forEach(({ bitmap, number, auditor }, i) => {
      expect(bitmap).toEqual(shifted(photos[i]!))
      expect([number, auditor]).toEqual([1, 'Ada'])
    })
    const { audit } = await inspect(path)
    const revisions = await reading(path, async ({ read }) =>
      Promise.all(instances.map(({ id }) => listRevisions(read, id))),
    )
    expect(revisions.map((all) => all.map(({ kind }) => kind))).toEqual(Array(3).fill(['machine', 'correction']))
    expect(audit.at(-1)).toMatchObject({
      actor: 'Ada',
      data: {
        as: 'correction',
        corrections: instances.map(({ id }, i) => ({ instance: id, revision: 1, sha256: revisions[i]![1]!.sha256 })),
      },
    })
  })

  it('change nothing the second time, also under another category than their instances have', async () => {
    const { load, path, photos, folder } = await setUp({ perClass: 1 })
    await load()
    for (const [name, categoryOf] of [
      ['same', ({ label }: Photo) => label],
      ['other', () => 'animal'],
    ] as const) {
      const maskOfPhoto = name === 'same' ? shifted : ({ mask }: Photo) => shiftMask(mask, -1, 1)
      const annotations = await writeCoco(join(folder, `${name}.json`), photos, { maskOf: maskOfPhoto, categoryOf })
      expect((await load({ annotations, ...asCorrection })).instances).toMatchObject({ corrections: 3, known: 0 })
      const before = await inspect(path)
      expect((await load({ annotations, ...asCorrection })).instances).toMatchObject({ corrections: 0, known: 3 })
      expect((await inspect(path)).rows).toEqual({ ...before.rows, audit_log: before.rows['audit_log']! + 1 })
    }
    expect((await instancesOf(path)).map(({ number }) => number)).toEqual([2, 2, 2])
  })

  it('belong to the instance that they overlap most, first among those of their category', async () => {
    const { load, path, photos, folder } = await setUp({ perClass: 1 })
    const photo = photos[0]!
    const box = (left: number, right: number) => maskOf(48, 40, (x, y) => x >= left && x < right && y >= 5 && y < 25)
    const add = async (name: string, category: string, mask: Bitmap, changes = {}) => {
      const options = { maskOf: () => mask, categoryOf: () => category }
      return load({ annotations: await writeCoco(join(folder, name), [photo], options), ...changes })
    }
    await add('left.json', 'cat', box(0, 12))
    await add('middle.json', 'cat', box(10, 24))
    await add('right.json', 'dog', box(22, 46))
    const ids = (await instancesOf(path)).map(({ id }) => id)
    const newest = async () => (await instancesOf(path)).map(({ number }) => number)

    await add('c1.json', 'cat', box(8, 22), asCorrection)
    expect(await newest()).toEqual([0, 1, 0])
    // most of it lies on the dog, but it is said to be a cat
    await add('c2.json', 'cat', box(20, 40), asCorrection)
    expect(await newest()).toEqual([0, 2, 0])
    // no instance has its category: the overlap alone says which
    await add('c3.json', 'horse', box(24, 46), asCorrection)
    expect(await newest()).toEqual([0, 2, 1])
    expect((await instancesOf(path)).map(({ id }) => id)).toEqual(ids)
  })

  it('that match nothing are new instances, drawn by the auditor', async () => {
    const { load, path, photos, folder } = await setUp({ perClass: 1 })
    await load()
    const corner = maskOf(48, 40, (x, y) => x >= 44 && y >= 36)
    const annotations = await writeCoco(join(folder, 'corner.json'), [photos[1]!], { maskOf: () => corner })
    const report = await load({ annotations, ...asCorrection })
    expect(report.instances).toEqual({ new: 1, known: 0, corrections: 0, refused: 0 })
    const drawn = (await instancesOf(path)).at(-1)!
    expect(drawn).toMatchObject({ file: photos[1]!.file, category: 'dog', number: 1, auditor: 'Ada' })
    expect((await inspect(path)).audit.at(-1)!.data).toMatchObject({
      corrections: [{ instance: drawn.id, revision: 1 }],
    })
    expect((await load({ annotations, ...asCorrection })).instances).toMatchObject({ new: 0, known: 1 })
  })

  it('of photos that are new come with them, in a dry run too', async () => {
    const { load, path } = await setUp({ perClass: 1 })
    const dry = await load({ ...asCorrection, dryRun: true })
    expect(dry.instances).toEqual({ new: 3, known: 0, corrections: 0, refused: 0 })
    expect(await load(asCorrection)).toEqual({ ...dry, isDryRun: false, entry: 2 })
    expect((await instancesOf(path)).map(({ number, auditor }) => [number, auditor])).toEqual(Array(3).fill([1, 'Ada']))
  })
})

describe('results of a detector', () => {
  it('come in with their scores, as machine masks beside those that are there', async () => {
    const { load, path, photos, folder } = await setUp({ perClass: 1 })
    await load()
    const options = { maskOf: ({ mask }: Photo) => shiftMask(mask, 1, 0), scoreOf: () => 0.875 }
    const predictions = await writeCocoResults(join(folder, 'results.json'), photos, options)
    const report = await load({ format: 'coco-results', predictions })
    expect(report.instances).toEqual({ new: 3, known: 0, corrections: 0, refused: 0 })
    const found = (await instancesOf(path)).slice(3)
    expect(found.map(({ score, origin, category }) => [score, origin, category])).toEqual(
      ['cat', 'dog', 'bird'].map((category) => [0.875, 'import:coco-results', category]),
    )
    expect((await load({ format: 'coco-results', predictions })).instances).toMatchObject({ new: 0, known: 3 })
  })

  it('that belong to other photos are refused as a whole', async () => {
    const { load, path, folder } = await setUp({ perClass: 1 })
    const others = await makePhotos(join(folder, 'others'), { perClass: 1, width: 30, height: 30 })
    const predictions = await writeCocoResults(join(folder, 'foreign.json'), others)
    const before = fileHash(path)
    expect(await codeOf(load({ format: 'coco-results', predictions }))).toBe('import.refused')
    expect(fileHash(path)).toBe(before)
  })
})
