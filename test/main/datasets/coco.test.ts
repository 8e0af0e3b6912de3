import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { coco } from '#main/datasets/coco.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, defectCounts, quietContext, writeJson, writePhoto, type Collected } from './dataset-tools.ts'

/** Two photos, one category, one square of four pixels; each test adds what it is about. */
const image = { id: 1, file_name: 'a.png', width: 8, height: 6 }
const other = { id: 2, file_name: 'b.png', width: 8, height: 6 }
const category = { id: 1, name: 'cat' }
const square = [2, 1, 4, 1, 4, 3, 2, 3]
const annotation = {
  id: 11,
  image_id: 1,
  category_id: 1,
  segmentation: [square],
  bbox: [2, 1, 2, 2],
  area: 4,
  iscrowd: 0,
}
const counts = Uint32Array.of(13, 2, 4, 2, 27)

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'a.png', 8, 6)
  await writePhoto(folder, 'b.png', 8, 6)
})

function read(document: unknown, options: Partial<ImportRequest> = {}): Promise<Collected> {
  const annotations = writeJson(folder, 'annotations.json', document)
  return collect(coco.read!({ imagesDir: folder, annotations, ...options }, quietContext()))
}

/** Reads a file with these lists, where nothing is said the sound ones. */
const readLists = (lists: Record<string, unknown>, options: Partial<ImportRequest> = {}) =>
  read({ images: [image], annotations: [annotation], categories: [category], ...lists }, options)

const readAnnotation = (changes: Record<string, unknown>) => readLists({ annotations: [{ ...annotation, ...changes }] })

async function failure(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (!(error instanceof AppError)) throw new Error(`an AppError was expected, not ${String(error)}`)
  return error
}

describe('reading COCO instances', () => {
  it('gives images with what is known of the photo, and masks with the record they came from', async () => {
    const { images, instances, defects } = await readLists({
      images: [{ ...image, license: 3, date: 'today' }],
      annotations: [{ ...annotation, attributes: { occluded: true }, score: 0.5 }],
    })
    expect(defects).toEqual([])
    expect(images).toEqual([
      {
        file: 'a.png',
        width: 8,
        height: 6,
        sizeBytes: expect.any(Number) as number,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        label: null,
        split: null,
        source: { id: 1, license: 3, date: 'today' },
      },
    ])
    expect(instances).toEqual([
      {
        file: 'a.png',
        category: 'cat',
        categorySourceId: 1,
        score: 0.5,
        isCrowd: false,
        rle: { width: 8, height: 6, counts },
        source: { ...annotation, attributes: { occluded: true }, score: 0.5 },
      },
    ])
  })

  it('does not keep run lengths twice', async () => {
    const segmentation = { size: [6, 8], counts: [...counts] }
    const { instances } = await readAnnotation({ segmentation, iscrowd: 1, area: undefined, bbox: undefined })
    expect(instances[0]).toMatchObject({ isCrowd: true, rle: { width: 8, height: 6, counts } })
    expect(instances[0]!.source).toEqual({ id: 11, image_id: 1, category_id: 1, iscrowd: 1 })
  })

  it('reads annotations that stand before images and categories', async () => {
    const { images, instances } = await read({ annotations: [annotation], categories: [category], images: [image] })
    expect([images.length, instances[0]?.category]).toEqual([1, 'cat'])
  })

  it('gives the images in the order of the file, whatever the folder’s order is', async () => {
    const { images } = await readLists({ images: [other, image] })
    expect(images.map(({ file }) => file)).toEqual(['b.png', 'a.png'])
  })

  it('takes ids that are texts, and a text that is a number for the number', async () => {
    const { instances, defects } = await readLists({
      images: [
        { ...image, id: '7' },
        { ...other, id: 'b' },
      ],
      annotations: [
        { ...annotation, image_id: 7 },
        { ...annotation, id: 12, image_id: 'b' },
      ],
    })
    expect(instances.map(({ file }) => file)).toEqual(['a.png', 'b.png'])
    expect(defects).toEqual([])
  })

  it('tells how far it is', async () => {
    const annotations = writeJson(folder, 'c.json', { images: [image], annotations: [annotation], categories: [] })
    const steps = new Set<string>()
    const onProgress = ({ step }: { step: string }) => steps.add(step)
    await collect(coco.read!({ imagesDir: folder, annotations }, { ...quietContext(), onProgress }))
    expect([...steps]).toEqual(['index', 'images', 'instances'])
  })

  it('stops when it is cancelled', async () => {
    const annotations = writeJson(folder, 'c.json', { images: [image], annotations: [annotation], categories: [] })
    const abort = new AbortController()
    const events = coco.read!({ imagesDir: folder, annotations }, quietContext(abort.signal))
    await events.next()
    abort.abort()
    expect((await failure(collect(events))).code).toBe('aborted')
  })
})

