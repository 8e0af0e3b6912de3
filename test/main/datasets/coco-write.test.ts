import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sameRle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { coco } from '#main/datasets/coco.ts'
import { cocoResults } from '#main/datasets/coco-results.ts'
import type { DatasetFormat, ExportedImage, ExportedInstance } from '#main/datasets/dataset.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import {
  collect,
  exportedImage,
  exportedInstance,
  quietContext,
  rleOf,
  toExport,
  writePhoto,
  type Collected,
} from './dataset-tools.ts'

const square = { segmentation: [[2, 1, 4, 1, 4, 3, 2, 3]] }

interface CocoDocument {
  images: Record<string, unknown>[]
  annotations: Record<string, unknown>[]
  categories: Record<string, unknown>[]
}

const parseFile = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as unknown

async function writeCoco(images: readonly ExportedImage[], outDir = temporaryFolder()): Promise<CocoDocument> {
  await coco.write!({ outDir }, images, quietContext())
  return parseFile(join(outDir, 'instances.json')) as CocoDocument
}

async function writeResults(images: readonly ExportedImage[]) {
  const outDir = temporaryFolder()
  await cocoResults.write!({ outDir }, images, quietContext())
  const document = parseFile(join(outDir, 'images.json')) as CocoDocument
  return { document, results: parseFile(join(outDir, 'results.json')) as Record<string, unknown>[] }
}

