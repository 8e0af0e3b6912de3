import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeRle, rleArea } from '#common/mask/rle.ts'
import type { ImportRequest } from '#main/datasets/dataset.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { labelme } from '#main/datasets/labelme.ts'
import { formatMaskPng } from '#main/files/png.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, defectCounts, drawn, quietContext, writeJson, writePhoto, type Collected } from './dataset-tools.ts'

/** A photo of 8×6 pixels with a square of four; each test adds what it is about. */
const square = {
  label: 'cat',
  points: [
    [2, 1],
    [4, 1],
    [4, 3],
    [2, 3],
  ],
  group_id: null,
  description: '',
  shape_type: 'polygon',
  flags: {},
  mask: null,
}
const document = {
  version: '5.5.0',
  flags: {},
  shapes: [square],
  imagePath: 'a.png',
  imageData: null,
  imageHeight: 6,
  imageWidth: 8,
}

let folder = ''
beforeEach(async () => {
  folder = temporaryFolder()
  await writePhoto(folder, 'a.png', 8, 6)
})

function write(file: string, value: unknown): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeJson(folder, file, value)
}

const read = (options: Partial<ImportRequest> = {}): Promise<Collected> =>
  collect(labelme.read!({ imagesDir: folder, ...options }, quietContext()))

function readDocument(changes: Record<string, unknown>): Promise<Collected> {
  write('a.json', { ...document, ...changes })
  return read()
}

const readShapes = (...shapes: unknown[]) => readDocument({ shapes })

async function png(width: number, height: number, pixels: readonly number[]): Promise<string> {
  return Buffer.from(await formatMaskPng({ width, height, data: Uint8Array.from(pixels) })).toString('base64')
}

const pixels = ({ instances }: Collected) => instances.map(({ rle }) => drawn(rle))

describe('reading LabelMe', () => {
  it('gives photos and masks with everything that the file says of them', async () => {
    const shape = { ...square, group_id: 7, description: 'left', flags: { occluded: true }, score: 0.5, other: [1] }
    const { images, instances, defects } = await readDocument({ shapes: [shape], flags: { good: true }, lens: 'x' })
    expect(defects).toEqual([])
    expect(images).toMatchObject([
      { file: 'a.png', width: 8, height: 6, source: { version: '5.5.0', flags: { good: true }, lens: 'x' } },
    ])
    expect(instances).toMatchObject([
      { file: 'a.png', category: 'cat', categorySourceId: null, score: 0.5, isCrowd: false },
    ])
    expect(instances[0]!.source).toEqual({ shapes: [shape] })
    expect(rleArea(instances[0]!.rle)).toBe(4)
  })

  it('draws polygons, rectangles from any two corners, turned ones, and shapes without a type', async () => {
    const corner = (points: number[][], shape_type?: string) => ({ label: 'cat', points, shape_type })
    const found = await readShapes(
      corner([[4, 3], [2, 1]], 'rectangle'), // prettier-ignore
      corner([[5, 1], [5, 3], [7, 3], [7, 1]], 'oriented_rectangle'), // prettier-ignore
      corner([[0, 4], [3, 4], [3, 6], [0, 6]]), // prettier-ignore
    )
    expect(found.defects).toEqual([])
    expect(pixels(found)).toEqual([
      ['........', '..##....', '..##....', '........', '........', '........'],
      ['........', '.....##.', '.....##.', '........', '........', '........'],
      ['........', '........', '........', '........', '###.....', '###.....'],
    ])
  })

  it('draws a circle as the pixels whose middle lies in it, like a count of all pixels', async () => {
    await writePhoto(folder, 'a.png', 40, 30)
    const circles: [number, number, number][] = [
      [20, 15, 10],
      [3.2, 4.9, 7.31],
      [39.5, 29.5, 0.6],
      [20, 15, 100],
    ]
    const shapes = circles.map(([x, y, r], i) => {
      return { label: `c${i}`, points: [[x, y], [x + r * 0.6, y + r * 0.8]], shape_type: 'circle' } // prettier-ignore
    })
    const { instances } = await readDocument({ shapes, imageWidth: 40, imageHeight: 30 })
    for (const [i, [cx, cy, r]] of circles.entries()) {
      const data = Uint8Array.from({ length: 1200 }, (_, place) =>
        Math.hypot((place % 40) + 0.5 - cx, Math.floor(place / 40) + 0.5 - cy) <= r ? 1 : 0,
      )
      expect(decodeRle(instances[i]!.rle).data).toEqual(data)
    }
  })

  it('lays a mask at its box, holes included, also where corners lie between pixels', async () => {
    const ring = await png(3, 3, [1, 1, 1, 1, 0, 1, 1, 1, 1])
    const mask = (points: number[][]) => ({ label: 'cat', shape_type: 'mask', points, mask: ring })
    const found = await readShapes(
      mask([[1, 2], [3, 4]]), // prettier-ignore
      mask([[4.4, 0.6], [6.6, 2.4]]), // prettier-ignore
      mask([[-1, -1], [1, 1]]), // prettier-ignore
    )
    expect(pixels(found)).toEqual([
      ['........', '........', '.###....', '.#.#....', '.###....', '........'],
      ['........', '....###.', '....#.#.', '....###.', '........', '........'],
      ['.#......', '##......', '........', '........', '........', '........'],
    ])
    expect(found.instances[0]!.source).toMatchObject({ shapes: [{ mask: ring }] })
    expect(defectCounts(found.defects)).toEqual({ 'outside-photo repaired': 1 })
  })

  it('makes one mask of the shapes with the same label and group', async () => {
    const at = (x: number, group_id: number | null, label = 'cat') => {
      return { ...square, label, group_id, shape_type: 'rectangle', points: [[x, 1], [x + 1, 2]] } // prettier-ignore
    }
    const shapes = [at(0, 1), at(2, 2), at(4, 1), at(6, 1, 'dog'), at(5, null), at(7, null)]
    const { instances } = await readShapes(...shapes)
    expect(instances.map(({ category, rle }) => `${category} ${drawn(rle)[1]}`)).toEqual([
      'cat #...#...',
      'cat ..#.....',
      'dog ......#.',
      'cat .....#..',
      'cat .......#',
    ])
    expect(instances[0]!.source).toEqual({ shapes: [shapes[0], shapes[2]] })
  })

  it('keeps points and lines with their photo, and says once for each that they are no masks', async () => {
    const others = ['point', 'points', 'line', 'linestrip'].map((shape_type) => ({ ...square, shape_type }))
    const { images, instances, defects } = await readShapes(others[0], square, ...others.slice(1))
    expect(instances).toHaveLength(1)
    expect(images[0]!.source).toMatchObject({ shapes: others })
    expect(defectCounts(defects)).toEqual({ 'no-area kept': 4 })
    expect(defectWords(defects[1]!)).toBe(
      'annotation no. 3 (a.png): a shape of the type “points” has no area; it gives no mask, and is kept for an export',
    )
  })
})

