import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { rleArea, rleBbox, sameRle } from '#common/mask/rle.ts'
import { caltech101 } from '#main/datasets/caltech101.ts'
import { coco } from '#main/datasets/coco.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { matFile, type MatSource } from '../../builders/mat-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, defectCounts, quietContext, toExport, writePhoto, type Collected } from './dataset-tools.ts'

/** A rectangle of 6×4 pixels from (3, 2), as MATLAB has it: pixel 1 reaches from 0.5 to 1.5. */
const box = [2.5, 6.5, 3.5, 9.5] as const
const rectangle = [0, 0, 6, 0, 6, 4, 0, 4] as const

interface Annotation {
  readonly box?: readonly number[]
  /** x0, y0, x1, y1, … from the box's corner */
  readonly contour?: readonly number[]
  /** instead of both */
  readonly variables?: Readonly<Record<string, MatSource>>
  readonly bytes?: Uint8Array
}

/** Photos of 20×10 pixels, and annotations by their paths. */
async function dataset(photos: readonly string[], annotations: Readonly<Record<string, Annotation>>) {
  const folder = temporaryFolder()
  const [imagesDir, annotationsDir] = [join(folder, '101_ObjectCategories'), join(folder, 'Annotations')]
  for (const photo of photos) await writePhoto(imagesDir, photo, 20, 10)
  mkdirSync(annotationsDir)
  for (const [path, annotation] of Object.entries(annotations)) {
    mkdirSync(dirname(join(annotationsDir, path)), { recursive: true })
    writeFileSync(
      join(annotationsDir, path),
      annotation.bytes ?? matFile(variablesOf(annotation), { isCompressed: true }),
    )
  }
  return { imagesDir, annotations: annotationsDir }
}

function variablesOf({ box: corners = box, contour = rectangle, variables }: Annotation) {
  if (variables !== undefined) return variables
  return {
    box_coord: { class: 'double', shape: [1, corners.length], data: corners },
    obj_contour: { class: 'double', shape: [2, contour.length / 2], data: contour },
  } as const
}

const read = (request: ImportRequest): Promise<Collected> => collect(caltech101.read!(request, quietContext()))

/** What comes of one annotation of one photo. */
async function readOne(annotation: Annotation): Promise<Collected> {
  return read(await dataset(['ant/image_0001.png'], { 'ant/annotation_0001.mat': annotation }))
}