describe('writing COCO instances', () => {
  it('writes images, masks as compressed run lengths with their own box and area, and categories', async () => {
    expect(await writeCoco([exportedImage()])).toEqual({
      images: [{ id: 1, file_name: 'a.png', width: 8, height: 6 }],
      annotations: [
        {
          id: 1,
          image_id: 1,
          category_id: 17,
          bbox: [2, 1, 2, 2],
          area: 4,
          iscrowd: 0,
          segmentation: { size: [6, 8], counts: compressCounts(exportedInstance().rle.counts) },
        },
      ],
      categories: [{ id: 17, name: 'cat' }],
    })
  })

  it('says what it wrote, and leaves nothing else in the folder', async () => {
    const outDir = join(temporaryFolder(), 'new/folder')
    const empty = exportedInstance({ rle: rleOf(8, 6, []) })
    const images = [
      exportedImage({ instances: [exportedInstance(), empty] }),
      exportedImage({ file: 'b.png', instances: [] }),
    ]
    const summary = await coco.write!({ outDir }, images, quietContext())
    expect(summary).toEqual({
      files: [join(outDir, 'instances.json')],
      images: 2,
      instances: 1,
      emptyMasks: 1,
      losses: [],
    })
    expect(readdirSync(outDir)).toEqual(['instances.json'])
  })

  it('writes outlines and unknown fields as they came while the mask is not edited', async () => {
    const source = {
      ...square,
      id: 5,
      image_id: 9,
      category_id: 0,
      bbox: [0, 0, 9, 9],
      area: 1,
      attributes: { z: [1.5] },
    }
    const [same, edited] = (
      await writeCoco([
        exportedImage({
          source: { id: 9, license: 2 },
          instances: [
            exportedInstance({ source, category: 'pet', categorySourceId: 0 }),
            exportedInstance({ source, edited: true, rle: rleOf(8, 6, [10]) }),
          ],
        }),
      ])
    ).annotations
    expect(same).toEqual({
      ...source,
      category_id: 0,
      image_id: 9,
      bbox: [2, 1, 2, 2],
      area: 4,
      iscrowd: 0,
    })
    expect(edited).toMatchObject({
      area: 1,
      bbox: [2, 1, 1, 1],
      segmentation: { size: [6, 8] },
      attributes: { z: [1.5] },
    })
    expect(edited!['id']).not.toBe(5)
  })

  it('does not write outlines that no longer give the mask', async () => {
    const other = exportedInstance({ source: square, rle: rleOf(8, 6, [0]) })
    const { annotations } = await writeCoco([exportedImage({ instances: [other] })])
    expect(annotations[0]).toMatchObject({ segmentation: { size: [6, 8] } })
  })

  it('keeps ids of images and masks where they are free, and numbers the rest', async () => {
    const mask = (id?: number) =>
      exportedInstance({ rle: rleOf(8, 6, [id ?? 0]), ...(id === undefined ? {} : { sourceId: id }) })
    const { images, annotations } = await writeCoco([
      exportedImage({ instances: [mask(), mask(2)] }),
      exportedImage({ file: 'b.png', imageSourceId: 1, instances: [mask(2), mask(1)] }),
      exportedImage({ file: 'c.png', source: { id: 'c' }, instances: [] }),
      exportedImage({ file: 'd.png', imageSourceId: 1, instances: [] }),
    ])
    expect(images.map(({ id }) => id)).toEqual([2, 1, 'c', 3])
    expect(annotations.map(({ id, image_id }) => [id, image_id])).toEqual([
      [3, 2],
      [2, 2],
      [4, 1],
      [1, 1],
    ])
  })

  it('keeps the same mask twice', async () => {
    const { annotations } = await writeCoco([exportedImage({ instances: [exportedInstance(), exportedInstance()] })])
    expect(annotations.length).toBe(2)
  })

  it('keeps any text in names and fields apart', async () => {
    const name = 'a\tb\n\u2028"\\ß🐻'
    const images = [
      exportedImage({ file: 'ä\u2028.png', source: { note: name }, instances: [exportedInstance({ category: name })] }),
    ]
    const document = await writeCoco(images)
    expect(document.images[0]).toMatchObject({ file_name: 'ä\u2028.png', note: name })
    expect(document.categories).toEqual([{ id: 1, name }])
  })

  it('writes a dataset without images', async () => {
    expect(await writeCoco([])).toEqual({ images: [], annotations: [], categories: [] })
  })

  it('replaces an earlier export only when the new one is whole', async () => {
    const outDir = temporaryFolder()
    const path = join(outDir, 'instances.json')
    writeFileSync(path, 'before')
    const broken = exportedInstance({ rle: { width: 8, height: 6, counts: Uint32Array.of(1, 2) } })
    const writing = coco.write!({ outDir }, [exportedImage({ instances: [broken] })], quietContext())
    await expect(writing).rejects.toMatchObject({ code: 'export.differs' })
    expect([readdirSync(outDir), readFileSync(path, 'utf8')]).toEqual([['instances.json'], 'before'])
    expect((await writeCoco([exportedImage()], outDir)).images.length).toBe(1)
  })

  it('names the first mask that does not come back as it was', async () => {
    const broken = exportedInstance({ rle: { width: 8, height: 6, counts: Uint32Array.of(1, 2) } })
    const images = [exportedImage(), exportedImage({ file: 'b.png', instances: [broken] })]
    const writing = coco.write!({ outDir: temporaryFolder() }, images, quietContext())
    await expect(writing).rejects.toThrow(/b\.png/)
  })

  it('refuses two images of the same name, and names that lead out of the folder', async () => {
    for (const images of [[exportedImage(), exportedImage()], [exportedImage({ file: '../a.png' })]]) {
      const writing = coco.write!({ outDir: temporaryFolder() }, images, quietContext())
      await expect(writing).rejects.toMatchObject({ code: 'export.differs' })
    }
  })

  it('refuses a mask of another size than its image', async () => {
    const images = [exportedImage({ instances: [exportedInstance({ rle: rleOf(4, 4, [1]) })] })]
    const writing = coco.write!({ outDir: temporaryFolder() }, images, quietContext())
    await expect(writing).rejects.toMatchObject({ code: 'shape.mismatch' })
  })

  it('leaves nothing behind when it is cancelled, or when the images end in an error', async () => {
    const outDir = temporaryFolder()
    const cancelled = coco.write!({ outDir }, [exportedImage()], quietContext(AbortSignal.abort()))
    await expect(cancelled).rejects.toMatchObject({ code: 'aborted' })
    async function* failing() {
      yield await Promise.resolve(exportedImage())
      throw new Error('no more')
    }
    await expect(coco.write!({ outDir }, failing(), quietContext())).rejects.toThrow('no more')
    expect(readdirSync(outDir)).toEqual([])
  })

  it('says that it cannot write there', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const writing = coco.write!({ outDir: join(file, 'below') }, [exportedImage()], quietContext())
    await expect(writing).rejects.toMatchObject({ code: 'file.unwritable' })
    expect(existsSync(join(file, 'below'))).toBe(false)
  })
})

