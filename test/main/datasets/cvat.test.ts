import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeRle, rleArea, type Rle } from '#common/mask/rle.ts'
import { AppError } from '#common/contract/errors.ts'
import { cvat } from '#main/datasets/cvat.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, defectCounts, quietContext, toExport, writePhoto, type Collected } from './dataset-tools.ts'

/** A photo of 8×6 pixels with a square of four; each test adds what it is about. */
const square = '<polygon label="cat" points="2,1;4,1;4,3;2,3"/>'
const size = 'width="8" height="6"'
const image = (inside: string, attributes = `id="0" name="a.png" ${size}`) => `<image ${attributes}>${inside}</image>`
const file = (inside: string) =>
  `<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>${inside}</annotations>`

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'a.png', 8, 6)
})

const read = (options: Partial<ImportRequest> = {}): Promise<Collected> => {
  const request = { imagesDir: folder, annotations: join(folder, 'annotations.xml'), ...options }
  return collect(cvat.read!(request, quietContext()))
}

function readFile(text: string | Uint8Array): Promise<Collected> {
  writeFileSync(join(folder, 'annotations.xml'), text)
  return read()
}

const readShapes = (...shapes: string[]) => readFile(file(image(shapes.join(''))))

/** Rows of a mask, # for its pixels. */
function drawn({ width, ...rle }: Rle): string[] {
  const { data } = decodeRle({ width, ...rle })
  return Array.from({ length: rle.height }, (_, y) =>
    [...data.subarray(y * width, (y + 1) * width)].map((value) => (value === 1 ? '#' : '.')).join(''),
  )
}

const pixels = ({ instances }: Collected) => instances.map(({ rle }) => drawn(rle))

