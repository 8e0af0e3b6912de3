import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseRle } from '#common/mask/rle.ts'
import type { ExportedImage, ExportSummary } from '#main/datasets/dataset.ts'
import { openImages } from '#main/datasets/open-images.ts'
import { listFiles } from '#main/files/list-images.ts'
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

const write = (images: readonly ExportedImage[], outDir: string): Promise<ExportSummary> =>
  openImages.write!({ outDir }, images, quietContext())

const read = (imagesDir: string, annotations: string): Promise<Collected> =>
  collect(openImages.read!({ imagesDir, annotations }, quietContext()))

const text = (outDir: string, file: string) => readFileSync(join(outDir, 'annotations', file), 'utf8')

describe('writing Open Images', () => {
  it('writes a table for each part, a picture a mask, names of classes, and counts what is lost', async () => {
    const outDir = temporaryFolder()
    const [nameless, empty] = [
      exportedInstance({ category: null, score: 0.5 }),
      exportedInstance({ rle: rleOf(8, 6, []) }),
    ]
    const images = [
      exportedImage({ file: 'train/1.jpg', instances: [exportedInstance(), empty, nameless] }),
      exportedImage({ file: 'cats/1.jpg', instances: [exportedInstance({ category: 'a/b, "c"', isCrowd: true })] }),
      exportedImage({ file: 'cats/1.png', instances: [exportedInstance()] }),
      exportedImage({ file: 'none.png', instances: [] }),
    ]
    const losses = [
      { what: 'scores left out', n: 1 },
      { what: 'crowd marks left out', n: 1 },
    ]
    expect(await write(images, outDir)).toEqual({ files: [outDir], images: 4, instances: 4, emptyMasks: 1, losses })
    expect(await listFiles(outDir, new Set(['.png', '.csv']))).toEqual([
      'annotations/class-descriptions.csv',
      'annotations/default-annotations-object-segmentation.csv',
      'annotations/train-annotations-object-segmentation.csv',
      'masks/default/cats/1_ab, %22c%22_00000000.png',
      'masks/default/cats/1_cat_00000000.png',
      'masks/train/1_cat_00000000.png',
      'masks/train/1_object_00000001.png',
    ])
    const lines = text(outDir, 'default-annotations-object-segmentation.csv').split('\n')
    expect(lines).toEqual([
      'MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks',
      '"cats/1_ab, %22c%22_00000000.png",cats/1.jpg,"a/b, ""c""",00000000,0.25,0.5,0.16666666666666666,0.5,,',
      'cats/1_cat_00000000.png,cats/1.png,cat,00000000,0.25,0.5,0.16666666666666666,0.5,,',
      '',
    ])
    expect(text(outDir, 'class-descriptions.csv')).toBe(
      'LabelName,DisplayName\ncat,cat\nobject,object\n"a/b, ""c""","a/b, ""c"""\n',
    )
  })

  it('writes rows as they came, and of edited masks what still holds', async () => {
    const row = { MaskPath: 'x.png', ImageID: 'aa', LabelName: '/m/01yrx', BoxID: 'f00', Own: 'kept' }
    const facts = { BoxXMin: '0.1', BoxXMax: '0.9', BoxYMin: '0', BoxYMax: '1', PredictedIoU: '0.91', Clicks: '0 0 1' }
    const source = { openImages: { ...row, ...facts, category: 'cat' } }
    const edited = { openImages: { ...source.openImages, BoxID: 'f01' } }
    const outDir = temporaryFolder()
    const instances = [
      exportedInstance({ source }),
      exportedInstance({ source: edited, edited: true, category: 'dog' }),
    ]
    const ofTest = { openImages: { ImageID: 'aa', subset: 'test' } }
    await write([exportedImage({ file: 'sub/aa.png', source: ofTest, instances })], outDir)
    expect(text(outDir, 'test-annotations-object-segmentation.csv').split('\n').slice(1, 3)).toEqual([
      'sub/aa_m01yrx_f00.png,aa,/m/01yrx,f00,0.1,0.9,0,1,0.91,0 0 1,kept',
      'sub/aa_dog_f01.png,aa,dog,f01,0.25,0.5,0.16666666666666666,0.5,,,kept',
    ])
  })

  it('replaces nothing, and leaves nothing half-written', async () => {
    const outDir = temporaryFolder()
    await write([], outDir)
    await expect(write([exportedImage()], outDir)).rejects.toMatchObject({ code: 'file.exists' })
    expect(readdirSync(outDir)).toEqual(['annotations'])
    const other = temporaryFolder()
    const wrong = [
      exportedImage({ width: 9 }),
      exportedImage({ file: '../a.png' }),
      exportedImage({ file: 'a\nb.png' }),
    ]
    for (const image of wrong) await expect(write([image], other)).rejects.toThrow()
    expect(readdirSync(other)).toEqual([])
  })

  it('gives back the same masks and categories, overlaps and holes too', async () => {
    const instance = fc.record({
      pixels: fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1, maxLength: 20 }),
      category: fc.oneof(fc.constantFrom('cat', '/m/01yrx', 'LabelName', 'a,"b"', 'x\ny', '..', '\uFEFF'), fc.string()),
    })
    const files = ['cats/1.png', 'train/1.png', 'images/train/1.png', 'test/1.png', '1.png', '1.PNG', 'dogs/1.png']
    const image = fc.tuple(fc.constantFrom(...files), fc.array(instance, { maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(image, { selector: ([file]) => file, maxLength: 4 }), async (list) => {
        const [photos, outDir] = [temporaryFolder(), temporaryFolder()]
        for (const [file] of list) await writePhoto(photos, file, 8, 6)
        const images = list.map(([file, masks]) => {
          const instances = masks.map(({ pixels, category }) =>
            exportedInstance({ category, rle: rleOf(8, 6, pixels) }),
          )
          return exportedImage({ file, instances })
        })
        await write(images, outDir)
        const back = await read(photos, outDir)
        const seen = new Set<string>()
        const expected = images
          .flatMap(({ file, instances }) => instances.map(({ category, rle }) => [file, category, rle] as const))
          .map(([file, category, rle]) => {
            return [file, category === '' ? 'object' : category!.toWellFormed(), [...normaliseRle(rle).counts]] as const
          })
          .filter((each) => !seen.has(JSON.stringify(each)) && seen.add(JSON.stringify(each)))
        const found = back.instances.map(({ file, category, rle }) => [file, category, [...normaliseRle(rle).counts]])
        expect(new Set(found.map((each) => JSON.stringify(each)))).toEqual(seen)
        expect(found).toHaveLength(expected.length)
        await write(toExport(back), temporaryFolder())
      }),
      { numRuns: 8 },
    )
  })
})

describeWithData('Open Images as Datumaro writes it', () => {
  const root = testData('data/datumaro-assets/open_images_dataset')

  it('comes in with its photos and its mask, and goes out row by row as it was', async () => {
    const folder = join(root, 'v6')
    const all = await read(join(folder, 'images'), folder)
    expect(all.defects).toEqual([])
    expect(all.images.map(({ file, split }) => [file, split])).toEqual([
      ['test/c.jpg', 'test'],
      ['train/a.jpg', 'train'],
      ['train/b.jpg', 'train'],
      ['validation/d.png', 'validation'],
    ])
    expect(all.instances.map(({ file, category }) => [file, category])).toEqual([['train/b.jpg', 'Generic label #0']])
    const outDir = temporaryFolder()
    await write(toExport(all), outDir)
    const table = 'train-annotations-object-segmentation.csv'
    expect(text(outDir, table)).toBe(readFileSync(join(folder, 'annotations', table), 'utf8'))
    const again = await read(join(folder, 'images'), outDir)
    expect(again.instances).toEqual(all.instances)
  })

  it('without a table of masks is refused', async () => {
    await expect(read(join(root, 'v5/images'), join(root, 'v5'))).rejects.toMatchObject({ code: 'import.format' })
  })
})