describe('writing COCO results', () => {
  it('writes a list of results, and the images and categories they refer to', async () => {
    const { document, results } = await writeResults([exportedImage({ instances: [exportedInstance({ score: 0.5 })] })])
    expect(document).toEqual({
      images: [{ id: 1, file_name: 'a.png', width: 8, height: 6 }],
      annotations: [],
      categories: [{ id: 17, name: 'cat' }],
    })
    expect(results).toEqual([
      {
        image_id: 1,
        category_id: 17,
        bbox: [2, 1, 2, 2],
        score: 0.5,
        segmentation: { size: [6, 8], counts: compressCounts(exportedInstance().rle.counts) },
      },
    ])
  })

  it('keeps a detector’s own box until its mask is edited, and no box of an annotation', async () => {
    const source = { bbox: [1.5, 0.5, 3.25, 3], area: 3 }
    const { results } = await writeResults([
      exportedImage({
        instances: [
          exportedInstance({ source, score: 0.5 }),
          exportedInstance({ source, score: 0.5, edited: true }),
          exportedInstance({ source, score: null }),
        ],
      }),
    ])
    expect(results.map(({ bbox, score, area }) => [bbox, score, area])).toEqual([
      [[1.5, 0.5, 3.25, 3], 0.5, undefined],
      [[2, 1, 2, 2], 0.5, undefined],
      [[2, 1, 2, 2], 1, undefined],
    ])
  })
})

