import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { decodeRle, rleArea, type Rle } from '#common/mask/rle.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { yolo } from '#main/datasets/yolo.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, defectCounts, quietContext, writePhoto, type Collected } from './dataset-tools.ts'

/** On a photo of 8×6 pixels, a square of four. */
const square = '0.25 0.16666667 0.5 0.16666667 0.5 0.5 0.25 0.5'

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'images/a.png', 8, 6)
})

function write(file: string, text: string | Uint8Array): string {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const read = (options: Partial<ImportRequest> = {}): Promise<Collected> => {
  const request = { imagesDir: join(folder, 'images'), annotations: join(folder, 'data.yaml'), ...options }
  return collect(yolo.read!(request, quietContext()))
}

function readLines(...lines: string[]): Promise<Collected> {
  write('data.yaml', 'names: [cat, dog]\n')
  write('labels/a.txt', lines.join('\n'))
  return read()
}

/** Rows of a mask, # for its pixels. */
function drawn({ width, ...rle }: Rle): string[] {
  const { data } = decodeRle({ width, ...rle })
  return Array.from({ length: rle.height }, (_, y) =>
    [...data.subarray(y * width, (y + 1) * width)].map((value) => (value === 1 ? '#' : '.')).join(''),
  )
}

describe('reading YOLO segmentation', () => {
  it('gives a mask for each outline, with its class, and the confidence of a detector', async () => {
    const { images, instances, defects } = await readLines(`1 ${square}`, '', `0 0 0 1 0 1 1 0 1 0.875\r`)
    expect(defects).toEqual([])
    expect(images).toMatchObject([{ file: 'a.png', width: 8, height: 6, split: null, source: null }])
    expect(instances).toMatchObject([
      { file: 'a.png', category: 'dog', categorySourceId: 1, score: null, source: { yolo: { line: `1 ${square}` } } },
      { file: 'a.png', category: 'cat', categorySourceId: 0, score: 0.875, isCrowd: false },
    ])
    expect(drawn(instances[0]!.rle)).toEqual(['........', '..##....', '..##....', '........', '........', '........'])
    expect(rleArea(instances[1]!.rle)).toBe(48)
  })

  it('finds labels in the folder labels, beside the photo, below the folder of labels, and in another split', async () => {
    for (const photo of ['train/1.png', 'val/2.png', 'none.png']) await writePhoto(folder, `images/${photo}`, 8, 6)
    write('labels/train/1.txt', `0 ${square}`)
    write('images/val/2.txt', `0 ${square}`)
    write('elsewhere/a.txt', `0 ${square}`)
    write('elsewhere/train/1.txt', `1 ${square}`)
    write('elsewhere/classes.txt', 'cat\ndog\n')
    write('data.yaml', 'path: .\ntrain: images/train\nval: [images/val]\nnames:\n  0: cat\n  1: dog\n')
    const named = ({ instances }: Collected) => instances.map(({ file, category }) => [file, category])
    const byYaml = await read()
    expect(named(byYaml)).toEqual([
      ['train/1.png', 'cat'],
      ['val/2.png', 'cat'],
    ])
    expect(byYaml.images.map(({ file, split }) => [file, split])).toEqual([
      ['a.png', null],
      ['none.png', null],
      ['train/1.png', 'train'],
      ['val/2.png', 'validation'],
    ])
    expect(named(await read({ imagesDir: folder, annotations: join(folder, 'labels') }))).toEqual([
      ['images/train/1.png', 'cat'],
    ])
    const fromRoot = await read({ imagesDir: folder })
    expect(named(fromRoot)).toEqual([
      ['images/train/1.png', 'cat'],
      ['images/val/2.png', 'cat'],
    ])
    expect(fromRoot.images.map(({ split }) => split)).toEqual([null, null, 'train', 'validation'])
    expect(named(await read({ annotations: join(folder, 'elsewhere') }))).toEqual([
      ['a.png', 'cat'],
      ['train/1.png', 'dog'],
    ])
  })

  it('reads datasets whose splits have a folder images and a folder labels each', async () => {
    await writePhoto(folder, 'sets/first/images/b.png', 8, 6)
    write('sets/first/labels/b.txt', `0 ${square}`)
    const annotations = write('sets/data.yaml', 'train: ../first/images\nnames: [cat]\n')
    const { images, instances, defects } = await read({ imagesDir: join(folder, 'sets'), annotations })
    expect(images.map(({ file, split }) => [file, split])).toEqual([['first/images/b.png', 'train']])
    expect([instances.length, defects]).toEqual([1, []])
    const alone = await read({ imagesDir: join(folder, 'sets/first/images'), annotations })
    expect(alone.instances).toHaveLength(1)
  })

  it('cuts off what lies a little outside, and refuses boxes and the lines that cannot be used', async () => {
    const lines: [string, string][] = [
      ['0 0.5 0.5 0.2 0.2', 'there is no mask'],
      ['0 0.5 0.5 0.2 0.2 0.9', 'there is no mask'],
      ['0 0.1 0.2 0.3', 'the line has 4 numbers'],
      [`cat ${square}`, 'does not begin with the number of a class'],
      [`-1 ${square}`, 'does not begin with the number of a class'],
      [`0.5 ${square}`, 'does not begin with the number of a class'],
      ['0 0.1 0.1 NaN 0.2 0.3 0.3', 'number 4 of the line is none'],
      ['0 0.1 0.1 0.5 inf 0.3 0.3', 'number 5 of the line is none'],
      ['0 120 80 300 80 300 200', 'not shares of the photo’s width and height'],
      ['0 0.1 0.1 0.1 0.1 0.1 0.1', 'no pixel'],
    ]
    const found = await readLines('0 -0.5 0 1.25 0 1.25 0.5 -0.5 0.5', ...lines.map(([line]) => line))
    expect(drawn(found.instances[0]!.rle)).toEqual([...Array<string>(3).fill('########'), ...Array<string>(3).fill('........')]) // prettier-ignore
    expect(found.instances).toHaveLength(1)
    expect(defectWords(found.defects[0]!)).toBe(
      'annotation no. 1 (a.png): the outline leaves the photo by 4 pixels; what lies outside is cut off',
    )
    for (const [i, [, reason]] of lines.entries()) {
      expect(defectWords(found.defects[i + 1]!)).toContain(`annotation no. ${i + 2} (a.png)`)
      expect(defectWords(found.defects[i + 1]!)).toContain(reason)
    }
    expect(found.defects).toHaveLength(lines.length + 1)
  })

  it('keeps masks of a class without a name, leaves out the same again, and tells of labels without a photo', async () => {
    write('labels/gone.txt', `0 ${square}`)
    write('labels/notes.txt', 'Labels of 2024')
    const { instances, defects } = await readLines(`7 ${square}`, `0 ${square}`, `0 ${square}`)
    expect(instances.map(({ category, categorySourceId }) => [category, categorySourceId])).toEqual([
      [null, 7],
      ['cat', 0],
    ])
    expect(defects.map(defectWords)).toEqual([
      'gone.txt: the photo is not in the folder; it and its masks are left out',
      'annotation no. 1 (a.png): there is no category 7; the mask is kept without a category',
      'annotation no. 3 (a.png): the same mask is there already; this one is left out',
    ])
  })

  it('takes labels from the classes where each photo has one and they differ, or where they are asked for', async () => {
    await writePhoto(folder, 'images/b.png', 8, 6)
    write('labels/b.txt', `1 ${square}`)
    const guessed = await readLines(`0 ${square}`)
    expect(guessed.images.map(({ label }) => label)).toEqual(['cat', 'dog'])
    expect(guessed.notes).toMatchObject([{ rule: { kind: 'category' }, isGuess: true }])
    write('labels/a.txt', `0 ${square}\n1 0 0 1 0 1 1 0 1`)
    const asked = await read({ labels: { kind: 'category' } })
    expect(asked.images.map(({ label }) => label)).toEqual(['dog', 'dog'])
  })

  it('opens no labels that a link leads to outside of the folder', async () => {
    write('data.yaml', 'names: [cat]')
    const elsewhere = join(temporaryFolder(), 'a.txt')
    writeFileSync(elsewhere, `0 ${square}`)
    mkdirSync(join(folder, 'labels'))
    symlinkSync(elsewhere, join(folder, 'labels/a.txt'))
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([1, 0])
    expect(defectCounts(defects)).toEqual({ 'path-outside refused': 1 })
  })
})

describe('damaged YOLO datasets', () => {
  it('whose data.yaml cannot be used are refused, each with one line', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', 'b: &b [*a, *a, *a, *a, *a, *a, *a, *a]', 'c: &c [*b, *b, *b, *b, *b, *b]', 'names: [*c, *c, *c]'] // prettier-ignore
    const refusals: [string, string][] = [
      ['', 'no names of classes'],
      ['train: images', 'no names of classes'],
      ['names: cat', 'neither a list nor a mapping'],
      ['names: {cat: 0}', '“cat” is no number of a class'],
      ['names: {9999999999: cat}', 'is no number of a class'],
      ['names: [[cat]]', 'class 0 has no name'],
      ['names: [cat', 'no usable data.yaml'],
      ['[]: [', 'no usable data.yaml'],
      [bomb.join('\n'), 'alias'],
      ['['.repeat(100_000), 'no usable data.yaml'],
      ['x'.repeat(2 ** 20 + 1), 'at most 1048576'],
    ]
    for (const [text, words] of refusals) {
      write('data.yaml', text)
      const error = await read().catch((each: unknown) => each)
      expect(error).toMatchObject({ code: 'import.format', message: expect.stringContaining(words) as string })
      expect((error as AppError).message).not.toContain('\n')
    }
  })

  it('that do not belong to the photos, or are not there, are refused', async () => {
    write('data.yaml', 'names: [cat]')
    await expect(read()).rejects.toMatchObject({ code: 'import.refused' })
    await expect(read({ annotations: join(folder, 'none') })).rejects.toMatchObject({ code: 'file.missing' })
    await expect(read({ annotations: join(folder, 'images') })).rejects.toMatchObject({ code: 'import.refused' })
    await expect(read({ imagesDir: join(folder, 'none') })).rejects.toMatchObject({ code: 'file.missing' })
    const events = yolo.read!({ imagesDir: folder }, quietContext())
    await expect(collect(events)).rejects.toMatchObject({ code: 'request.usage' })
    const request = { imagesDir: folder, annotations: join(folder, 'data.yaml') }
    const cancelled = yolo.read!(request, quietContext(AbortSignal.abort()))
    await expect(collect(cancelled)).rejects.toMatchObject({ code: 'aborted' })
  })

  it('let only defects and refusals out, whatever bytes are changed or missing', async () => {
    const labels = Buffer.from(`1 ${square}\n0 0 0 1 0 1 1 0 1 0.875\n0 0.5 0.5 0.2 0.2\n`)
    const data = Buffer.from('train: images\nnames:\n  0: cat\n  1: "dog"\n')
    const change = fc.tuple(fc.nat({ max: labels.length - 1 }), fc.nat({ max: 255 }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat({ max: 60 }), async (changes, nCut) => {
        const [bytes, yaml] = [Uint8Array.from(labels), Uint8Array.from(data)]
        for (const [place, byte] of changes) bytes[place] = byte
        for (const [place, byte] of changes.slice(2)) yaml[place % yaml.length] = byte
        write('labels/a.txt', nCut % 3 === 0 ? bytes.subarray(0, bytes.length - nCut) : bytes)
        write('data.yaml', yaml)
        const outcome = await read().catch((error: unknown) => error)
        if (outcome instanceof AppError) return
        const { images, instances } = outcome as Collected
        expect(images).toHaveLength(1)
        expect(instances.every(({ rle }) => rle.width === 8 && rle.height === 6 && rleArea(rle) > 0)).toBe(true)
      }),
      { numRuns: 250 },
    )
  })
})

