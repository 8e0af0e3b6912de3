import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { encodeRle, normaliseRle, rleArea, sameRle } from '#common/mask/rle.ts'
import type { ExportedImage, ExportSummary } from '#main/datasets/dataset.ts'
import { yolo } from '#main/datasets/yolo.ts'
import { oneRing } from '#main/datasets/yolo/one-ring.ts'
import { listFiles } from '#main/files/list-images.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
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

const square = '0.25 0.1666666 0.50 0.1666666 0.50 0.5 0.25 0.5'
const ring = rleOf(8, 6, [10, 11, 12, 18, 20, 26, 27, 28])

interface Written {
  readonly summary: ExportSummary
  /** What the label files hold, by their names. */
  readonly labels: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, unknown>>
  readonly outDir: string
}

async function write(images: readonly ExportedImage[], outDir = temporaryFolder()): Promise<Written> {
  const summary = await yolo.write!({ outDir }, images, quietContext())
  const files = await listFiles(outDir, new Set(['.txt']))
  const labels = Object.fromEntries(files.map((file) => [file, readFileSync(join(outDir, file), 'utf8')]))
  const data = parse(readFileSync(join(outDir, 'data.yaml'), 'utf8')) as Record<string, unknown>
  return { summary, labels, data, outDir }
}

async function readBack({ outDir }: Written, files: readonly string[] = ['a.png']): Promise<Collected> {
  const imagesDir = join(outDir, 'images')
  for (const file of files) await writePhoto(imagesDir, file, 8, 6)
  return collect(yolo.read!({ imagesDir, annotations: join(outDir, 'data.yaml') }, quietContext()))
}

describe('writing YOLO segmentation', () => {
  it('writes a label file a photo, at its place below the folder labels, and data.yaml', async () => {
    const images = [
      exportedImage({ file: 'train/cats/1.png' }),
      exportedImage({ file: 'images/val/2.jpg', instances: [exportedInstance({ category: 'dog: "big"' })] }),
      exportedImage({ file: 'sets/images/3.jpg', instances: [] }),
      exportedImage({ file: 'b.png', instances: [exportedInstance({ category: null })] }),
    ]
    const { summary, labels, data, outDir } = await write(images)
    expect(summary).toEqual({ files: [outDir], images: 4, instances: 3, emptyMasks: 0, losses: [] })
    expect(readdirSync(outDir).sort()).toEqual(['data.yaml', 'labels', 'sets'])
    const outline = '0.5 0.16666667 0.5 0.5 0.25 0.5 0.25 0.16666667'
    expect(labels).toEqual({
      'labels/b.txt': `2 ${outline}\n`,
      'labels/train/cats/1.txt': `0 ${outline}\n`,
      'labels/val/2.txt': `1 ${outline}\n`,
      'sets/labels/3.txt': '',
    })
    expect(data).toEqual({ path: '.', train: 'images/train', val: 'images/val', nc: 3, names: ['cat', 'dog: "big"', 'object'] }) // prettier-ignore
  })

  it('writes an outline as it came where the mask is not edited, under the number that its class had', async () => {
    const source = { yolo: { line: `4 ${square}` } }
    const own = exportedInstance({ source, categorySourceId: 4 })
    const images = [
      exportedImage({ instances: [exportedInstance({ category: 'dog' }), own, { ...own, edited: true }] }),
      exportedImage({ file: 'b.png', instances: [{ ...own, rle: rleOf(8, 6, [10]) }] }),
    ]
    const { labels, data } = await write(images)
    expect(data['names']).toEqual(['unused_0', 'unused_1', 'unused_2', 'unused_3', 'cat', 'dog'])
    const lines = labels['labels/a.txt']!.split('\n')
    expect(lines[0]).toMatch(/^5 /)
    expect(lines[1]).toBe(`4 ${square}`)
    expect(lines[2]).toMatch(/^4 0\.5 0\.16666667 /)
    expect(labels['labels/b.txt']).toMatch(/^4 0\.375 /)
  })

  it('writes the only outline of a COCO record as shares with all digits', async () => {
    const segmentation = [[2.1, 1.1, 3.9, 1, 4, 3, 2, 2.9]]
    const source = { id: 1, segmentation }
    const rle = rasterisePolygons(segmentation, 8, 6)
    const { labels } = await write([exportedImage({ instances: [exportedInstance({ source, rle })] })])
    const [, ...shares] = labels['labels/a.txt']!.trim().split(' ').map(Number)
    expect(shares).toEqual(segmentation[0]!.map((value, i) => value / (i % 2 === 0 ? 8 : 6)))
  })

  it('counts what lines cannot hold: scores, crowds, holes and parts, which come back all the same', async () => {
    const parts = rleOf(8, 6, [0, 7, 40, 47])
    const line = `0 ${square} 0.75`
    const instances = [
      exportedInstance({ rle: ring, score: 0.5, isCrowd: true }),
      exportedInstance({ rle: parts }),
      exportedInstance({ score: 0.75, categorySourceId: 0, source: { yolo: { line } } }),
      exportedInstance({ rle: rleOf(8, 6, []) }),
    ]
    const written = await write([exportedImage({ instances })])
    expect(written.summary).toMatchObject({
      instances: 3,
      emptyMasks: 1,
      losses: [
        { what: 'scores left out', n: 2 },
        { what: 'crowd marks left out', n: 1 },
        { what: 'masks with holes or of several parts, joined into one outline by bridges without width', n: 2 },
      ],
    })
    expect(written.labels['labels/a.txt']!.split('\n')[2]).toBe(`0 ${square}`)
    const back = await readBack(written)
    expect(back.instances.map(({ score, isCrowd }) => [score, isCrowd])).toEqual(Array(3).fill([null, false]))
    expect(back.instances.every(({ rle }, i) => sameRle(rle, instances[i]!.rle))).toBe(true)
  })

  it('replaces nothing, and leaves nothing behind', async () => {
    const outDir = temporaryFolder()
    const other = exportedInstance({ rle: rleOf(6, 8, [1]) })
    const refusals: [ExportedImage[], string][] = [
      [[exportedImage(), exportedImage({ file: 'a.jpg' })], 'export.differs'],
      [[exportedImage({ instances: [other] })], 'shape.mismatch'],
      [[exportedImage({ file: '../a.png' })], 'path.outside'],
    ]
    for (const [images, code] of refusals) await expect(write(images, outDir)).rejects.toMatchObject({ code })
    const context = quietContext(AbortSignal.abort())
    await expect(yolo.write!({ outDir }, [exportedImage()], context)).rejects.toMatchObject({ code: 'aborted' })
    expect(readdirSync(outDir)).toEqual([])
    writeFileSync(join(outDir, 'data.yaml'), 'mine')
    await expect(write([exportedImage()], outDir)).rejects.toMatchObject({ code: 'file.exists' })
    expect(readdirSync(outDir)).toEqual(['data.yaml'])
    expect(readFileSync(join(outDir, 'data.yaml'), 'utf8')).toBe('mine')
  })
})