describe('reading CVAT', () => {
  it('gives photos and masks with everything that the file says of them', async () => {
    const meta = `<meta><task><labels><label><name>cat</name><color>#f00</color></label><label><name>dog</name></label>
      </labels></task></meta>`
    const shape = `<polygon label="cat" source="manual" occluded="1" points="2.00,1;4,1;4,3;2,3" z_order="2">
      <attribute name="score">0.5</attribute><attribute name="is_crowd">true</attribute>
      <attribute name="who">A &amp; B</attribute></polygon>`
    const attributes = `id="7" name="a.png" subset="Train" task_id="3" ${size}`
    const { images, instances, defects } = await readFile(file(meta + image(shape, attributes)))
    expect(defects).toEqual([])
    expect(images).toMatchObject([{ file: 'a.png', width: 8, height: 6, split: 'train' }])
    expect(images[0]!.source).toEqual({
      id: 7,
      name: 'a.png',
      subset: 'Train',
      task_id: '3',
      cvat: { elements: [], labels: [expect.objectContaining({ name: 'label' })] },
    })
    expect(instances).toMatchObject([{ file: 'a.png', category: 'cat', score: 0.5, isCrowd: true }])
    expect(instances[0]!.source).toMatchObject({
      cvat: {
        shapes: [
          {
            name: 'polygon',
            attributes: { points: '2.00,1;4,1;4,3;2,3', z_order: '2' },
            children: [{}, {}, { name: 'attribute', attributes: { name: 'who' }, text: 'A & B' }],
          },
        ],
      },
    })
  })

  it('draws polygons, and lays masks at their boxes, holes included', async () => {
    const mask = (left: number, top: number) =>
      `<mask label="c${left}" rle="0, 4, 1, 4" left="${left}" top="${top}" width="3" height="3"/>`
    const found = await readShapes(square, mask(4, 2), mask(-1, -1))
    expect(pixels(found)).toEqual([
      ['........', '..##....', '..##....', '........', '........', '........'],
      ['........', '........', '....###.', '....#.#.', '....###.', '........'],
      ['.#......', '##......', '........', '........', '........', '........'],
    ])
    expect(defectCounts(found.defects)).toEqual({ 'outside-photo repaired': 1 })
  })

  it('draws an ellipse as the pixels whose middle lies in it, like a count of all pixels', async () => {
    await writePhoto(folder, 'a.png', 40, 30)
    const ellipses = [
      [20, 15, 10, 5, 0],
      [18.3, 14.2, 12, 3.5, 30],
      [3.2, 4.9, 7.31, 9, 211.5],
      [20, 15, 60, 40, 10],
    ] as const
    const shapes = ellipses.map(([cx, cy, rx, ry, rotation], i) => {
      return `<ellipse label="c${i}" cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" rotation="${rotation}"/>`
    })
    const { instances } = await readFile(file(image(shapes.join(''), 'id="0" name="a.png" width="40" height="30"')))
    for (const [i, [cx, cy, rx, ry, rotation]] of ellipses.entries()) {
      const [c, s] = [Math.cos((rotation / 180) * Math.PI), Math.sin((rotation / 180) * Math.PI)]
      const data = Uint8Array.from({ length: 1200 }, (_, place) => {
        const [dx, dy] = [(place % 40) + 0.5 - cx, Math.floor(place / 40) + 0.5 - cy]
        return Math.hypot((dx * c + dy * s) / rx, (dy * c - dx * s) / ry) <= 1 ? 1 : 0
      })
      expect(decodeRle(instances[i]!.rle).data).toEqual(data)
    }
  })

  it('makes one mask of the shapes with the same label and group, and none of group 0', async () => {
    const at = (x: number, group: string, label = 'cat') =>
      `<polygon label="${label}" ${group} points="${x},1;${x + 1},1;${x + 1},2;${x},2"/>`
    const one = 'group_id="1"'
    const { instances } = await readShapes(
      at(0, one),
      at(2, 'group_id="2"'),
      at(4, one),
      at(6, one, 'dog'),
      at(5, 'group_id="0"'),
      at(7, 'group_id="0"'),
    )
    expect(instances.map(({ category, rle }) => `${category} ${drawn(rle)[1]}`)).toEqual([
      'cat #...#...',
      'cat ..#.....',
      'dog ......#.',
      'cat .....#..',
      'cat .......#',
    ])
  })

  it('keeps boxes, lines, points, cuboids, skeletons and tags with their photo, and says that they are no masks', async () => {
    const box = '<box label="cat" xtl="1" ytl="1" xbr="3" ybr="3"/>'
    const others = ['polyline', 'points', 'cuboid', 'skeleton'].map((name) => `<${name} label="cat" points="1,2;3,4"/>`)
    const found = await readShapes('<tag label="indoor"/>', box, square, ...others)
    expect(found.instances).toHaveLength(1)
    const names = ['tag', 'box', 'polyline', 'points', 'cuboid', 'skeleton']
    expect(found.images[0]!.source).toMatchObject({ cvat: { elements: names.map((name) => ({ name })) } })
    expect(defectCounts(found.defects)).toEqual({ 'no-segmentation refused': 1, 'no-area kept': 4 })
    expect(defectWords(found.defects[0]!)).toBe('annotation no. 2 (a.png): there is no mask; it is left out')
  })

  it('takes labels from categories where each photo has one and they differ, or where they are asked for', async () => {
    await writePhoto(folder, 'b.png', 8, 6)
    const small = '<polygon label="bird" points="0,0;1,0;1,1;0,1"/>'
    const other = image(square.replace('cat', 'dog'), `id="1" name="b.png" ${size}`)
    const guessed = await readFile(file(image(square) + other))
    expect(guessed.images.map(({ label }) => label)).toEqual(['cat', 'dog'])
    expect(guessed.notes).toMatchObject([{ rule: { kind: 'category' }, isGuess: true }])
    writeFileSync(join(folder, 'annotations.xml'), file(image(small + square) + other))
    const asked = await read({ labels: { kind: 'category' } })
    expect(asked.images.map(({ label }) => label)).toEqual(['cat', 'dog'])
  })
})

