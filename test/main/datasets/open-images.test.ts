import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { rleArea } from '#common/mask/rle.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { openImages } from '#main/datasets/open-images.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, drawn, quietContext, writePhoto, type Collected } from './dataset-tools.ts'

const header = 'MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks'

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'images/train/aa.png', 4, 2)
  await writePhoto(folder, 'images/validation/bb.png', 4, 2)
  put('annotations/class-descriptions.csv', '/m/01yrx,Cat\n/m/0bt9lr,"Dog, domestic"\n')
})

function put(file: string, content: Uint8Array | string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), content)
}

/** A PNG of 1 bit a pixel. */
async function putMask(file: string, rows: readonly string[]): Promise<void> {
  const pixels = Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 255 : 0))
  const raw = { width: rows[0]!.length, height: rows.length, channels: 1 } as const
  const image = sharp(pixels, { raw }).toColourspace('b-w')
  put(file, await image.png({ palette: true, colours: 2 }).toBuffer())
}

const putTable = (rows: readonly string[], file = 'annotations/train-annotations-object-segmentation.csv') =>
  put(file, [header, ...rows].join('\n'))

const read = (changes: Partial<ImportRequest> = {}): Promise<Collected> =>
  collect(openImages.read!({ imagesDir: join(folder, 'images'), annotations: folder, ...changes }, quietContext()))

const masks = ({ instances }: Collected) =>
  instances.map(({ file, category, rle }) => [file, category, drawn(rle).join('|')])

