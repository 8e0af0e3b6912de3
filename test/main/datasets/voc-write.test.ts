import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { normaliseRle, rleArea } from '#common/mask/rle.ts'
import type { ExportedImage, ExportSummary } from '#main/datasets/dataset.ts'
import { voc } from '#main/datasets/voc.ts'
import { vocPalette } from '#main/datasets/voc/colours.ts'
import { readIndexPng } from '#main/files/index-png.ts'
import { listFiles } from '#main/files/list-images.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import {
  collect,
  drawn,
  exportedImage,
  exportedInstance,
  quietContext,
  rleOf,
  toExport,
  writePhoto,
  type Collected,
} from './dataset-tools.ts'

const write = (images: readonly ExportedImage[], outDir: string): Promise<ExportSummary> =>
  voc.write!({ outDir }, images, quietContext())

const text = (outDir: string, file: string) => readFileSync(join(outDir, file), 'utf8')
const picture = (outDir: string, file: string) => readIndexPng(readFileSync(join(outDir, file)), file)

/** Writes images, then reads them with photos of their sizes. */
async function there(
  images: readonly ExportedImage[],
): Promise<Collected & { outDir: string; summary: ExportSummary }> {
  const outDir = temporaryFolder()
  const photos = temporaryFolder()
  for (const { file, width, height } of images) await writePhoto(photos, file, width, height)
  const summary = await write(images, outDir)
  const back = await collect(voc.read!({ imagesDir: photos, annotations: outDir }, quietContext()))
  return { ...back, outDir, summary }
}