describe('photos of a CVAT file', () => {
  it('are found by their path, in the folder of their subset, or by their name alone', async () => {
    for (const photo of ['p/cats/1.png', 'p/Test/1.png', 'p/x/only.png']) await writePhoto(folder, photo, 8, 6)
    const names = ['name="cats/1.png"', 'name="1.png" subset="Test"', 'name="elsewhere\\only.png"']
    writeFileSync(
      join(folder, 'annotations.xml'),
      file(names.map((name) => image(square, `id="0" ${size} ${name}`)).join('')),
    )
    const { images, instances, defects } = await read({ imagesDir: join(folder, 'p') })
    expect(images.map((each) => [each.file, each.split])).toEqual([
      ['cats/1.png', null],
      ['Test/1.png', 'test'],
      ['x/only.png', null],
    ])
    expect([instances.length, defects]).toEqual([3, []])
  })

  it('are refused where their name leads out, is that of several, is there already, or is nothing’s', async () => {
    await writePhoto(folder, 'one/b.png', 8, 6)
    await writePhoto(folder, 'two/b.png', 8, 6)
    const outside = join(temporaryFolder(), 'c.png')
    writeFileSync(outside, 'secret')
    symlinkSync(outside, join(folder, 'c.png'))
    const names = ['../../etc/passwd', '/etc/hosts', 'b.png', 'none.png', 'a.png', '', 'c.png']
    const images = names.map((name, i) => image('', `id="${i + 1}" name="${name}" ${size}`))
    const found = await readFile(file(image(square) + images.join('')))
    expect(found.images.map((each) => each.file)).toEqual(['a.png'])
    expect(found.defects.map(defectWords)).toEqual([
      'image 1 (../../etc/passwd): the name leads out of the folder of photos; it is not opened, its masks are left out',
      'image 2 (/etc/hosts): the name leads out of the folder of photos; it is not opened, its masks are left out',
      'image 3 (b.png): 2 photos of different folders are called “b.png”; it is left out',
      'image 4 (none.png): the photo is not in the folder; it and its masks are left out',
      'image 5 (a.png): image file "a.png" was listed before; this record is left out',
      'image 6 (): the image has no usable name; it is left out',
      'image 7 (c.png): the name leads out of the folder of photos; it is not opened, its masks are left out',
    ])
  })

  it('of another size than the file says keep their own, and what was drawn on the other is left out', async () => {
    const found = await readFile(file(image(square, 'id="0" name="a.png" width="80" height="60"')))
    expect(found.images).toMatchObject([{ width: 8, height: 6 }])
    expect(found.instances).toEqual([])
    expect(defectCounts(found.defects)).toEqual({ 'size-mismatch repaired': 1, 'frame-mismatch refused': 1 })
  })
})

