import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { rleArea } from '#common/mask/rle.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { voc } from '#main/datasets/voc.ts'
import { vocPalette } from '#main/datasets/voc/colours.ts'
import { formatPalettePng } from '#main/files/index-png.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, defectCounts, drawn, quietContext, writePhoto, type Collected } from './dataset-tools.ts'

/** Two objects with a border of void around the second, on 8×6 pixels. */
const objects = ['........', '.11.____', '.11._22_', '....____', '........', '........']
const classes = ['........', '.88.____', '.88._cc_', '....____', '........', '........']

const numbers = '0123456789abcdefghijklmnopqrstuvwxyz'

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'JPEGImages/a.png', 8, 6)
})

function put(file: string, content: Uint8Array | string): void {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Pixels as signs: `.` background, `_` void, else the place in the palette, `a` = 10. */
const pixelsOf = (rows: readonly string[]) =>
  Uint8Array.from(rows.join(''), (sign) => (sign === '.' ? 0 : sign === '_' ? 255 : numbers.indexOf(sign)))

async function putPicture(file: string, rows: readonly string[], palette = vocPalette): Promise<void> {
  const picture = { width: rows[0]!.length, height: rows.length, data: pixelsOf(rows) }
  put(file, await formatPalettePng(picture, palette))
}

async function putPixels(file: string, data: Uint8Array, channels: 1 | 3): Promise<void> {
  const image = sharp(data, { raw: { width: 8, height: 6, channels } })
  put(file, await (channels === 1 ? image.toColourspace('b-w') : image).png().toBuffer())
}

/** The same picture without a palette. */
const putColours = (file: string, rows: readonly string[]) =>
  putPixels(
    file,
    Uint8Array.from(
      [...pixelsOf(rows)].flatMap((place) => [16, 8, 0].map((bits) => (vocPalette[place]! >> bits) & 255)),
    ),
    3,
  )

const object = (name: string, box: readonly number[], more = '') => {
  const [xmin, ymin, xmax, ymax] = box
  const bndbox = `<xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax>`
  return `<object><name>${name}</name>${more}<bndbox>${bndbox}</bndbox></object>`
}

const annotation = (content: string, [width, height] = [8, 6]) =>
  `<?xml version="1.0"?><annotation><folder>VOC2012</folder><filename>a.jpg</filename><source><database>d &amp; e</database>
  </source><size><width>${width}</width><height>${height}</height><depth>3</depth></size>${content}</annotation>`

const read = (changes: Partial<ImportRequest> = {}): Promise<Collected> =>
  collect(voc.read!({ imagesDir: join(folder, 'JPEGImages'), annotations: folder, ...changes }, quietContext()))

const found = ({ instances }: Collected) => instances.map(({ category, rle }) => [category, drawn(rle).join('|')])

const catAndDog = [
  ['cat', '........|.##.....|.##.....|........|........|........'],
  ['dog', '........|........|.....##.|........|........|........'],
]

describe('reading Pascal VOC', () => {
  it('gives objects with the classes of their pixels, and says how many pixels are void', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    await putPicture('SegmentationClass/a.png', classes)
    const all = await read()
    expect(found(all)).toEqual(catAndDog)
    expect(all.instances[0]).toMatchObject({ file: 'a.png', score: null, isCrowd: false, source: null })
    expect(all.defects.map(defectWords)).toEqual(['a.png: 10 pixels are marked as void; they belong to no mask'])
  })

  it('takes colours and greys for places in the palette', async () => {
    await putColours('SegmentationObject/a.png', objects)
    await putColours('SegmentationClass/a.png', classes)
    expect(found(await read())).toEqual(catAndDog)
    await putPixels('SegmentationObject/a.png', pixelsOf(objects), 1)
    await putPixels('SegmentationClass/a.png', pixelsOf(classes), 1)
    const greys = await read()
    expect(found(greys)).toEqual(catAndDog)
    expect(defectCounts(greys.defects)).toEqual({ 'void-pixels repaired': 1 })
  })

  it('tells objects of colours that are not VOC’s apart', async () => {
    const pixels = new Uint8Array(8 * 6 * 3)
    pixels.set([10, 20, 30, 30, 20, 10], 0)
    await putPixels('SegmentationObject/a.png', pixels, 3)
    const { instances } = await read()
    expect(instances.map(({ rle }) => rleArea(rle))).toEqual([1, 1])
  })

  it('finds classes in labelmap.txt by colours, in a palette of its own by places', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    await putPicture('SegmentationClass/a.png', [
      '........',
      '.11.____',
      '.11._22_',
      '....____',
      '........',
      '........',
    ])
    put(
      'labelmap.txt',
      '# label:color_rgb:parts:actions\r\nbackground:0,0,0::\r\nred: hat:128,0,0::\r\nshoe:0,128,0::\r\n',
    )
    expect(found(await read()).map(([category]) => category)).toEqual(['red: hat', 'shoe'])
    const own = vocPalette.map((colour, place) => (place === 255 ? colour : place * 3))
    await putPicture(
      'SegmentationClass/a.png',
      ['........', '.11.....', '.11..22.', '........', '........', '........'],
      own,
    )
    expect(found(await read()).map(([category]) => category)).toEqual(['red: hat', 'shoe'])
  })

  it('takes the commonest class where an object has several', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    await putPicture('SegmentationClass/a.png', [
      '........',
      '.8c.....',
      '.88..__.',
      '........',
      '........',
      '........',
    ])
    const all = await read()
    expect(found(all).map(([category]) => category)).toEqual(['cat', null])
    expect(defectCounts(all.defects)).toEqual({
      'void-pixels repaired': 1,
      'category-mixed repaired': 1,
      'category-unknown kept': 1,
    })
    expect(all.defects.map(defectWords)).toContain(
      'annotation no. 1 (a.png): the mask’s pixels have the categories cat, dog; the commonest, the first, is used',
    )
  })

  it('gives one mask a class where there is no picture of objects', async () => {
    await putPicture('SegmentationClass/a.png', [
      '........',
      '.88.....',
      '.88..8..',
      '........',
      'c.......',
      '........',
    ])
    put('Annotations/a.xml', annotation(object('cat', [2, 2, 3, 3]) + object('sheep', [1, 1, 2, 2])))
    const all = await read()
    expect(all.instances.map(({ category, rle, source }) => [category, rleArea(rle), source])).toEqual([
      ['cat', 5, null],
      ['dog', 1, null],
    ])
    expect(defectCounts(all.defects)).toEqual({ 'no-segmentation refused': 1 })
  })

  it('finds the record of each mask by its place, else by its box, and keeps all that it says', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    await putPicture('SegmentationClass/a.png', classes)
    const more = '<pose>Left</pose><difficult>1</difficult><part><name>head</name></part><part><name>hand</name></part>'
    const cat = object('cat', [2, 2, 3, 3], more)
    const dog = object('dog', [6, 3, 7, 3], '<actions lang="en"><running>1</running></actions>')
    const person = object('person', [1, 1, 8, 6])
    put('Annotations/a.xml', annotation(cat + dog + person + object('cat', [6, 3, 7, 3])))
    const first = await read()
    expect(first.images[0]!.source).toMatchObject({
      annotation: { folder: 'VOC2012', source: { database: 'd & e' }, size: { depth: '3' } },
    })
    expect(first.instances.map(({ source }) => source)).toMatchObject([
      {
        object: {
          name: 'cat',
          pose: 'Left',
          difficult: '1',
          part: [{ name: 'head' }, { name: 'hand' }],
          bndbox: { xmin: '2', ymin: '2', xmax: '3', ymax: '3' },
        },
      },
      { object: { name: 'dog', actions: { '@lang': 'en', running: '1' } } },
    ])
    expect(first.defects.map(defectWords)).toEqual([
      'a.png: 10 pixels are marked as void; they belong to no mask',
      'annotation no. 3 (a.png): there is no mask; it is left out',
      'annotation no. 4 (a.png): there is no mask; it is left out',
    ])
    put('Annotations/a.xml', annotation(person + dog + cat))
    expect((await read()).instances.map(({ source }) => source)).toEqual(first.instances.map(({ source }) => source))
  })

  it('takes the name of the record where no class is drawn', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    put('Annotations/a.xml', annotation(object('a lynx', [2, 2, 3, 3])))
    const all = await read()
    expect(found(all).map(([category]) => category)).toEqual(['a lynx', null])
    expect(defectCounts(all.defects)).toEqual({ 'void-pixels repaired': 1, 'category-unknown kept': 1 })
  })

  it('has all photos, those without masks too, with the split that a list gives them', async () => {
    await writePhoto(folder, 'JPEGImages/b.png', 8, 6)
    await writePhoto(folder, 'JPEGImages/c.png', 8, 6)
    await putPicture('SegmentationObject/a.png', objects)
    put('Annotations/gone.xml', annotation(''))
    put('ImageSets/Segmentation/train.txt', 'a\n')
    put('ImageSets/Main/val.txt', 'a\nb\n')
    const { images, instances, defects } = await read({ annotations: folder })
    expect(images.map(({ file, split }) => [file, split])).toEqual([
      ['a.png', 'train'],
      ['b.png', 'validation'],
      ['c.png', null],
    ])
    expect(instances).toHaveLength(2)
    expect(defectWords(defects[0]!)).toBe(
      'Annotations/gone.xml: the photo is not in the folder; it and its masks are left out',
    )
  })

  it('takes the dataset’s own folder for that of the photos, and finds it around that of the photos', async () => {
    await putPicture('SegmentationObject/a.png', objects)
    const whole = await collect(voc.read!({ imagesDir: folder }, quietContext()))
    expect(whole.images.map(({ file }) => file)).toEqual(['JPEGImages/a.png'])
    expect(whole.instances).toHaveLength(2)
    const around = await collect(voc.read!({ imagesDir: join(folder, 'JPEGImages') }, quietContext()))
    expect(around.images.map(({ file }) => file)).toEqual(['a.png'])
    expect(around.instances).toHaveLength(2)
  })

  it('tells photos apart that differ only in their endings', async () => {
    await writePhoto(folder, 'JPEGImages/a.jpg', 8, 6)
    await putPicture('SegmentationObject/a.png', objects)
    const several = await read()
    expect(several.instances).toEqual([])
    expect(defectWords(several.defects[0]!)).toBe('SegmentationObject/a.png: 2 photos are called “a”; it is left out')
    await putPicture('SegmentationObject/a.jpg.png', ['1.......', ...objects.slice(1).map(() => '........')])
    const { instances } = await read()
    expect(instances.map(({ file, rle }) => [file, rleArea(rle)])).toEqual([
      ['a.jpg', 1],
      ['a.png', 4],
      ['a.png', 2],
    ])
  })
})