describe('photos of LabelMe files', () => {
  it('are found beside them, where the path leads, at the same place in the other folder, or by name', async () => {
    for (const photo of ['p/cats/1.png', 'p/dogs/1.png', 'p/x/only.png', 'p/y/led.png']) {
      await writePhoto(folder, photo, 8, 6)
    }
    write('p/cats/1.json', { ...document, imagePath: '1.png' })
    write('j/dogs/1.json', { ...document, imagePath: '1.png' })
    write('j/moved.json', { ...document, imagePath: '..\\..\\old place\\only.png' })
    write('j/led.json', { ...document, imagePath: '..\\p\\y\\led.png' })
    const imagesDir = join(folder, 'p')
    const beside = await read({ imagesDir, labels: { kind: 'folder' } })
    expect(beside.images.map(({ file, label }) => [file, label])).toEqual([['cats/1.png', 'cat']])
    const apart = await read({ imagesDir, annotations: join(folder, 'j') })
    expect(apart.images.map(({ file }) => file)).toEqual(['dogs/1.png', 'y/led.png', 'x/only.png'])
    expect([...beside.defects, ...apart.defects]).toEqual([])
  })

  it('are refused where their name leads out, is that of several, or there is none', async () => {
    await writePhoto(folder, 'one/b.png', 8, 6)
    await writePhoto(folder, 'two/b.png', 8, 6)
    write('1.json', { ...document, imagePath: '../../../etc/passwd' })
    write('2.json', { ...document, imagePath: '/etc/hosts' })
    write('3.json', { ...document, imagePath: 'b.png' })
    write('4.json', { ...document, imagePath: 'none.png' })
    write('5.json', { ...document, imagePath: 'inside.png', imageData: 'iVBORw0KGgo=' })
    const { images, defects } = await read()
    expect(images).toEqual([])
    expect(defects.map(defectWords)).toEqual([
      '1.json: the name leads out of the folder of photos; it is not opened, its masks are left out',
      '2.json: the name leads out of the folder of photos; it is not opened, its masks are left out',
      '3.json: 2 photos of different folders are called “b.png”; it is left out',
      '4.json: the photo is not in the folder; it and its masks are left out',
      '5.json: the photo is only inside the annotation file; save it into the folder of photos. It and its masks are left out',
    ])
  })

  it('are not opened through links that lead out, nor are files', async () => {
    const elsewhere = temporaryFolder()
    await writePhoto(elsewhere, 'b.png', 8, 6)
    writeJson(elsewhere, 'c.json', document)
    symlinkSync(join(elsewhere, 'b.png'), join(folder, 'b.png'))
    symlinkSync(join(elsewhere, 'c.json'), join(folder, 'c.json'))
    write('b.json', { ...document, imagePath: 'b.png' })
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([0, 0])
    expect(defects.map(({ kind, place }) => [kind, place.file])).toEqual([
      ['path-outside', 'c.json'],
      ['path-outside', 'b.png'],
    ])
  })

  it('have one file: a second is left out', async () => {
    write('a.json', document)
    write('copy.json', { ...document, shapes: [] })
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([1, 1])
    expect(defects).toMatchObject([{ kind: 'duplicate-image', action: 'refused', place: { file: 'copy.json' } }])
  })

  it('of another size than the file says keep their own, and what was drawn on the other is left out', async () => {
    const { images, instances, defects } = await readDocument({ imageWidth: 80, imageHeight: 60 })
    expect(images).toMatchObject([{ width: 8, height: 6 }])
    expect(instances).toEqual([])
    expect(defectCounts(defects)).toEqual({ 'size-mismatch repaired': 1, 'frame-mismatch refused': 1 })
  })
})