describe('damaged CVAT files', () => {
  it('lose the shapes that cannot be used, and no others', async () => {
    const polygon = (points: string) => `<polygon label="cat" points="${points}"/>`
    const mask = (rle: string, place = 'left="0" top="0" width="2" height="2"') =>
      `<mask label="cat" rle="${rle}" ${place}/>`
    const reasons: [string, string][] = [
      [polygon('1,1;2,2'), 'three points need 6'],
      [polygon('1,1;2;3,1'), 'point 2 is no pair'],
      [polygon('1,1;NaN,2;3,1'), 'point 2 is no pair'],
      [polygon('1,1;2,1e9;3,1'), 'point 2 is no pair'],
      [polygon('1,1;0x2,2;3,1'), 'point 2 is no pair'],
      [polygon(''), 'point 1 is no pair'],
      ['<polygon label="cat"/>', 'point 1 is no pair'],
      [`<polygon label="${'x'.repeat(5000)}" points="2,1;4,1;4,3"/>`, 'no usable label'],
      ['<star label="cat"/>', 'no shape “star”'],
      ['<ellipse label="cat" cx="1" cy="1" rx="0" ry="2"/>', 'no usable middle'],
      [mask('0, 2, 1'), 'they add up to 3, its box has 4 pixels'],
      [mask('0, 1000000000'), 'more than the 4 pixels'],
      [mask('0, 1, x, 2'), 'not all are whole numbers'],
      [mask('-1, 5'), 'not all are whole numbers'],
      [mask('4'), 'no pixel'],
      [mask('0, 9', 'left="0" top="0" width="9" height="1"'), 'the photo only 8×6'],
      [mask('0, 4', 'left="x" top="0" width="2" height="2"'), 'no usable left'],
      [mask('0, 4', 'left="20" top="20" width="2" height="2"'), 'no pixel'],
      [polygon('10,10;12,10;12,12'), 'no pixel'],
    ]
    const found = await readShapes(square.replace('cat', 'good'), ...reasons.map(([each]) => each))
    expect(found.instances.map(({ category }) => category)).toEqual(['good'])
    const byShape = found.defects.toSorted((a, b) => a.place.record!.index - b.place.record!.index)
    for (const [i, [, reason]] of reasons.entries()) {
      expect(defectWords(byShape[i]!)).toContain(`annotation no. ${i + 2} (a.png)`)
      expect(defectWords(byShape[i]!)).toContain(reason)
    }
    expect(found.defects).toHaveLength(reasons.length)
  })

  it('lose what lies outside of the photo, and the same mask again; a mask without a label is kept', async () => {
    const wide = '<polygon label="" points="-5,1;20,1;20,3;-5,3"/>'
    const found = await readShapes(wide, square, square)
    expect(pixels(found)[0]).toEqual(['........', '########', '########', '........', '........', '........'])
    expect(found.instances.map(({ category }) => category)).toEqual([null, 'cat'])
    expect(defectCounts(found.defects)).toEqual({
      'outside-photo repaired': 1,
      'category-unknown kept': 1,
      'duplicate-annotation refused': 1,
    })
  })

  it('that are no XML of CVAT are refused whole, each with one line', async () => {
    const refusals: [string, string][] = [
      ['', 'it ends in the middle'],
      ['{"images": []}', 'no usable XML'],
      [file(image(square)).slice(0, 150), 'it ends in the middle'],
      ['<annotation><filename>a.png</filename></annotation>', 'it begins with <annotation>'],
      [file('<track id="0" label="cat"/>'), 'tracks of a video'],
      ['<!DOCTYPE annotations [<!ENTITY a "b">]><annotations/>', 'document type'],
      [file(image('<polygon label="&a;" points=""/>')), 'Invalid character entity'],
      [file(image('<polygon label="&eacute;" points=""/>')), 'Invalid character entity'],
      [file('<image>'.repeat(20) + '</image>'.repeat(20)), 'deeper than'],
      [file(image('<polygon></mask>')), 'Unexpected close tag'],
    ]
    for (const [text, words] of refusals) {
      await expect(readFile(text)).rejects.toMatchObject({
        code: 'import.format',
        message: expect.stringContaining(words) as string,
      })
      await expect(readFile(text)).rejects.toMatchObject({ message: expect.not.stringContaining('\n') as string })
    }
  })

  it('that would fill the memory are refused before they do', async () => {
    const path = join(folder, 'annotations.xml')
    writeFileSync(path, '<annotations><image name="')
    truncateSync(path, 2 ** 26)
    await expect(read()).rejects.toMatchObject({ code: 'import.format' })
    writeFileSync(path, file(image('<a/>'.repeat(2 ** 20 + 1))))
    await expect(read()).rejects.toMatchObject({
      code: 'import.format',
      message: expect.stringContaining('more than 1048576') as string,
    })
  })

  it('need a file, and stop at once where the reading is cancelled', async () => {
    const events = cvat.read!({ imagesDir: folder }, quietContext())
    await expect(collect(events)).rejects.toMatchObject({ code: 'request.usage' })
    await expect(read()).rejects.toMatchObject({ code: 'file.missing' })
    mkdirSync(join(folder, 'annotations.xml'))
    await expect(read()).rejects.toMatchObject({ code: 'file.unreadable' })
    writeFileSync(join(folder, 'b.xml'), file(image(square)))
    const request = { imagesDir: folder, annotations: join(folder, 'b.xml') }
    const cancelled = cvat.read!(request, quietContext(AbortSignal.abort()))
    await expect(collect(cancelled)).rejects.toMatchObject({ code: 'aborted' })
  })

  it('let only defects and refusals out, whatever bytes are changed or missing', async () => {
    const mask = '<mask label="dog" group_id="1" rle="0, 4, 1, 4" left="4" top="2" width="3" height="3"/>'
    const ellipse = '<ellipse label="c" cx="3" cy="3" rx="2" ry="1.5" rotation="20"/>'
    const shapes = square + mask + ellipse + '<box label="x" xtl="1"/><tag label="t"/>'
    const sound = Buffer.from(file(`<meta><labels><label><name>cat</name></label></labels></meta>${image(shapes)}`))
    const change = fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat({ max: 600 }), async (changes, nCut) => {
        const bytes = Uint8Array.from(sound)
        for (const [place, byte] of changes) bytes[place] = byte
        const outcome = await readFile(nCut % 3 === 0 ? bytes.subarray(0, bytes.length - nCut) : bytes).catch(
          (error: unknown) => error,
        )
        if (outcome instanceof AppError) return
        const { images, instances } = outcome as Collected
        expect(images.length).toBeLessThanOrEqual(1)
        expect(instances.every(({ rle }) => rle.width === 8 && rle.height === 6 && rleArea(rle) > 0)).toBe(true)
      }),
      { numRuns: 250 },
    )
  })
})