describe('export and import', () => {
  const size = { width: 5, height: 4 }
  const arbitraryInstance: fc.Arbitrary<ExportedInstance> = fc
    .record({
      category: fc.constantFrom('cat', 'robot', 'person', 'a "b"'),
      categorySourceId: fc.constant(null),
      score: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
      isCrowd: fc.boolean(),
      pixels: fc.uniqueArray(fc.nat(19), { minLength: 1 }),
      extra: fc.option(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), { nil: null }),
      edited: fc.boolean(),
    })
    .map(({ pixels, extra, ...rest }) => ({
      ...rest,
      rle: rleOf(5, 4, pixels),
      source: extra && (JSON.parse(JSON.stringify(extra)) as Record<string, unknown>),
    }))
  const arbitraryImages = fc
    .array(fc.array(arbitraryInstance, { maxLength: 4 }), { maxLength: 4 })
    .map((all) => all.map((instances, i) => ({ file: `${i}.png`, ...size, source: null, instances })))

  const told = ({ category, score, isCrowd, rle }: Omit<ExportedInstance, 'source' | 'edited'>) => {
    return { category, score, isCrowd, rle }
  }
  /** An import takes the same mask once. */
  function distinctMasks(list: readonly ExportedInstance[]): ExportedInstance[] {
    const key = ({ category, isCrowd, rle }: ExportedInstance) => JSON.stringify([category, isCrowd, [...rle.counts]])
    return [...new Map(list.map((each) => [key(each), each])).values()]
  }

  async function readBack(format: DatasetFormat, imagesDir: string, outDir: string): Promise<Collected> {
    const files = format === coco ? ['instances.json'] : ['images.json', 'results.json']
    const [annotations, predictions] = files.map((name) => join(outDir, name))
    const request = { imagesDir, annotations: annotations!, ...(predictions === undefined ? {} : { predictions }) }
    return collect(format.read!(request, quietContext()))
  }

  it('give back every image and every mask', async () => {
    const imagesDir = temporaryFolder()
    for (let i = 0; i < 4; i++) await writePhoto(imagesDir, `${i}.png`, size.width, size.height)
    await fc.assert(
      fc.asyncProperty(arbitraryImages, fc.constantFrom(coco, cocoResults), async (images, format) => {
        const outDir = temporaryFolder()
        const once = images.map((each) => ({ ...each, instances: distinctMasks(each.instances) }))
        await format.write!({ outDir }, once, quietContext())
        const back = toExport(await readBack(format, imagesDir, outDir))
        const expected = once.map(({ file, instances }) => ({
          file,
          instances: instances.map((each) =>
            told({ ...each, score: format === coco ? each.score : (each.score ?? 1) }),
          ),
        }))
        expect(back.map(({ file, instances }) => ({ file, instances: instances.map(told) }))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('change nothing the second time', async () => {
    const imagesDir = temporaryFolder()
    for (let i = 0; i < 4; i++) await writePhoto(imagesDir, `${i}.png`, size.width, size.height)
    await fc.assert(
      fc.asyncProperty(arbitraryImages, async (images) => {
        const [first, second] = [temporaryFolder(), temporaryFolder()]
        const once = images.map((each) => ({ ...each, instances: distinctMasks(each.instances) }))
        await coco.write!({ outDir: first }, once, quietContext())
        await coco.write!({ outDir: second }, toExport(await readBack(coco, imagesDir, first)), quietContext())
        const [a, b] = [first, second].map((outDir) => parseFile(join(outDir, 'instances.json')))
        expect(b).toEqual(a)
      }),
      { numRuns: 30 },
    )
  })
})

describeWithData('exports of real datasets', () => {
  it('give back the pets with their outlines, ids, names and categories', async () => {
    const annotations = testData('data/oxford-pets-370/data/sample_annotations/coco/annotations/instances_sample.json')
    const imagesDir = testData('data/oxford-pets-370/data/sample_images')
    const all = await collect(coco.read!({ imagesDir, annotations }, quietContext()))
    const written = await writeCoco(toExport(all))
    const original = parseFile(annotations) as CocoDocument
    expect(written.images).toEqual(original.images)
    const pick = ({ id, image_id, category_id, segmentation, iscrowd }: Record<string, unknown>) => {
      return { id, image_id, category_id, segmentation, iscrowd }
    }
    expect(written.annotations.map(pick)).toEqual(original.annotations.map(pick))
    expect(written.categories).toEqual([{ id: 0, name: 'pet' }])
  })

  it.each(['train', 'val'])('give back COCO’s own %s annotations, crowds as run lengths', async (split) => {
    const request = {
      imagesDir: testData(`data/tiny-coco/tiny_coco/${split}2017`),
      annotations: testData(`data/tiny-coco/tiny_coco/annotations/instances_${split}2017.json`),
    }
    const first = await collect(coco.read!(request, quietContext()))
    const outDir = temporaryFolder()
    await coco.write!({ outDir }, toExport(first), quietContext())
    const annotations = join(outDir, 'instances.json')
    const second = await collect(coco.read!({ ...request, annotations }, quietContext()))
    expect(second.images).toEqual(first.images)
    expect(second.defects).toEqual([])
    const byId = new Map(second.instances.map((each) => [each.source!['id'], each]))
    expect(byId.size).toBe(first.instances.length)
    for (const each of first.instances) {
      const other = byId.get(each.source!['id'])!
      expect(sameRle(other.rle, each.rle)).toBe(true)
      expect(other.source!['segmentation']).toEqual(each.source!['segmentation'])
      expect([other.category, other.categorySourceId, other.file]).toEqual([
        each.category,
        each.categorySourceId,
        each.file,
      ])
    }
  })

  it('give back a detector’s results', async () => {
    const root = 'data/maskrcnn-detectron2'
    const request = {
      imagesDir: testData(`${root}/label_mask`),
      annotations: testData(`${root}/trainval.json`),
      predictions: testData(`${root}/output/coco_instances_results.json`),
    }
    const all = await collect(cocoResults.read!(request, quietContext()))
    const { results } = await writeResults(toExport(all))
    const original = (parseFile(request.predictions) as Record<string, unknown>[]).filter(
      ({ image_id }) => image_id !== 17,
    )
    const sorted = (list: Record<string, unknown>[]) => list.toSorted((a, b) => Number(b['score']) - Number(a['score']))
    expect(sorted(results)).toEqual(sorted(original))
  })
})