describe('defects of COCO instances', () => {
  it('uses the mask’s own box and area where those given are not its', async () => {
    const { instances, defects } = await readAnnotation({ bbox: [5, 1, 2, 2], area: 9 })
    expect(instances).toHaveLength(1)
    const place = { file: 'a.png', record: { type: 'annotation', index: 0, id: 11 } }
    expect(defects).toEqual([
      { kind: 'bbox-mismatch', action: 'repaired', place, given: [5, 1, 2, 2], own: [2, 1, 2, 2] },
      { kind: 'area-mismatch', action: 'repaired', place, given: 9, own: 4 },
    ])
  })

  it('lets boxes and areas pass that follow the outline instead of the pixels', async () => {
    const { defects } = await readAnnotation({ bbox: [1.3, 0.4, 3.9, 3.2], area: 6.5 })
    expect(defects).toEqual([])
  })

  it('keeps a category with the id 0 and says so once', async () => {
    const { instances, defects } = await readLists({
      categories: [{ id: 0, name: 'pet' }],
      annotations: [{ ...annotation, category_id: 0 }],
    })
    expect(instances[0]).toMatchObject({ category: 'pet', categorySourceId: 0 })
    expect(defects).toEqual([
      { kind: 'category-zero', action: 'kept', name: 'pet', place: { record: { type: 'category', index: 0, id: 0 } } },
    ])
  })

  it('keeps masks of a category that is not listed, or of none', async () => {
    const { instances, defects } = await readLists({
      annotations: [
        { ...annotation, category_id: 5 },
        { ...annotation, id: 12, category_id: null },
      ],
    })
    expect(instances.map((each) => [each.category, each.categorySourceId])).toEqual([
      [null, 5],
      [null, null],
    ])
    expect(defectCounts(defects)).toEqual({ 'category-unknown kept': 2 })
  })

  it('leaves out the second of two categories with the same id', async () => {
    const { instances, defects } = await readLists({ categories: [category, category, { id: 1, name: 'dog' }] })
    expect(instances[0]?.category).toBe('cat')
    expect(defects).toMatchObject([{ kind: 'duplicate-category', action: 'refused', name: 'dog', first: 'cat' }])
  })

  it('leaves out images whose photo is missing or broken, with their masks', async () => {
    writeFileSync(join(folder, 'broken.png'), 'no image')
    const { images, instances, defects } = await readLists({
      images: [image, { ...image, id: 3, file_name: 'none.png' }, { ...image, id: 4, file_name: 'broken.png' }],
      annotations: [annotation, { ...annotation, id: 12, image_id: 3 }, { ...annotation, id: 13, image_id: 4 }],
    })
    expect([images.length, instances.length]).toEqual([1, 1])
    expect(defectCounts(defects)).toEqual({
      'image-missing refused': 1,
      'image-broken refused': 1,
      'image-left-out refused': 2,
    })
    expect(defects.map(({ place }) => place.file)).toEqual(['none.png', 'broken.png', 'none.png', 'broken.png'])
  })

  it('takes the photo’s own size, and refuses what was drawn on another', async () => {
    const { images, instances, defects } = await readLists({
      images: [{ ...image, width: 16, height: 12 }],
      annotations: [annotation, { ...annotation, id: 12, segmentation: { size: [6, 8], counts: [...counts] } }],
    })
    expect(images[0]).toMatchObject({ width: 8, height: 6 })
    expect(instances).toHaveLength(1)
    expect(defects).toMatchObject([
      { kind: 'size-mismatch', action: 'repaired', given: [16, 12], own: [8, 6] },
      { kind: 'frame-mismatch', action: 'refused', given: [16, 12], own: [8, 6] },
    ])
  })

  it('needs no size in the file', async () => {
    const { images, instances, defects } = await readLists({ images: [{ id: 1, file_name: 'a.png' }] })
    expect(images[0]).toMatchObject({ width: 8, height: 6 })
    expect(instances[0]?.rle.counts).toEqual(counts)
    expect(defects).toEqual([])
  })

  it.each([
    ['rle-size', { size: [8, 6], counts: [48] }],
    ['rle-counts', { size: [6, 8], counts: [40] }],
    ['polygon-invalid', [[1, 2, 3]]],
    ['mask-empty', { size: [6, 8], counts: [48] }],
    ['no-segmentation', []],
    ['no-segmentation', undefined],
  ])('refuses a mask with %s and goes on', async (kind, segmentation) => {
    const { instances, defects } = await readLists({
      annotations: [
        { ...annotation, segmentation },
        { ...annotation, id: 12 },
      ],
    })
    expect(instances.map(({ source }) => source?.['id'])).toEqual([12])
    expect(defectCounts(defects)).toEqual({ [`${kind} refused`]: 1 })
  })

  it('refuses a mask of an image that is not listed', async () => {
    const { instances, defects } = await readAnnotation({ image_id: 9 })
    expect(instances).toEqual([])
    expect(defects).toMatchObject([{ kind: 'image-id-unknown', action: 'refused', imageId: 9 }])
  })

  it('refuses a second image with the same id, and joins two records of the same photo', async () => {
    const { images, instances, defects } = await readLists({
      images: [image, { ...other, id: 1 }, { ...image, id: 3, file_name: './a.png' }],
      annotations: [
        annotation,
        { ...annotation, id: 12, image_id: 3, segmentation: [[0, 0, 2, 0, 2, 2]], bbox: null, area: null },
      ],
    })
    expect(images.map(({ file }) => file)).toEqual(['a.png'])
    expect(instances.map(({ file }) => file)).toEqual(['a.png', 'a.png'])
    expect(defects).toMatchObject([
      { kind: 'duplicate-image', action: 'refused', by: 'id', value: 1 },
      { kind: 'duplicate-image', action: 'repaired', by: 'file', value: 'a.png' },
    ])
  })

  it('takes the same mask once, but different masks with one id', async () => {
    const { instances, defects } = await readLists({
      annotations: [annotation, { ...annotation, id: 12 }, { ...annotation, category_id: 2 }],
      categories: [category, { id: 2, name: 'dog' }],
    })
    expect(instances.map((each) => each.category)).toEqual(['cat', 'dog'])
    expect(defects).toMatchObject([
      { kind: 'duplicate-annotation', action: 'refused', by: 'mask', place: { record: { id: 12 } } },
      { kind: 'duplicate-annotation', action: 'kept', by: 'id', place: { record: { id: 11, index: 2 } } },
    ])
  })

  it('never opens what lies outside of the folder of photos', async () => {
    const outside = temporaryFolder()
    await writePhoto(outside, 'secret.png', 8, 6)
    symlinkSync(join(outside, 'secret.png'), join(folder, 'link.png'))
    const names = [
      `../${outside.split('/').at(-1)!}/secret.png`,
      join(outside, 'secret.png'),
      'C:\\secret.png',
      'link.png',
    ]
    const images = names.map((file_name, id) => ({ ...image, id, file_name }))
    const {
      images: read,
      instances,
      defects,
    } = await readLists({
      images,
      annotations: images.map(({ id }) => ({ ...annotation, id, image_id: id })),
    })
    expect(existsSync(join(folder, names[0]!))).toBe(true)
    expect([read, instances]).toEqual([[], []])
    expect(defects.filter(({ kind }) => kind === 'path-outside')).toHaveLength(4)
    expect(defects.filter(({ action }) => action === 'refused')).toHaveLength(8)
  })

  it('finds photos whose names were written on Windows, or with detours', async () => {
    await writePhoto(folder, 'cats/c.png', 8, 6)
    const names = ['cats\\c.png', './cats/../a.png']
    const { images } = await readLists({ images: names.map((file_name, id) => ({ ...image, id, file_name })) })
    expect(images.map(({ file }) => file)).toEqual(['cats/c.png', 'a.png'])
  })

  it('leaves out records that lack what they need', async () => {
    const { images, instances, defects } = await readLists({
      images: [image, 'text', { id: 3 }, { file_name: 'b.png' }, { id: 4, file_name: 5 }],
      annotations: [annotation, null, [1], { ...annotation, image_id: { id: 1 } }],
      categories: [category, {}, { id: 5 }, 7],
    })
    expect([images.length, instances.length]).toEqual([1, 1])
    expect(defectCounts(defects)).toEqual({ 'record-invalid refused': 9, 'image-id-unknown refused': 1 })
  })
})