describeWithData('CVAT on real data', () => {
  const root = testData('data/datumaro-assets/cvat_dataset')

  it('reads the export of a project, whose photos lie in a folder for each subset, and writes it again', async () => {
    const imagesDir = join(root, 'for_images/export_project/images')
    const request = { imagesDir, annotations: join(root, 'for_images/export_project/annotations.xml') }
    const first = await collect(cvat.read!(request, quietContext()))
    expect(first.images.map((each) => [each.file, each.split])).toEqual([
      ['Test/img0.jpg', 'test'],
      ['Test/img1.jpg', 'test'],
      ['Train/img0.jpg', 'train'],
      ['Train/img1.jpg', 'train'],
      ['Validation/img0.jpg', 'validation'],
      ['Validation/img1.jpg', 'validation'],
    ])
    expect(first.instances.map(({ category, rle }) => [category, rleArea(rle)])).toEqual(
      Array.from({ length: 3 }, () => ['label1', rleArea(first.instances[0]!.rle)]),
    )
    expect(defectCounts(first.defects)).toEqual({ 'no-segmentation refused': 3, 'no-area kept': 6 })
    const outDir = temporaryFolder()
    await cvat.write!({ outDir }, toExport(first), quietContext())
    const again = { imagesDir, annotations: join(outDir, 'annotations.xml') }
    const second = await collect(cvat.read!(again, quietContext()))
    expect(second.images).toEqual(first.images)
    expect(second.instances).toEqual(first.instances)
  })

  it('reads the export of a task, with shapes without a label', async () => {
    const imagesDir = join(root, 'for_images/export_task/images')
    const request = { imagesDir, annotations: join(root, 'for_images/export_task/train.xml') }
    const { images, instances, defects } = await collect(cvat.read!(request, quietContext()))
    expect([images.length, instances.map(({ category }) => category)]).toEqual([2, [null]])
    expect(defectCounts(defects)).toEqual({
      'no-segmentation refused': 1,
      'no-area kept': 2,
      'category-unknown kept': 1,
    })
  })

  it('refuses the tracks of a video', async () => {
    const imagesDir = join(root, 'for_video/images')
    const request = { imagesDir, annotations: join(root, 'for_video/annotations.xml') }
    await expect(collect(cvat.read!(request, quietContext()))).rejects.toMatchObject({
      code: 'import.format',
      message: expect.stringContaining('tracks of a video') as string,
    })
  })
})