describe('labels of photos with LabelMe files', () => {
  it('are guessed from categories where each photo has one and they differ', async () => {
    await writePhoto(folder, 'b.png', 8, 6)
    write('a.json', { ...document, shapes: [square, { ...square, points: [[0, 0], [1, 0], [1, 1]] }] }) // prettier-ignore
    write('b.json', { ...document, imagePath: 'b.png', shapes: [{ ...square, label: 'dog' }] })
    const { images, notes } = await read()
    expect(images.map(({ label }) => label)).toEqual(['cat', 'dog'])
    expect(notes).toEqual([
      { kind: 'label-rule', rule: { kind: 'category' }, isGuess: true, nLabels: 2, labels: ['cat', 'dog'] },
    ])
  })

  it('are those of the largest masks where they are asked for by category', async () => {
    const small = { ...square, shape_type: 'rectangle', points: [[0, 0], [1, 1]] } // prettier-ignore
    write('a.json', { ...document, shapes: [small, { ...square, label: 'dog' }] })
    const { images } = await read({ labels: { kind: 'category' } })
    expect(images.map(({ label }) => label)).toEqual(['dog'])
  })
})

describe('damaged LabelMe files', () => {
  const good = { ...square, label: 'good' }

  it('that cannot be read are left out whole, each with one line', async () => {
    write('a.json', document)
    write('1.json', JSON.stringify(document).slice(0, 100))
    write('2.json', '[]')
    write('3.json', { images: [], annotations: [] })
    write('4.json', { shapes: [] })
    write('5.json', '')
    write('6.json', '['.repeat(100_000))
    write('7.json', JSON.stringify(document).replace('[2,1]', '[NaN,1]'))
    writeFileSync(join(folder, '8.json'), '')
    truncateSync(join(folder, '8.json'), 2 ** 31)
    const { images, instances, defects } = await read()
    expect([images.length, instances.length]).toEqual([1, 1])
    expect(defectCounts(defects)).toEqual({ 'record-invalid refused': 8 })
    for (const defect of defects) expect(defectWords(defect)).toMatch(/^\d\.json: .+; it is left out$/)
    expect(defectWords(defects[7]!)).toContain('2147483648 bytes; at most 268435456')
  })

  it('lose the shapes that cannot be used, and no others', async () => {
    const shape = (changes: Record<string, unknown>) => ({ ...square, ...changes })
    const jpeg = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer()
    const mask = (value: unknown, points: unknown = [[0, 0], [1, 1]]) => shape({ shape_type: 'mask', mask: value, points }) // prettier-ignore
    const reasons: [unknown, string][] = [
      [shape({ points: [[1, 1], [2, 2]] }), '2 of at least three points'], // prettier-ignore
      [shape({ points: [[1, 1], [2, '2'], [3, 1]] }), 'point 2 is no pair'], // prettier-ignore
      [shape({ points: [[1, 1], [2, null], [3, 1]] }), 'point 2 is no pair'], // prettier-ignore
      [shape({ points: [[1, 1], [2, 1e9], [3, 1]] }), 'point 2 is no pair'], // prettier-ignore
      [shape({ points: 'none' }), 'no list of points'],
      [shape({ label: 5 }), 'no usable label'],
      ['a shape', 'no object'],
      [shape({ shape_type: 'star' }), 'no shape_type "star"'],
      [shape({ shape_type: 'circle' }), 'a circle has two points, this one 4'],
      [shape({ shape_type: 'rectangle', points: [[1, 1]] }), 'a rectangle has two points, this one 1'],
      [mask(null), 'there is no mask'],
      [mask('no picture'), 'its mask is no PNG'],
      [mask(jpeg.toString('base64')), 'its mask is no PNG'],
      [mask((await png(2, 2, [1, 1, 1, 1])).slice(0, 80)), 'damaged PNG'],
      [mask(await png(3, 2, [1, 1, 1, 1, 1, 1])), 'its mask has 3×2 pixels, its box 2×2'],
      [mask(await png(9, 1, Array<number>(9).fill(1)), [[0, 0], [8, 0]]), 'the photo only 8×6'], // prettier-ignore
      [mask(await png(2, 2, [0, 0, 0, 0])), 'no pixel'],
      [mask(await png(2, 2, [1, 1, 1, 1]), [[20, 20], [21, 21]]), 'no pixel'], // prettier-ignore
      [shape({ points: [[10, 10], [12, 10], [12, 12]] }), 'no pixel'], // prettier-ignore
    ]
    const { images, instances, defects } = await readShapes(good, ...reasons.map(([each]) => each))
    expect(images).toHaveLength(1)
    expect(instances.map(({ category }) => category)).toEqual(['good'])
    expect(defects.every(({ action }) => action === 'refused')).toBe(true)
    const byShape = defects.toSorted((a, b) => a.place.record!.index - b.place.record!.index)
    for (const [i, [, reason]] of reasons.entries()) {
      expect(defectWords(byShape[i]!)).toContain(`annotation no. ${i + 2} (a.png)`)
      expect(defectWords(byShape[i]!)).toContain(reason)
    }
    expect(defects).toHaveLength(reasons.length)
  })

  it('lose what lies outside of the photo, and the same mask again', async () => {
    const wide = { ...square, label: 'wide', points: [[-5, 1], [20, 1], [20, 3], [-5, 3]] } // prettier-ignore
    const found = await readShapes(wide, good, good)
    expect(pixels(found)[0]).toEqual(['........', '########', '########', '........', '........', '........'])
    expect(found.instances).toHaveLength(2)
    expect(defectCounts(found.defects)).toEqual({ 'outside-photo repaired': 1, 'duplicate-annotation refused': 1 })
  })

  it('without a label’s text give a mask without a category', async () => {
    const { instances, defects } = await readShapes({ ...square, label: '' })
    expect(instances).toMatchObject([{ category: null }])
    expect(defectCounts(defects)).toEqual({ 'category-unknown kept': 1 })
  })

  it('are told from those of the older LabelMe, and from none', async () => {
    await expect(read()).rejects.toMatchObject({
      code: 'import.format',
      hint: expect.stringContaining('.json') as string,
    })
    write('a.xml', '<annotation></annotation>')
    await expect(read()).rejects.toMatchObject({
      code: 'import.format',
      hint: expect.stringContaining('older LabelMe') as string,
    })
    await expect(read({ annotations: join(folder, 'nowhere') })).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('let only defects out, whatever bytes are changed or missing', async () => {
    const shapes = [square, { ...square, shape_type: 'mask', mask: await png(3, 2, [1, 1, 1, 1, 1, 0]), points: [[1, 1], [3, 2]] }] // prettier-ignore
    const sound = Buffer.from(JSON.stringify({ ...document, shapes }))
    const change = fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat({ max: 400 }), async (changes, nCut) => {
        const bytes = Uint8Array.from(sound)
        for (const [place, byte] of changes) bytes[place] = byte
        writeFileSync(join(folder, 'a.json'), nCut % 3 === 0 ? bytes.subarray(0, bytes.length - nCut) : bytes)
        const { images, instances } = await read()
        expect(images.length).toBeLessThanOrEqual(1)
        expect(instances.every(({ rle }) => rle.width === 8 && rle.height === 6 && rleArea(rle) > 0)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('let only defects out, whatever values the fields of a shape have', async () => {
    const anyShape = fc.record(
      {
        label: fc.oneof(fc.constant('cat'), fc.jsonValue()),
        points: fc.oneof(fc.array(fc.tuple(fc.float(), fc.float()), { maxLength: 5 }), fc.jsonValue()),
        shape_type: fc.oneof(fc.constantFrom('polygon', 'rectangle', 'circle', 'mask'), fc.jsonValue()),
        group_id: fc.oneof(fc.constantFrom(null, 1), fc.jsonValue()),
        mask: fc.oneof(fc.base64String(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(anyShape, { maxLength: 4 }), async (shapes) => {
        const { images } = await readDocument({ shapes })
        expect(images).toHaveLength(1)
      }),
      { numRuns: 200 },
    )
  })

  it('stop at once where the reading is cancelled', async () => {
    write('a.json', document)
    const events = labelme.read!({ imagesDir: folder }, quietContext(AbortSignal.abort()))
    await expect(collect(events)).rejects.toMatchObject({ code: 'aborted' })
  })
})