describe('labels of COCO instances', () => {
  const labelsOf = ({ images, notes }: Collected) => ({ labels: images.map(({ label }) => label), note: notes[0] })
  const categories = [category, { id: 2, name: 'dog' }]
  const annotations = [annotation, { ...annotation, id: 12, image_id: 2, category_id: 2 }]

  it('are guessed from folders first, even where categories would do', async () => {
    await writePhoto(folder, 'train/cats/1.png', 8, 6)
    await writePhoto(folder, 'val/dogs/2.png', 8, 6)
    const all = await readLists({
      images: [
        { ...image, file_name: 'train/cats/1.png' },
        { ...other, file_name: 'val/dogs/2.png' },
      ],
      annotations,
      categories,
    })
    expect(all.images.map(({ split }) => split)).toEqual(['train', 'validation'])
    expect(labelsOf(all)).toEqual({
      labels: ['cat', 'dog'],
      note: { kind: 'label-rule', rule: { kind: 'folder' }, isGuess: true, nLabels: 2, labels: ['cat', 'dog'] },
    })
  })

  it('are guessed from categories where every image has exactly one and they differ', async () => {
    const { labels, note } = labelsOf(await readLists({ images: [image, other], annotations, categories }))
    expect(labels).toEqual(['cat', 'dog'])
    expect(note).toMatchObject({ rule: { kind: 'category' }, isGuess: true })
  })

  it.each([
    ['an image has two', [...annotations, { ...annotation, id: 13, category_id: 2 }]],
    ['an image has none', [annotation]],
    ['all have the same', annotations.map((each) => ({ ...each, category_id: 1 }))],
  ])('are not guessed from categories where %s', async (_, list) => {
    const all = await readLists({ images: [image, other], annotations: list, categories })
    expect(labelsOf(all)).toMatchObject({ labels: [null, null], note: { rule: null, isGuess: true, nLabels: 0 } })
    expect(all.defects).toEqual([])
  })

  it('are the category of the largest mask where the rule says category, crowds last', async () => {
    const large = [0, 0, 6, 0, 6, 6, 0, 6]
    const list = [
      { ...annotation, area: 999 },
      { ...annotation, id: 12, category_id: 2, segmentation: [[...large]], area: 1 },
      { ...annotation, id: 13, image_id: 2, category_id: 2, segmentation: [large], iscrowd: 1 },
      { ...annotation, id: 14, image_id: 2, category_id: 1 },
    ]
    const images = [image, other, { ...image, id: 3, file_name: 'c.png' }]
    await writePhoto(folder, 'c.png', 8, 6)
    const all = await readLists({ images, annotations: list, categories }, { labels: { kind: 'category' } })
    expect(labelsOf(all)).toMatchObject({ labels: ['dog', 'cat', null], note: { isGuess: false } })
    expect(all.defects.filter(({ kind }) => kind === 'label-missing')).toMatchObject([
      { action: 'kept', place: { file: 'c.png' } },
    ])
  })

  it('come from a field of the image, or from a table', async () => {
    const images = [
      { ...image, species: 'cat' },
      { ...other, species: '' },
    ]
    const byField = await readLists({ images }, { labels: { kind: 'field', name: 'species' } })
    expect(labelsOf(byField).labels).toEqual(['cat', null])
    const table = writeJson(folder, 'labels.csv', 'image,label\nb.png,dog\n')
    const byTable = await readLists({ images }, { labels: { kind: 'csv', file: table } })
    expect(labelsOf(byTable).labels).toEqual([null, 'dog'])
    expect(defectCounts(byTable.defects)).toEqual({ 'label-missing kept': 1 })
  })
})

