import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { normaliseRle, rleArea } from '#common/mask/rle.ts'
import type { ExportedImage, ExportSummary, ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { maskPictures } from '#main/datasets/mask-pictures.ts'
import { formatPalettePng } from '#main/files/index-png.ts'
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

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'photos/cats/1.png', 4, 2)
})

function put(file: string, content: Uint8Array | string): void {
  const path = join(folder, 'masks', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

type Channels = 1 | 2 | 3 | 4

/** A PNG of 4×2 pixels, or as wide as it says. */
async function putPng(file: string, pixels: readonly number[], channels: Channels = 1, width = 4): Promise<void> {
  const height = pixels.length / channels / width
  const image = sharp(Uint8Array.from(pixels), { raw: { width, height, channels } })
  put(file, await (channels < 3 ? image.toColourspace('b-w') : image).png().toBuffer())
}

const read = (changes: Partial<ImportRequest> = {}): Promise<Collected> =>
  collect(
    maskPictures.read!(
      { imagesDir: join(folder, 'photos'), annotations: join(folder, 'masks'), ...changes },
      quietContext(),
    ),
  )

const pixels = ({ instances }: Collected) => instances.map(({ rle }) => drawn(rle).join('|'))

/** What the pictures of one photo come to. */
async function pixelsOf(values: readonly number[], channels: Channels = 1): Promise<string[]> {
  await putPng('cats/1.png', values, channels)
  const all = await read()
  expect(all.defects).toEqual([])
  return pixels(all)
}

describe('reading PNG masks, one a photo', () => {
  it('takes one value for the object, whatever it is', async () => {
    for (const value of [1, 128, 255]) {
      expect(await pixelsOf([0, value, value, 0, 0, 0, 0, value])).toEqual(['.##.|...#'])
    }
  })

  it('takes each of several values for an object, and greys that are mostly white for one with soft edges', async () => {
    expect(await pixelsOf([0, 1, 1, 0, 3, 3, 0, 2])).toEqual(['.##.|....', '....|...#', '....|##..'])
    expect(await pixelsOf([0, 90, 255, 0, 0, 0, 255, 12])).toEqual(['.##.|..##'])
    const grey = [0, 90, 255, 0, 0, 0, 255, 12].flatMap((value) => [value, value, value])
    expect(await pixelsOf(grey, 3)).toEqual(['.##.|..##'])
    expect(await pixelsOf([0, 1, 2, 2, 0, 0, 255, 0])).toEqual(['.#..|....', '..##|....', '....|..#.'])
  })

  it('takes each colour but black for an object', async () => {
    const [red, blue, black] = [[255, 0, 0], [0, 0, 255], [0, 0, 0]] as const // prettier-ignore
    const colours = [black, red, red, black, blue, black, black, black].flat()
    expect(await pixelsOf(colours, 3)).toEqual(['....|#...', '.##.|....'])
  })

  it('takes each place of a palette for an object but black, where there is none but the first', async () => {
    const putPlaces = async (data: Uint8Array, palette: readonly number[]) => {
      put('cats/1.png', await formatPalettePng({ width: 4, height: 2, data }, palette))
      return pixels(await read())
    }
    const data = Uint8Array.of(0, 1, 2, 2, 0, 0, 0, 0)
    expect(await putPlaces(data, [0x123456, 0xff0000, 0xff0000, 0])).toEqual(['.#..|....', '..##|....'])
    expect(await putPlaces(data, [0xffffff, 0xff0000, 0])).toEqual(['#...|####', '.#..|....'])
  })

  it('leaves out what is transparent, and takes what is not where nothing else differs', async () => {
    const white = (alphas: readonly number[]) => alphas.flatMap((alpha) => [255, 255, 255, alpha])
    expect(await pixelsOf(white([0, 255, 255, 0, 0, 9, 0, 0]), 4)).toEqual(['.##.|.#..'])
    const two = [0, 255, 0, 255, 0, 0, 255, 255].flatMap((value, i) => [value, value, value, i === 1 ? 0 : 255])
    expect(await pixelsOf(two, 4)).toEqual(['...#|..##'])
  })

  it('keeps 16 bits a value apart', async () => {
    const image = sharp(Uint16Array.of(0, 256, 257, 0, 0, 0, 1, 0), { raw: { width: 4, height: 2, channels: 1 } })
    put('cats/1.png', await image.toColourspace('grey16').png().toBuffer())
    expect(pixels(await read())).toEqual(['....|..#.', '.#..|....', '..#.|....'])
  })
})

describe('reading PNG masks, one an object', () => {
  it('takes numbers and categories from their names, in the order of the numbers', async () => {
    const one = [0, 7, 255, 0, 0, 0, 0, 0]
    for (const file of ['cats/1/10_cat.png', 'cats/1/2.png', 'cats/1/x.png']) await putPng(file, one)
    await putPng('cats/1_0_hot_dog.png', [...one.slice(1), 0])
    await putPng('cats/1_mask.png', [1, 2, 0, 0, 0, 0, 0, 0])
    const { instances, defects } = await read()
    expect(instances.map(({ category, rle }) => [category, drawn(rle).join('|')])).toEqual([
      ['hot_dog', '##..|....'],
      [null, '.##.|....'],
      ['cat', '.##.|....'],
      [null, '#...|....'],
      [null, '.#..|....'],
    ])
    expect(defects.map(defectWords)).toEqual([
      'annotation cats/1/x.png (cats/1.png): the same mask is there already; this one is left out',
    ])
  })

  it('belong to the photo whose name is theirs, or is longest', async () => {
    for (const file of ['a.png', 'a_1.png', 'b.png', 'b.jpg', 'c.png', 'c.jpg'])
      await writePhoto(folder, `photos/${file}`, 4, 2)
    const names = ['a_1.png', 'a_1_2.png', 'a_3_x_1.png', 'b.jpg/0.png', 'b_0.png', 'c_0.png', 'd.png']
    for (const [i, file] of names.entries())
      await putPng(
        file,
        Array.from({ length: 8 }, (_, place) => (place === i ? 1 : 0)),
      )
    const { instances, defects } = await read()
    expect(instances.map(({ file, category, rle }) => [file, category, drawn(rle)[0]!.indexOf('#')])).toEqual([
      ['a.png', 'x_1', 2],
      ['a_1.png', null, 1],
      ['a_1.png', null, 0],
      ['b.jpg', null, 3],
      ['b.png', null, -1],
    ])
    expect(defects.map(defectWords)).toEqual([
      'c_0.png: 2 photos have this name, with different endings; it is left out',
      'd.png: the photo is not in the folder; it and its masks are left out',
    ])
  })

  it('give labels where they are asked for by category, or no folder or name does', async () => {
    await writePhoto(folder, 'flat/1.png', 4, 2)
    await writePhoto(folder, 'flat/2.png', 4, 2)
    await putPng('1_0_cat.png', [1, 1, 0, 0, 0, 0, 0, 0])
    await putPng('1_1_cat.png', [0, 0, 0, 0, 0, 0, 0, 1])
    await putPng('2_0_dog.png', [1, 1, 0, 0, 0, 0, 0, 0])
    const { images, notes } = await read({ imagesDir: join(folder, 'flat') })
    expect(images.map(({ label }) => label)).toEqual(['cat', 'dog'])
    expect(notes).toMatchObject([{ rule: { kind: 'category' }, isGuess: true }])
    await putPng('1_2_dog.png', [0, 0, 1, 1, 1, 1, 1, 0])
    const asked = await read({ imagesDir: join(folder, 'flat'), labels: { kind: 'category' } })
    expect(asked.images.map(({ label }) => label)).toEqual(['dog', 'dog'])
  })
})

describe('folders of PNG masks', () => {
  it('may lie below the photos, or be theirs if the photos are no PNGs', async () => {
    await writePhoto(folder, 'all/1.jpg', 4, 2)
    await writePhoto(folder, 'all/2.jpg', 4, 2)
    const all = join(folder, 'all')
    await putPng('../all/1.png', [1, 0, 0, 0, 0, 0, 0, 0])
    await putPng('../all/2_mask.png', [1, 1, 0, 0, 0, 0, 0, 0])
    await putPng('../all/m/1.png', [1, 1, 1, 0, 0, 0, 0, 0])
    const one = await read({ imagesDir: all, annotations: all })
    expect(one.images.map(({ file }) => file)).toEqual(['1.jpg', '2.jpg'])
    expect(one.instances.map(({ rle }) => rleArea(rle))).toEqual([1, 2])
    const below = await read({ imagesDir: all, annotations: join(all, 'm') })
    expect(below.images.map(({ file }) => file)).toContain('1.jpg')
    expect(below.images.map(({ file }) => file)).not.toContain('m/1.png')
  })

  it('that are not there, or have no PNG, are told', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'file.missing' })
    put('a.txt', 'x')
    await expect(read()).rejects.toMatchObject({ code: 'import.format' })
    await expect(
      collect(maskPictures.read!({ imagesDir: join(folder, 'photos') }, quietContext())),
    ).rejects.toMatchObject({ code: 'request.usage' })
  })

  it('lose what cannot be used, each with one line', async () => {
    const elsewhere = temporaryFolder()
    await writePhoto(elsewhere, 'secret.png', 4, 2)
    await putPng('cats/1/0.png', [0, 0, 0, 0, 0, 0, 0, 0])
    await putPng('cats/1/1.png', [1, 1, 1, 1], 1, 2)
    put('cats/1/2.png', 'no picture')
    put('cats/1/3.png', '')
    symlinkSync(join(elsewhere, 'secret.png'), join(folder, 'masks/cats/1/4.png'))
    await writePhoto(folder, 'photos/noise.png', 40, 30)
    const noise = Array.from({ length: 3600 }, (_, i) => ((i * 7919) % 251) ^ (i >> 4))
    await putPng('noise.png', noise, 3, 40)
    await putPng('cats/1/9.png', [1, 0, 0, 0, 0, 0, 0, 0])
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([2, 1])
    expect(defects.map(defectWords)).toEqual([
      'annotation cats/1/0.png (cats/1.png): the mask has no pixel; it is left out',
      'annotation cats/1/1.png (cats/1.png): outlined on 2×2 pixels, the photo has 4×2; the mask is left out',
      'annotation cats/1/2.png (cats/1.png): cats/1/2.png is no PNG image; it is left out',
      'annotation cats/1/3.png (cats/1.png): cats/1/3.png is no PNG image; it is left out',
      'annotation cats/1/4.png (cats/1.png): the name leads out of the folder of photos; it is not opened, its masks are left out',
      'annotation noise.png (noise.png): its pixels have more than 1000 different values; each would be an object; it is left out',
    ])
  })

  it('never make a reading throw, whatever is changed in their files', async () => {
    const data = Uint8Array.of(0, 1, 2, 2, 3, 0, 0, 0)
    const whole = await formatPalettePng({ width: 4, height: 2, data }, [0, 1, 2, 3])
    const damage = fc.tuple(
      fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 }),
      fc.nat({ max: whole.length }),
    )
    await fc.assert(
      fc.asyncProperty(damage, async ([changes, length]) => {
        const bytes = Uint8Array.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        put('cats/1.png', changes.length % 2 === 0 ? bytes : bytes.subarray(0, length))
        const all = await read()
        expect(all.images).toHaveLength(1)
        for (const { rle } of all.instances) expect(rleArea(rle)).toBeGreaterThan(0)
        for (const defect of all.defects) expect(defectWords(defect)).not.toMatch(/[\n\r]/)
      }),
      { numRuns: 150 },
    )
  })
})