describe('reading Open Images', () => {
  it('takes the masks of all tables, names of classes, and every field of a row', async () => {
    await putMask('masks/train/aa_m01yrx_1.png', ['.##.', '.#..'])
    await putMask('masks/bb_m0bt9lr_2.png', ['#...', '....'])
    await putMask('masks/bb_m0x_3.png', ['...#', '...#'])
    putTable(['aa_m01yrx_1.png,aa,/m/01yrx,1,0.25,0.75,0,1,0.91,0.3 0.2 1;0.5 0.5 0'])
    const second = 'annotations/validation-annotations-object-segmentation.csv'
    putTable(['bb_m0bt9lr_2.png,bb,/m/0bt9lr,2,,,,,,\r', 'bb_m0x_3.png,bb,/m/0x,3,,,,,,\r', ''], second)
    const all = await read()
    expect(all.defects).toEqual([])
    expect(masks(all)).toEqual([
      ['train/aa.png', 'Cat', '.##.|.#..'],
      ['validation/bb.png', 'Dog, domestic', '#...|....'],
      ['validation/bb.png', '/m/0x', '...#|...#'],
    ])
    expect(all.images.map(({ file, split, label }) => [file, split, label])).toEqual([
      ['train/aa.png', 'train', null],
      ['validation/bb.png', 'validation', null],
    ])
    expect(all.instances[0]!.source).toMatchObject({
      openImages: { ImageID: 'aa', BoxXMin: '0.25', PredictedIoU: '0.91', Clicks: '0.3 0.2 1;0.5 0.5 0' },
    })
  })

  it('takes one table, photos by their names alone, and its part of the dataset from its name', async () => {
    folder = temporaryFolder()
    await writePhoto(folder, 'photos/deep/aa.png', 4, 2)
    await putMask('aa_1.png', ['####', '....'])
    const table = 'oidv6-test-annotations-object-segmentation.csv'
    putTable(['aa_1.png,aa,/m/01yrx,1,,,,,,'], table)
    const all = await read({ imagesDir: join(folder, 'photos'), annotations: join(folder, table) })
    expect(masks(all)).toEqual([['deep/aa.png', '/m/01yrx', '####|....']])
    expect(all.images.map(({ split }) => split)).toEqual(['test'])
    // where photos and masks are in one folder, masks are no photos
    const one = await read({ imagesDir: folder })
    expect(one.images.map(({ file }) => file)).toEqual(['photos/deep/aa.png'])
  })

  it('brings masks of another size to that of the photo, and says so', async () => {
    await putMask('masks/aa_half.png', ['.#'])
    await putMask('masks/aa_large.png', ['........', '.######.', '.######.', '........'])
    await putMask('masks/aa_other.png', ['####', '####', '####', '####', '####', '####', '####', '####', '####'])
    putTable(['aa_half.png,aa,/m/01yrx,1,,,,,,', 'aa_large.png,aa,/m/01yrx,2,,,,,,', 'aa_other.png,aa,/m/0,3,,,,,,'])
    const all = await read()
    expect(masks(all)).toEqual([
      ['train/aa.png', 'Cat', '..##|..##'],
      ['train/aa.png', 'Cat', '###.|....'],
    ])
    expect(all.defects.map(defectWords)).toEqual([
      'annotation aa_half.png (train/aa.png): the mask is drawn on 2×1 pixels, the photo has 4×2; it is brought to the photo’s size, edges stay as coarse as they are',
      'annotation aa_large.png (train/aa.png): the mask is drawn on 8×4 pixels, the photo has 4×2; it is brought to the photo’s size, edges stay as coarse as they are',
      'annotation aa_other.png (train/aa.png): outlined on 4×9 pixels, the photo has 4×2; the mask is left out',
    ])
  })

  it('gives labels by category where they are asked for', async () => {
    await putMask('masks/1.png', ['##..', '....'])
    await putMask('masks/2.png', ['..##', '..##'])
    putTable(['1.png,aa,/m/01yrx,1,,,,,,', '2.png,aa,/m/0bt9lr,2,,,,,,', '1.png,bb,/m/01yrx,1,,,,,,'])
    const { images } = await read({ labels: { kind: 'category' } })
    expect(images.map(({ label }) => label)).toEqual(['Dog, domestic', 'Cat'])
  })

  it('loses what cannot be used, each with one line', async () => {
    const elsewhere = temporaryFolder()
    await writePhoto(elsewhere, 'secret.png', 4, 2)
    mkdirSync(join(folder, 'masks'))
    symlinkSync(join(elsewhere, 'secret.png'), join(folder, 'masks/link.png'))
    await putMask('masks/a.png', ['#...', '....'])
    await putMask('masks/empty.png', ['....', '....'])
    put('masks/broken.png', 'no picture')
    await writePhoto(folder, 'images/x/twin.png', 4, 2)
    await writePhoto(folder, 'images/y/twin.png', 4, 2)
    putTable([
      'a.png,aa',
      'a.png,"aa,/m/0,1,,,,,,',
      ',aa,/m/0,1,,,,,,',
      'a.png,,/m/0,1,,,,,,',
      'a.png,none,/m/0,1,,,,,,',
      'a.png,twin,/m/0,1,,,,,,',
      'none.png,aa,/m/0,1,,,,,,',
      '../../etc/passwd,aa,/m/0,1,,,,,,',
      'link.png,aa,/m/0,1,,,,,,',
      'broken.png,aa,/m/0,1,,,,,,',
      'empty.png,aa,/m/0,1,,,,,,',
      'a.png,aa,/m/01yrx,1,,,,,,',
      'a.png,aa,/m/01yrx,2,,,,,,',
    ])
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([4, 1])
    expect(defects.map(defectWords)).toEqual([
      'annotation no. 1: the row cannot be read, or lacks columns; it is left out',
      'annotation no. 2: the row cannot be read, or lacks columns; it is left out',
      'annotation no. 3 (aa): the row has no usable MaskPath; it is left out',
      'annotation no. 4: the row has no usable ImageID; it is left out',
      'annotation no. 5 (none): the photo is not in the folder; it and its masks are left out',
      'annotation no. 6 (twin): 2 photos are called “twin”; it is left out',
      'annotation no. 7 (aa): there is no picture none.png; it is left out',
      'annotation no. 8 (aa): there is no picture ../../etc/passwd; it is left out',
      'annotation link.png (train/aa.png): the name leads out of the folder of photos; it is not opened, its masks are left out',
      'annotation broken.png (train/aa.png): masks/broken.png is no PNG image; it is left out',
      'annotation empty.png (train/aa.png): the mask has no pixel; it is left out',
      'annotation a.png (train/aa.png): the same mask is there already; this one is left out',
    ])
  })

  it('refuses what is no table of masks', async () => {
    await expect(read()).rejects.toMatchObject({ code: 'import.format' })
    await expect(read({ annotations: join(folder, 'none') })).rejects.toMatchObject({ code: 'file.missing' })
    const names = join(folder, 'annotations/class-descriptions.csv')
    await expect(read({ annotations: names })).rejects.toMatchObject({ code: 'import.format' })
    const { annotations: _, ...request } = { imagesDir: folder, annotations: folder }
    await expect(collect(openImages.read!(request, quietContext()))).rejects.toMatchObject({ code: 'request.usage' })
    putTable(['x'.repeat(1 << 22)])
    await expect(read()).rejects.toMatchObject({ code: 'import.format' })
  })

  it('never throws anything but a clear refusal, whatever is changed in the tables', async () => {
    await putMask('masks/a.png', ['#...', '....'])
    const whole = [header, 'a.png,aa,/m/01yrx,1,0,0.25,0,0.5,,', 'a.png,bb,"/m/0bt9lr",2,,,,,,'].join('\n')
    const damage = fc.tuple(
      fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.constantFrom('"', ',', '\n', '\r', '\0', '/', 'a', 'é'))),
      fc.boolean(),
    )
    await fc.assert(
      fc.asyncProperty(damage, async ([changes, isOfNames]) => {
        const signs = whole.split('')
        for (const [at, sign] of changes) signs[at] = sign
        putTable([])
        const file = isOfNames ? 'class-descriptions' : 'train-annotations-object-segmentation'
        put(`annotations/${file}.csv`, signs.join(''))
        const outcome = await read().catch((error: unknown) => error)
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'import.format' })
          return
        }
        const { images, instances, defects } = outcome as Collected
        expect(images).toHaveLength(2)
        for (const { rle } of instances) expect(rleArea(rle)).toBe(1)
        for (const defect of defects) expect(defectWords(defect)).not.toMatch(/[\n\r]/)
      }),
      { numRuns: 60 },
    )
  })
})