describe('writing Pascal VOC', () => {
  it('writes pictures with VOC’s palette, annotations, the list of photos and that of classes', async () => {
    const outDir = temporaryFolder()
    const dog = exportedInstance({ category: 'dog', rle: rleOf(8, 6, [40, 41]) })
    const hat = exportedInstance({ category: 'a: hat', rle: rleOf(8, 6, [0]) })
    const images = [
      exportedImage({ file: 'cats/1.jpg', instances: [exportedInstance(), dog, hat] }),
      exportedImage({ file: '2.png', instances: [] }),
    ]
    const summary = await write(images, outDir)
    expect(summary).toEqual({ files: [outDir], images: 2, instances: 3, emptyMasks: 0, losses: [] })
    expect(await listFiles(outDir, new Set(['.png', '.xml', '.txt']))).toEqual([
      'Annotations/2.xml',
      'Annotations/cats/1.xml',
      'ImageSets/Segmentation/default.txt',
      'SegmentationClass/cats/1.png',
      'SegmentationObject/cats/1.png',
      'labelmap.txt',
    ])
    expect(text(outDir, 'ImageSets/Segmentation/default.txt')).toBe('cats/1\n2\n')
    expect(text(outDir, 'labelmap.txt')).toBe(
      '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:64,0,0::\ndog:64,0,128::\na: hat:128,64,128::\n',
    )
    const [objects, classes] = [
      await picture(outDir, 'SegmentationObject/cats/1.png'),
      await picture(outDir, 'SegmentationClass/cats/1.png'),
    ]
    expect([objects.palette, classes.palette]).toEqual([vocPalette, vocPalette])
    expect([0, 10, 19, 40, 41, 47].map((place) => [objects.values[place], classes.values[place]])).toEqual([
      [3, 21],
      [1, 8],
      [1, 8],
      [2, 12],
      [2, 12],
      [0, 0],
    ])
    // what another program makes of the colours: cat is dark red
    const { data } = await sharp(join(outDir, 'SegmentationClass/cats/1.png'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([...data.subarray(30, 33)]).toEqual([64, 0, 0])
    expect(text(outDir, 'Annotations/cats/1.xml')).toContain(`  <filename>1.jpg</filename>
  <size>
    <width>8</width>
    <height>6</height>
    <depth>3</depth>
  </size>
  <segmented>1</segmented>
  <object>
    <name>cat</name>
    <pose>Unspecified</pose>
    <truncated>0</truncated>
    <difficult>0</difficult>
    <bndbox>
      <xmin>3</xmin>
      <ymin>2</ymin>
      <xmax>4</xmax>
      <ymax>3</ymax>
    </bndbox>
  </object>`)
  })

  it('keeps what the records said, their boxes as long as the mask is not edited', async () => {
    const bndbox = { xmin: '2.5', ymin: '2', xmax: '4', ymax: '3.5' }
    const source = {
      object: { name: 'x', pose: 'Left', part: [{ name: 'head' }, { name: 'hand' }], bndbox, '@id': '<7>' },
    }
    const annotation = {
      '@v': '1',
      folder: 'F',
      owner: { name: 'A & B' },
      size: { width: '1', depth: '1' },
      object: {},
    }
    const edited = exportedInstance({ source, edited: true, rle: rleOf(8, 6, [0, 1]) })
    const image = exportedImage({ source: { annotation }, instances: [exportedInstance({ source }), edited] })
    const { images, instances, defects } = await there([image])
    expect(defects).toEqual([])
    expect(images[0]!.source).toEqual({
      annotation: {
        ...{ '@v': '1', folder: 'F', filename: 'a.png', owner: { name: 'A & B' }, segmented: '1' },
        size: { width: '8', height: '6', depth: '1' },
      },
    })
    expect(instances.map((each) => each.source)).toEqual([
      { object: { ...source.object, name: 'cat' } },
      { object: { ...source.object, name: 'cat', bndbox: { xmin: '1', ymin: '1', xmax: '2', ymax: '1' } } },
    ])
  })

  it('gives overlaps to the later mask, and counts what is lost', async () => {
    const square = (pixels: readonly number[], category: string) =>
      exportedInstance({ category, rle: rleOf(8, 6, pixels) })
    const instances = [
      square([8, 9], 'covered'),
      square([0, 1, 2, 3], 'below'),
      square([3, 4, 8, 9], 'above'),
      exportedInstance({ category: null, score: 0.5, isCrowd: true, rle: rleOf(8, 6, [40]) }),
      exportedInstance({ category: 'two\nlines', rle: rleOf(8, 6, [42]) }),
      exportedInstance({ rle: rleOf(8, 6, []) }),
    ]
    const back = await there([exportedImage({ instances })])
    expect(back.summary).toMatchObject({ images: 1, instances: 4, emptyMasks: 1 })
    expect(back.summary.losses).toEqual([
      { what: 'overlapping pixels given to the later object', n: 3 },
      { what: 'masks wholly covered by later ones', n: 1 },
      { what: 'scores left out', n: 1 },
      { what: 'crowd marks left out', n: 1 },
      { what: 'category names changed', n: 1 },
    ])
    expect(back.instances.map(({ category, rle }) => [category, drawn(rle)[0], rleArea(rle)])).toEqual([
      ['below', '###.....', 3],
      ['above', '...##...', 4],
      ['object', '........', 1],
      ['two lines', '........', 1],
    ])
  })

  it('has room for 254 masks a photo, and for the names of more classes than the palette has places', async () => {
    const instances = Array.from({ length: 300 }, (_, i) =>
      exportedInstance({ category: `class ${i}`, rle: rleOf(20, 15, [i]) }),
    )
    const back = await there([exportedImage({ width: 20, height: 15, instances })])
    expect(back.summary.losses).toEqual([{ what: 'masks beyond the 254 that a photo can have', n: 46 }])
    expect(back.instances.map(({ category }) => category)).toEqual(
      instances.slice(0, 254).map(({ category }) => category),
    )
  })

  it('names files apart where photos differ only in their endings', async () => {
    const other = exportedInstance({ rle: rleOf(8, 6, [0]) })
    const images = [exportedImage({ file: 'a.jpg' }), exportedImage({ file: 'a.png', instances: [other] })]
    const back = await there(images)
    expect(await listFiles(join(back.outDir, 'Annotations'), new Set(['.xml']))).toEqual(['a.png.xml', 'a.xml'])
    expect(back.instances.map(({ file, rle }) => [file, rleArea(rle)])).toEqual([
      ['a.jpg', 4],
      ['a.png', 1],
    ])
  })

  it('writes photos of hidden folders too, which a listing leaves out', async () => {
    const summary = await write([exportedImage({ file: '.hidden/a.png' })], temporaryFolder())
    expect(summary).toMatchObject({ images: 1, instances: 1 })
  })

  it('replaces nothing, and leaves nothing half-written', async () => {
    const outDir = temporaryFolder()
    mkdirSync(join(outDir, 'Annotations'))
    writeFileSync(join(outDir, 'labelmap.txt'), 'mine')
    await expect(write([exportedImage()], outDir)).rejects.toMatchObject({ code: 'file.exists' })
    expect(text(outDir, 'labelmap.txt')).toBe('mine')
    expect(readdirSync(outDir)).toEqual(['Annotations', 'labelmap.txt'])
    const wrong = exportedImage({ width: 9 })
    await expect(write([wrong], join(outDir, 'new'))).rejects.toMatchObject({ code: 'shape.mismatch' })
    await expect(write([exportedImage({ file: '../a.png' })], outDir)).rejects.toMatchObject({ code: 'path.outside' })
    const context = { ...quietContext(AbortSignal.abort()) }
    await expect(voc.write!({ outDir: join(outDir, 'new') }, [exportedImage()], context)).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(existsSync(join(outDir, 'new'))).toBe(true)
    expect(readdirSync(join(outDir, 'new'))).toEqual([])
    expect(await write([], join(outDir, 'none'))).toMatchObject({ images: 0, instances: 0, losses: [] })
  })
})

describe('Pascal VOC, in and out', () => {
  const instance = fc.record({
    pixels: fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1, maxLength: 12 }),
    category: fc.oneof(fc.constantFrom('cat', 'dog', 'background', 'ignored', '#x:1,2,3::', ':'), fc.string()),
    fields: fc.dictionary(fc.constantFrom('pose', 'truncated', 'note'), fc.string()),
    edited: fc.boolean(),
  })
  const image = fc.array(instance, { maxLength: 5 }).map((list) =>
    exportedImage({
      instances: list.map(({ pixels, category, fields, edited }) =>
        exportedInstance({ category, edited, rle: rleOf(8, 6, pixels), source: { object: fields } }),
      ),
    }),
  )

  it('are the same masks, classes and fields once they are in', async () => {
    await fc.assert(
      fc.asyncProperty(image, async (first) => {
        const once = await there([first])
        expect(once.defects).toEqual([])
        const twice = await there(toExport(once))
        expect(twice.defects).toEqual([])
        expect(twice.summary.losses).toEqual([])
        const normal = ({ instances }: Collected) => instances.map((each) => ({ ...each, rle: normaliseRle(each.rle) }))
        expect(normal(twice)).toEqual(normal(once))
        expect(twice.images.map(({ source }) => source)).toEqual(once.images.map(({ source }) => source))
      }),
      { numRuns: 25 },
    )
  })
})