const write = (images: readonly ExportedImage[], outDir: string): Promise<ExportSummary> =>
  maskPictures.write!({ outDir }, images, quietContext())

describe('writing PNG masks', () => {
  it('writes one a mask, named by photo, number and category, and counts what is lost', async () => {
    const outDir = temporaryFolder()
    const [nameless, empty] = [
      exportedInstance({ category: null, score: 0.5 }),
      exportedInstance({ rle: rleOf(8, 6, []) }),
    ]
    const odd = exportedInstance({ category: 'a/b: 100%.', isCrowd: true })
    const images = [
      exportedImage({ file: 'cats/1.jpg', instances: [exportedInstance(), empty, nameless] }),
      exportedImage({ file: 'cats/1.png', instances: [odd] }),
      exportedImage({ file: 'none.png', instances: [] }),
    ]
    expect(await write(images, outDir)).toEqual({
      files: [outDir],
      images: 3,
      instances: 3,
      emptyMasks: 1,
      losses: [
        { what: 'scores left out', n: 1 },
        { what: 'crowd marks left out', n: 1 },
      ],
    })
    const files = await listFiles(outDir, new Set(['.png']))
    expect(files).toEqual(['cats/1.png/0_a%2Fb%3A 100%25%2E.png', 'cats/1/0_cat.png', 'cats/1/1.png'])
    const { data, info } = await sharp(join(outDir, 'cats/1/0_cat.png')).raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height, data[9 * info.channels], data[10 * info.channels]]).toEqual([8, 6, 0, 255])
  })

  it('replaces nothing, and leaves nothing half-written', async () => {
    const outDir = temporaryFolder()
    await write([exportedImage()], outDir)
    await expect(write([exportedImage({ file: 'b.png' }), exportedImage()], outDir)).rejects.toMatchObject({
      code: 'file.exists',
    })
    expect(readdirSync(outDir)).toEqual(['a'])
    const [wrong, outside] = [exportedImage({ width: 9 }), exportedImage({ file: '../a.png' })]
    await expect(write([wrong], join(outDir, 'new'))).rejects.toMatchObject({ code: 'shape.mismatch' })
    await expect(write([outside], join(outDir, 'new'))).rejects.toMatchObject({ code: 'path.outside' })
    expect(readdirSync(join(outDir, 'new'))).toEqual([])
  })

  it('gives back the same masks and categories, overlaps and holes too', async () => {
    const instance = fc.record({
      pixels: fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1, maxLength: 20 }),
      category: fc.oneof(fc.constant(null), fc.constantFrom('cat', 'x_1', '_mask', '%41', '..', 'a.png'), fc.string()),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(instance, { maxLength: 12 }), async (list) => {
        const photos = temporaryFolder()
        await writePhoto(photos, 'cats/1.png', 8, 6)
        const instances = list.map(({ pixels: own, category }) => exportedInstance({ category, rle: rleOf(8, 6, own) }))
        const outDir = temporaryFolder()
        await write([exportedImage({ file: 'cats/1.png', instances })], outDir)
        if (list.length === 0) return
        const back = await collect(maskPictures.read!({ imagesDir: photos, annotations: outDir }, quietContext()))
        const seen = new Set<string>()
        const expected = instances
          .map(({ category, rle }) => ({ category: category === '' ? null : category, rle: normaliseRle(rle) }))
          .filter((each) => {
            const key = JSON.stringify([each.category, [...each.rle.counts]])
            return !seen.has(key) && seen.add(key)
          })
        expect(back.instances.map(({ category, rle }) => ({ category, rle: normaliseRle(rle) }))).toEqual(expected)
        await write(toExport(back), temporaryFolder())
      }),
      { numRuns: 20 },
    )
  })
})