describe('Caltech 101', () => {
  it('gives the pixels inside the outline, which MATLAB counts from 1', async () => {
    const { images, instances, defects, notes } = await readOne({})
    expect(images).toMatchObject([{ file: 'ant/image_0001.png', label: 'ant', width: 20, height: 10 }])
    expect(defects).toEqual([])
    expect(notes).toMatchObject([{ rule: { kind: 'folder' }, isGuess: false, labels: ['ant'] }])
    const [{ rle, ...facts }] = instances as [(typeof instances)[0]]
    expect([rleBbox(rle), rleArea(rle)]).toEqual([[3, 2, 6, 4], 24])
    expect(facts).toEqual({
      file: 'ant/image_0001.png',
      category: 'ant',
      categorySourceId: null,
      score: null,
      isCrowd: false,
      source: {
        box_coord: [2.5, 6.5, 3.5, 9.5],
        obj_contour: [
          [0, 6, 6, 0],
          [0, 0, 4, 4],
        ],
        segmentation: [[3, 2, 9, 2, 9, 6, 3, 6]],
      },
    })
  })

  it('finds the annotations of folders that have another name, in the one that the photos’ has or in the other', async () => {
    const request = await dataset(
      ['Faces/image_0001.png', 'Faces_easy/image_0001.png', 'Motorbikes/image_0001.png', 'airplanes/image_0001.png'],
      {
        'Faces_2/annotation_0001.mat': { contour: [0, 0, 6, 0, 6, 4] },
        'Faces_3/annotation_0001.mat': {},
        'Motorbikes_16/annotation_0001.mat': {},
        'airplanes/annotation_0001.mat': {},
        'Airplanes_Side_2/annotation_0001.mat': { contour: [0, 0, 6, 0, 6, 4] },
      },
    )
    const { instances, images } = await read(request)
    expect(instances.map(({ file, category, rle }) => [file, category, rleArea(rle) === 24])).toEqual([
      ['Faces/image_0001.png', 'Face', false],
      ['Faces_easy/image_0001.png', 'Faces_easy', true],
      ['Motorbikes/image_0001.png', 'Motorbike', true],
      ['airplanes/image_0001.png', 'airplane', true],
    ])
    expect(images.map(({ label }) => label)).toEqual(instances.map(({ category }) => category))
  })

  it('says which photo has no annotation, but not where its whole class has none', async () => {
    const photos = ['ant/image_0001.png', 'ant/image_0002.png', 'ant/x.png', 'BACKGROUND_Google/image_0001.png']
    const { images, instances, defects } = await read(await dataset(photos, { 'ant/annotation_0001.mat': {} }))
    expect(images.map(({ file }) => file).sort()).toEqual([...photos].sort())
    expect(instances).toHaveLength(1)
    expect(defects).toEqual(
      ['ant/image_0002.png', 'ant/x.png'].map((file) => ({ kind: 'no-segmentation', action: 'kept', place: { file } })),
    )
  })

  it('leaves out annotations whose photo is missing or broken; those of classes without photos do not matter', async () => {
    const request = await dataset(['ant/image_0001.png'], {
      'ant/annotation_0001.mat': {},
      'ant/annotation_0002.mat': {},
      'ant/annotation_0003.mat': {},
      'panda/annotation_0001.mat': {},
    })
    writeFileSync(join(request.imagesDir, 'ant/image_0003.jpg'), 'no photo')
    const { instances, defects } = await read(request)
    expect(instances).toHaveLength(1)
    const at = (index: number, number: number) => ({ type: 'annotation', index, id: `ant/annotation_000${number}.mat` })
    expect(defects).toMatchObject([
      { kind: 'image-broken', action: 'refused', place: { file: 'ant/image_0003.jpg' } },
      { kind: 'image-left-out', place: { file: 'ant/image_0003.jpg', record: at(1, 3) } },
      { kind: 'image-missing', place: { file: 'ant/image_0002.jpg', record: at(2, 2) } },
    ])
  })

  it.each([
    ['two points', { contour: [0, 0, 6, 4] }, 'polygon-invalid refused'],
    ['no point', { contour: [] }, 'polygon-invalid refused'],
    ['a point that is no number', { contour: [0, 0, NaN, 0, 6, 4] }, 'polygon-invalid refused'],
    ['a point far away', { contour: [0, 0, 1e9, 0, 6, 4] }, 'polygon-invalid refused'],
    ['an outline outside of the photo', { contour: rectangle.map((value) => value + 50) }, 'mask-empty refused'],
    ['an outline without an inside', { contour: [0, 0, 0, 0, 0, 0] }, 'mask-empty refused'],
    ['a box of three numbers', { box: [1, 2, 3] }, 'record-invalid refused'],
    ['a box that is no number', { box: [1, NaN, 3, 4] }, 'record-invalid refused'],
    ['a box upside down', { box: [6, 2, 3, 9] }, 'record-invalid refused'],
    [
      'no outline',
      { variables: { box_coord: { class: 'double', shape: [1, 4], data: box } } },
      'record-invalid refused',
    ],
    ['no variable', { variables: {} }, 'record-invalid refused'],
    ['text', { variables: { box_coord: { class: 'char', shape: [1, 4], text: 'abcd' } } }, 'record-invalid refused'],
    ['no MAT-file', { bytes: Buffer.from('no MAT-file') }, 'record-invalid refused'],
    ['half a MAT-file', { bytes: matFile(variablesOf({})).subarray(0, 200) }, 'record-invalid refused'],
  ] as readonly (readonly [string, Annotation, string])[])(
    'keeps the photo and refuses an annotation with %s, for one reason',
    async (_, annotation, kind) => {
      const { images, instances, defects } = await readOne(annotation)
      expect([images.length, instances.length]).toEqual([1, 0])
      expect(defectCounts(defects)).toEqual({ [kind]: 1 })
      expect(defects[0]!.place).toEqual({
        file: 'ant/image_0001.png',
        record: { type: 'annotation', index: 0, id: 'ant/annotation_0001.mat' },
      })
    },
  )

  it('refuses an outline whose rows are not x and y', async () => {
    const obj_contour = { class: 'double', shape: [3, 2], data: [0, 0, 6, 0, 6, 4] } as const
    const { instances, defects } = await readOne({ variables: { ...variablesOf({}), obj_contour } })
    expect([instances, defectCounts(defects)]).toEqual([[], { 'record-invalid refused': 1 }])
  })

  it('cuts off what lies outside of the photo, and keeps the outline as it was', async () => {
    const { instances, defects } = await readOne({ box: [8.5, 12.5, 0.5, 6.5] })
    expect(rleBbox(instances[0]!.rle)).toEqual([0, 8, 6, 2])
    expect(instances[0]!.source!['obj_contour']).toEqual([
      [0, 6, 6, 0],
      [0, 0, 4, 4],
    ])
    expect(defects).toMatchObject([
      { kind: 'outside-photo', action: 'repaired', pixels: 2 },
      { kind: 'bbox-mismatch', action: 'repaired', given: [0, 8, 6, 4], own: [0, 8, 6, 2] },
    ])
  })

  it('takes the mask’s own box where the one given is another', async () => {
    const { instances, defects } = await readOne({ box: [2.5, 9.5, 3.5, 18.5] })
    expect(rleBbox(instances[0]!.rle)).toEqual([3, 2, 6, 4])
    expect(defects).toMatchObject([{ kind: 'bbox-mismatch', given: [3, 2, 15, 7], own: [3, 2, 6, 4] }])
  })

  it('takes labels from elsewhere where it is asked to', async () => {
    const request = await dataset(['ant/image_0001.png'], { 'ant/annotation_0001.mat': {} })
    const labels = join(dirname(request.annotations), 'labels.csv')
    writeFileSync(labels, 'image,label\nant/image_0001.png,insect\n')
    const { images, instances } = await read({ ...request, labels: { kind: 'csv', file: labels } })
    expect([images[0]!.label, instances[0]!.category]).toEqual(['insect', 'ant'])
    const byCategory = await read({ ...request, labels: { kind: 'category' } })
    expect(byCategory.images[0]!.label).toBe('ant')
  })

  it('refuses annotations that belong to other photos, and says which folders to give', async () => {
    const request = await dataset(['ant/image_0001.png'], { 'panda/annotation_0001.mat': {} })
    await expect(read(request)).rejects.toMatchObject({ code: 'import.refused' })
    await expect(read({ ...request, annotations: dirname(request.annotations) })).rejects.toMatchObject({
      code: 'import.refused',
    })
    const { imagesDir } = request
    await expect(read({ imagesDir })).rejects.toMatchObject({ code: 'request.usage' })
    await expect(read({ imagesDir, annotations: join(imagesDir, 'none') })).rejects.toMatchObject({
      code: 'file.missing',
    })
    const file = join(imagesDir, 'ant/image_0001.png')
    await expect(read({ imagesDir, annotations: file })).rejects.toMatchObject({ code: 'file.unreadable' })
  })

  it('opens no annotation that a link leads to outside of the folder', async () => {
    const request = await dataset(['ant/image_0001.png'], { 'panda/annotation_0001.mat': {} })
    mkdirSync(join(request.annotations, 'ant'))
    const elsewhere = join(temporaryFolder(), 'a.mat')
    writeFileSync(elsewhere, matFile(variablesOf({})))
    symlinkSync(elsewhere, join(request.annotations, 'ant/annotation_0001.mat'))
    const { instances, defects } = await read(request)
    expect([instances, defectCounts(defects)]).toEqual([[], { 'record-invalid refused': 1 }])
  })

  it('stops when it is cancelled', async () => {
    const request = await dataset(['ant/image_0001.png'], { 'ant/annotation_0001.mat': {} })
    const events = caltech101.read!(request, quietContext(AbortSignal.abort()))
    await expect(collect(events)).rejects.toMatchObject({ code: 'aborted' })
  })

  it('goes out to COCO as outlines that give the same masks, with the numbers of MATLAB beside them', async () => {
    const contour = [0.137, 0.2, 5.91, 0.33, 5.5, 3.777, 2.1, 2.9]
    const imported = await readOne({ contour, box: [2, 6, 4, 10] })
    const outDir = temporaryFolder()
    await coco.write!({ outDir }, toExport(imported), quietContext())
    const request = { imagesDir: temporaryFolder(), annotations: join(outDir, 'instances.json') }
    await writePhoto(request.imagesDir, 'ant/image_0001.png', 20, 10)
    const { instances } = await collect(coco.read!(request, quietContext()))
    const { source, rle } = imported.instances[0]!
    expect(instances[0]!.source).toMatchObject(source!)
    expect(sameRle(instances[0]!.rle, rle)).toBe(true)
    expect(sameRle(rasterisePolygons(source!['segmentation'] as number[][], 20, 10), rle)).toBe(true)
  })
})