describe('labels of Pascal VOC', () => {
  it('are guessed from classes where each photo has one and they differ, else asked for', async () => {
    await writePhoto(folder, 'JPEGImages/b.png', 8, 6)
    await putPicture('SegmentationObject/a.png', ['11....22', ...objects.slice(1).map(() => '........')])
    await putPicture('SegmentationClass/a.png', ['88....88', ...objects.slice(1).map(() => '........')])
    await putPicture('SegmentationObject/b.png', ['1.......', ...objects.slice(1).map(() => '........')])
    await putPicture('SegmentationClass/b.png', ['c.......', ...objects.slice(1).map(() => '........')])
    const { images, notes } = await read()
    expect(images.map(({ label }) => label)).toEqual(['cat', 'dog'])
    expect(notes).toMatchObject([{ rule: { kind: 'category' }, isGuess: true, nLabels: 2 }])
    await putPicture('SegmentationClass/a.png', ['88.....c', ...objects.slice(1).map(() => '........')])
    expect((await read()).notes).toMatchObject([{ rule: null }])
    const asked = await read({ labels: { kind: 'category' } })
    expect(asked.images.map(({ label }) => label)).toEqual(['cat', 'dog'])
  })
})

describe('damaged files of Pascal VOC', () => {
  it('are left out, each with one line', async () => {
    const names = ['size', 'text', 'cut', 'noise', 'xml', 'bomb', 'root', 'deep', 'large']
    for (const name of names) await writePhoto(folder, `JPEGImages/${name}.png`, 8, 6)
    await putPicture('SegmentationObject/size.png', ['11', '11'])
    put('SegmentationObject/text.png', 'no picture')
    const whole = await formatPalettePng({ width: 8, height: 6, data: pixelsOf(objects) }, vocPalette)
    put('SegmentationObject/cut.png', whole.subarray(0, whole.length - 30))
    const noise = sharp(
      Uint8Array.from({ length: 1200 * 3 }, (_, i) => ((i * 7919) % 251) ^ (i >> 4)),
      {
        raw: { width: 40, height: 30, channels: 3 },
      },
    )
    await writePhoto(folder, 'JPEGImages/noise.png', 40, 30)
    put('SegmentationObject/noise.png', await noise.png().toBuffer())
    put('Annotations/xml.xml', annotation('<object><name>cat'))
    put(
      'Annotations/bomb.xml',
      `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>` +
        annotation(`<object><name>&b;&f;</name></object>`),
    )
    put('Annotations/root.xml', '<svg><object/></svg>')
    put('Annotations/deep.xml', annotation('<a>'.repeat(100) + '</a>'.repeat(100)))
    put('Annotations/large.xml', '')
    truncateSync(join(folder, 'Annotations/large.xml'), 2 ** 31)
    await putPicture('SegmentationObject/a.png', objects)
    await putPicture('SegmentationClass/a.png', classes)
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([10, 2])
    const words = defects.map(defectWords).filter((text) => !text.includes('void'))
    expect(words).toHaveLength(names.length)
    for (const reason of [
      'annotation SegmentationObject/size.png (size.png): outlined on 2×2 pixels, the photo has 8×6',
      'annotation SegmentationObject/text.png (text.png): SegmentationObject/text.png is no PNG image',
      'annotation SegmentationObject/cut.png (cut.png): SegmentationObject/cut.png is a damaged PNG image',
      'noise.png: its pixels have more than 1000 different values',
      'xml.png: Annotations/xml.xml is no usable XML file (',
      'bomb.png: Annotations/bomb.xml is no usable XML file (line 1: it has a document type, which is not read)',
      'root.png: Annotations/root.xml is no annotation of Pascal VOC: it is a <svg>',
      'it nests deeper than 16 levels)',
      '2147483648 bytes; at most 4194304',
    ]) {
      expect(
        words.find((text) => text.includes(reason)),
        reason,
      ).toBeDefined()
    }
  })

  it('are not opened through links that lead out', async () => {
    const elsewhere = temporaryFolder()
    writeFileSync(join(elsewhere, 'a.xml'), annotation(object('secret', [1, 1, 2, 2])))
    mkdirSync(join(folder, 'Annotations'))
    symlinkSync(join(elsewhere, 'a.xml'), join(folder, 'Annotations/a.xml'))
    const { images, defects } = await read()
    expect(images).toMatchObject([{ source: null }])
    expect(defectCounts(defects)).toEqual({ 'record-invalid refused': 1 })
  })

  it('give sizes that are not the photo’s, and boxes that cannot be', async () => {
    put('Annotations/a.xml', annotation(object('cat', [5, 5, 1, 1]) + '<object/>', [80, 60]))
    const { images, defects } = await read()
    expect(images).toMatchObject([{ width: 8, height: 6 }])
    expect(defectCounts(defects)).toEqual({ 'size-mismatch repaired': 1, 'no-segmentation refused': 2 })
  })

  it('of another dataset are told from none', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'import.format' })
    await expect(read({ imagesDir: join(folder, 'none') })).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('never make a reading throw, whatever is changed in them', async () => {
    const whole = Buffer.from(await formatPalettePng({ width: 8, height: 6, data: pixelsOf(objects) }, vocPalette))
    const xml = Buffer.from(
      annotation(object('cat', [2, 2, 3, 3], '<pose a="1">x</pose>') + object('dog', [6, 3, 7, 3])),
    )
    const damage = (bytes: Buffer) =>
      fc
        .array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 })
        .chain((changes) => fc.nat({ max: bytes.length }).map((length) => ({ changes, length })))
        .map(({ changes, length }) => {
          const copy = Uint8Array.from(bytes)
          for (const [at, value] of changes) copy[at] = value
          return changes.length % 2 === 0 ? copy : copy.subarray(0, length)
        })
    await fc.assert(
      fc.asyncProperty(damage(whole), damage(whole), damage(xml), async (objectPng, classPng, text) => {
        put('SegmentationObject/a.png', objectPng)
        put('SegmentationClass/a.png', classPng)
        put('Annotations/a.xml', text)
        const all = await read()
        expect(all.images).toHaveLength(1)
        for (const { rle } of all.instances) expect(rleArea(rle)).toBeGreaterThan(0)
        for (const defect of all.defects) expect(defectWords(defect)).not.toMatch(/[\n\r]/)
      }),
      { numRuns: 150 },
    )
  })
})