describeWithData('YOLO on real data', () => {
  const root = testData('data/datumaro-assets/yolo_dataset')

  it.each([
    ['Darknet’s layout', 'strict/obj_train_data', 'strict/obj_train_data', ['1.jpg']],
    ['folders of images and labels', 'labels/images', 'labels/labels', ['train/1.jpg', 'val/1.jpg']],
    ['other folders', 'annotations/Images', 'annotations/Annotations', ['1.jpg']],
  ])('reads %s, whose two boxes a photo have no mask', async (_, images, annotations, files) => {
    const request = { imagesDir: join(root, images), annotations: join(root, annotations) }
    const found = await collect(yolo.read!(request, quietContext()))
    expect(found.images.map(({ file }) => file)).toEqual(files)
    expect(found.instances).toEqual([])
    expect(defectCounts(found.defects)).toEqual({ 'no-segmentation refused': 2 * files.length })
  })

  it('refuses the list of names of Darknet in place of data.yaml', async () => {
    const request = { imagesDir: join(root, 'strict/obj_train_data'), annotations: join(root, 'strict/obj.names') }
    await expect(collect(yolo.read!(request, quietContext()))).rejects.toMatchObject({ code: 'import.format' })
  })

  it('reads the layout of Roboflow with its data.yaml', async () => {
    const imagesDir = testData('data/datumaro-assets/roboflow_dataset/yolo')
    const request = { imagesDir, annotations: join(imagesDir, 'data.yaml') }
    const found = await collect(yolo.read!(request, quietContext()))
    expect(found.images.length).toBeGreaterThan(0)
    expect(found.images.every(({ file }) => file.includes('/images/'))).toBe(true)
    expect(found.images.filter(({ split }) => split === 'train')).toHaveLength(2)
    expect(Object.keys(defectCounts(found.defects))).toEqual(['no-segmentation refused'])
  })
})