describe('one outline of a mask', () => {
  const anyMask = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })).chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
      .filter((data) => data.includes(1))
      .map((data) => encodeRle({ width, height, data })),
  )

  it('gives back the same mask, whatever parts and holes it has', () => {
    fc.assert(
      fc.property(anyMask, (rle) => {
        const { rle: back, shares } = oneRing(rle)
        expect(sameRle(back, rle)).toBe(true)
        const points = shares.split(' ').map((share, i) => Number(share) * (i % 2 === 0 ? rle.width : rle.height))
        expect(sameRle(rasterisePolygons([points], rle.width, rle.height), rle)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('gives the largest part where bridges would be longer than outlines may be', () => {
    const side = 1150
    const data = Uint8Array.from({ length: side * side }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side)]
      return (x + y) % 2 === 0 || (x < 30 && y < 20) ? 1 : 0
    })
    const { rle, losses } = oneRing(encodeRle({ width: side, height: side, data }))
    expect(losses).toEqual(['masks of several parts cut to their largest one'])
    expect(rleArea(rle)).toBeGreaterThan(600)
    expect(rleArea(rle)).toBeLessThan(660)
  })

  it('has its holes filled where they are too many to be reached', () => {
    const side = 200
    const isHole = (i: number) => (i % side) % 2 === 1 && Math.floor(i / side) % 2 === 1 && i % side < 199 && i < 39_800
    const data = Uint8Array.from({ length: side * side }, (_, i) => (isHole(i) ? 0 : 1))
    const { rle, losses } = oneRing(encodeRle({ width: side, height: side, data }))
    expect(losses).toEqual(['masks whose holes were filled'])
    expect(rleArea(rle)).toBe(side * side)
  })
})

describe('YOLO segmentation, in and out', () => {
  const share = fc.double({ min: -0.1, max: 1.1, noNaN: true, noDefaultInfinity: true })
  const outline = fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 8 }).map((points) => points.flat())
  const line = fc.tuple(fc.nat({ max: 4 }), outline).map(([id, shares]) => [id, ...shares].join(' '))

  it('are the same lines, masks and classes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
        const first = await write([exportedImage({ instances: [] })])
        writeFileSync(join(first.outDir, 'labels/a.txt'), lines.join('\n'))
        writeFileSync(join(first.outDir, 'data.yaml'), 'names: [a, b, "1", "~", "e: #f"]')
        const one = await readBack(first)
        const two = await readBack(await write(toExport(one)))
        const normal = ({ instances }: Collected) => instances.map((each) => ({ ...each, rle: normaliseRle(each.rle) }))
        expect(normal(two)).toEqual(normal(one))
      }),
      { numRuns: 50 },
    )
  })

  it('are the same masks and names where all are edited', async () => {
    const masks = fc.array(
      fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1 })),
      { maxLength: 4 },
    )
    await fc.assert(
      fc.asyncProperty(masks, async (list) => {
        const instances = list.map(([category, pixels]) =>
          exportedInstance({ rle: rleOf(8, 6, pixels), edited: true, category }),
        )
        const written = await write([exportedImage({ instances })])
        const back = await collect(
          yolo.read!(
            { imagesDir: dirname(await photoIn(written)), annotations: join(written.outDir, 'labels') },
            quietContext(),
          ),
        )
        const unique = new Set(list.map(([category, pixels]) => JSON.stringify([category, pixels.toSorted((a, b) => a - b)]))) // prettier-ignore
        expect(back.instances).toHaveLength(unique.size)
        const first = instances[0]
        if (first === undefined) return
        expect(back.instances[0]!.category).toBe(first.category)
        expect(sameRle(back.instances[0]!.rle, first.rle)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

async function photoIn({ outDir }: Written): Promise<string> {
  const photo = join(outDir, 'images/a.png')
  await writePhoto(join(outDir, 'images'), 'a.png', 8, 6)
  return photo
}