describe('files that are no COCO instances', () => {
  it('says in one line what is wrong, before anything comes in', async () => {
    for (const document of [
      '',
      'no json',
      '[]',
      '{"images":[]}',
      '{"annotations":[]}',
      '{"images":{},"annotations":[]}',
    ]) {
      const error = await failure(read(document))
      expect([error.code, error.message.includes('annotations.json'), error.message.includes('\n')]).toEqual([
        'json.format',
        true,
        false,
      ])
    }
  })

  it('gives nothing of a file that is cut off in its annotations', async () => {
    const text = JSON.stringify({ images: [image], categories: [category], annotations: [annotation, annotation] })
    const annotations = writeJson(folder, 'cut.json', text.slice(0, -40))
    const events: unknown[] = []
    const reading = (async () => {
      for await (const event of coco.read!({ imagesDir: folder, annotations }, quietContext())) events.push(event)
    })()
    expect(await failure(reading)).toMatchObject({ code: 'json.format', data: { byte: text.length - 40 } })
    expect(events).toEqual([])
  })

  it('says which file or folder is missing', async () => {
    expect((await failure(collect(coco.read!({ imagesDir: folder }, quietContext())))).code).toBe('request.usage')
    const request = { imagesDir: folder, annotations: join(folder, 'none.json') }
    expect((await failure(collect(coco.read!(request, quietContext())))).code).toBe('file.missing')
    expect((await failure(readLists({}, { imagesDir: join(folder, 'none') }))).code).toBe('file.missing')
  })

  it('lets only AppErrors out of damaged files', async () => {
    const text = Buffer.from(
      JSON.stringify({ images: [image, other], annotations: [annotation], categories: [category] }),
    )
    const damage = fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(damage, fc.integer({ min: 0, max: text.length }), async (changes, length) => {
        const damaged = Buffer.from(text)
        for (const [at, byte] of changes) damaged[at] = byte
        const annotations = join(folder, 'damaged.json')
        writeFileSync(annotations, length % 3 === 0 ? damaged.subarray(0, length) : damaged)
        const request = { imagesDir: folder, annotations }
        const result: unknown = await collect(coco.read!(request, quietContext())).catch((error: unknown) => error)
        expect(result instanceof Error ? result : null).toSatisfy(
          (error) => error === null || error instanceof AppError,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('lets only AppErrors out of values of any kind', async () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    const record = fc.dictionary(
      fc.constantFrom(
        'id',
        'image_id',
        'category_id',
        'file_name',
        'width',
        'height',
        'segmentation',
        'bbox',
        'name',
        '__proto__',
      ),
      fc.oneof(value, fc.constantFrom(1, 'a.png', 8, 6, [square], { size: [6, 8], counts: [48] })),
    )
    const lists = fc.record({ images: fc.array(record), annotations: fc.array(record), categories: fc.array(record) })
    await fc.assert(
      fc.asyncProperty(lists, async (document) => {
        const result: unknown = await read({ ...document, images: [image, ...document.images] }).catch(
          (error: unknown) => error,
        )
        expect(result instanceof Error ? result : null).toSatisfy(
          (error) => error === null || error instanceof AppError,
        )
      }),
      { numRuns: 200 },
    )
  })
})
