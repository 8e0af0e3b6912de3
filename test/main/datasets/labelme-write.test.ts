import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseRle, sameRle } from '#common/mask/rle.ts'
import type { ExportedImage, ExportedInstance } from '#main/datasets/dataset.ts'
import { labelme } from '#main/datasets/labelme.ts'
import { listFiles } from '#main/files/list-images.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import {
  collect,
  exportedImage,
  exportedInstance,
  quietContext,
  rleOf,
  toExport,
  writeJson,
  writePhoto,
  type Collected,
} from './dataset-tools.ts'

/** What the instance's mask is as an outline. */
const square = {
  label: 'cat',
  points: [
    [2, 1],
    [4, 1],
    [4, 3],
    [2, 3],
  ],
  group_id: null,
  description: 'left',
  shape_type: 'polygon',
  flags: { occluded: true },
  mask: null,
  own: 5,
}

interface LabelmeDocument {
  shapes: Record<string, unknown>[]
  [key: string]: unknown
}

const parseFile = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as LabelmeDocument

/** Writes photos and gives what their files hold. */
async function write(images: readonly ExportedImage[], outDir = temporaryFolder()): Promise<LabelmeDocument[]> {
  await labelme.write!({ outDir }, images, quietContext())
  return (await listFiles(outDir, new Set(['.json']))).map((file) => parseFile(join(outDir, file)))
}

/** The only file's shapes. */
const writeInstances = async (...instances: ExportedInstance[]) =>
  (await write([exportedImage({ instances })]))[0]!.shapes

describe('writing LabelMe', () => {
  it('writes a file a photo at the photo’s place, as if it lay beside it', async () => {
    const outDir = temporaryFolder()
    const source = { version: '4.5.6', flags: { good: true }, lens: 'x', shapes: [{ ...square, shape_type: 'point' }] }
    const images = [
      exportedImage({ file: 'cats/1.png', source }),
      exportedImage({ file: 'cats/1.jpg' }),
      exportedImage({ file: 'b.png', instances: [] }),
    ]
    const summary = await labelme.write!({ outDir }, images, quietContext())
    expect(summary).toEqual({ files: [outDir], images: 3, instances: 2, emptyMasks: 0, losses: [] })
    expect(await listFiles(outDir, new Set(['.json']))).toEqual(['b.json', 'cats/1-2.json', 'cats/1.json'])
    expect(readdirSync(outDir).sort()).toEqual(['b.json', 'cats'])
    expect(parseFile(join(outDir, 'cats/1.json'))).toEqual({
      version: '4.5.6',
      flags: { good: true },
      shapes: [expect.objectContaining({ label: 'cat', shape_type: 'mask' }), source.shapes[0]],
      imagePath: '1.png',
      imageData: null,
      imageHeight: 6,
      imageWidth: 8,
      lens: 'x',
    })
    expect(parseFile(join(outDir, 'cats/1-2.json'))).toMatchObject({ imagePath: '1.jpg', flags: {} })
    expect(parseFile(join(outDir, 'b.json')).shapes).toEqual([])
  })

  it('writes a mask that came from elsewhere as a picture in its box', async () => {
    const source = { id: 4, segmentation: [[1, 2, 3, 4, 5, 6]] }
    const [shape] = await writeInstances(exportedInstance({ source, score: 0.25, isCrowd: true }))
    expect(shape).toEqual({
      label: 'cat',
      points: [
        [2, 1],
        [3, 2],
      ],
      group_id: null,
      description: '',
      shape_type: 'mask',
      flags: {},
      mask: expect.stringMatching(/^iVBORw0KGgo/) as string,
      score: 0.25,
      iscrowd: 1,
    })
  })

  it('writes shapes as they came where the mask is not edited, under the category of now', async () => {
    const source = { shapes: [square] }
    expect(await writeInstances(exportedInstance({ source }))).toEqual([square])
    expect(await writeInstances(exportedInstance({ source, category: 'dog' }))).toEqual([{ ...square, label: 'dog' }])
    const [first, second] = [2, 3].map((x) => {
      return { ...square, group_id: 9, shape_type: 'rectangle', points: [[x, 1], [x + 1, 3]] } // prettier-ignore
    })
    expect(await writeInstances(exportedInstance({ source: { shapes: [first, second] } }))).toEqual([first, second])
  })

  it('never gives an edited mask the old shape, nor one that the shape does not give', async () => {
    const source = { shapes: [{ ...square, group_id: 3 }] }
    for (const changes of [{ edited: true }, { rle: rleOf(8, 6, [10, 11]) }, { score: 0.5 }]) {
      const [shape, ...others] = await writeInstances(exportedInstance({ source, ...changes }))
      expect(others).toEqual([])
      const { label, description, flags, own } = square
      expect(shape).toMatchObject({ label, description, flags, own, group_id: 3, shape_type: 'mask' })
    }
  })

  it('takes the group from a second object that would come back as a part of the first', async () => {
    const grouped = { ...square, group_id: 1 }
    const parts = [grouped, { ...grouped, points: [[5, 4], [7, 4], [7, 6]] }] // prettier-ignore
    const joined = (await collectShapes(parts)).instances[0]!.rle
    const shapes = await writeInstances(
      exportedInstance({ source: { shapes: [grouped] } }),
      exportedInstance({ source: { shapes: [grouped] } }),
      exportedInstance({ source: { shapes: parts }, rle: joined }),
      exportedInstance({ source: { shapes: [{ ...grouped, label: 'dog' }] }, category: 'dog' }),
    )
    expect(shapes.map(({ group_id, shape_type, label }) => [group_id, shape_type, label])).toEqual([
      [1, 'polygon', 'cat'],
      [null, 'polygon', 'cat'],
      [null, 'mask', 'cat'],
      [1, 'polygon', 'dog'],
    ])
  })

  it('counts masks without a pixel, and calls those without a category objects', async () => {
    const outDir = temporaryFolder()
    const instances = [exportedInstance({ rle: rleOf(8, 6, []) }), exportedInstance({ category: null })]
    const summary = await labelme.write!({ outDir }, [exportedImage({ instances })], quietContext())
    expect(summary).toMatchObject({ instances: 1, emptyMasks: 1 })
    expect(parseFile(join(outDir, 'a.json')).shapes.map(({ label }) => label)).toEqual(['object'])
  })

  it('replaces nothing, and leaves nothing behind', async () => {
    const outDir = temporaryFolder()
    mkdirSync(join(outDir, 'cats'))
    writeFileSync(join(outDir, 'cats/1.json'), 'mine')
    const images = [exportedImage(), exportedImage({ file: 'cats/1.png' })]
    await expect(write(images, outDir)).rejects.toMatchObject({ code: 'file.exists' })
    expect(readdirSync(outDir)).toEqual(['cats'])
    expect(readFileSync(join(outDir, 'cats/1.json'), 'utf8')).toBe('mine')
  })

  it('writes no name that leads out, and no mask of another size', async () => {
    const outDir = join(temporaryFolder(), 'out')
    await expect(write([exportedImage({ file: '../a.png' })], outDir)).rejects.toMatchObject({ code: 'path.outside' })
    const other = exportedInstance({ rle: rleOf(6, 8, [1]) })
    await expect(write([exportedImage({ instances: [other] })], outDir)).rejects.toMatchObject({
      code: 'shape.mismatch',
    })
    expect(readdirSync(outDir)).toEqual([])
    expect(existsSync(join(outDir, '../a.json'))).toBe(false)
  })

  it('says so where what it reads back is something else', async () => {
    // two photos of one name are one photo to whoever reads
    const outDir = temporaryFolder()
    await expect(write([exportedImage(), exportedImage()], outDir)).rejects.toMatchObject({ code: 'export.differs' })
    expect(readdirSync(outDir)).toEqual([])
  })

  it('stops where it is cancelled, and leaves nothing behind', async () => {
    const outDir = temporaryFolder()
    const context = quietContext(AbortSignal.abort())
    await expect(labelme.write!({ outDir }, [exportedImage()], context)).rejects.toMatchObject({ code: 'aborted' })
    expect(readdirSync(outDir)).toEqual([])
  })
})

async function collectShapes(shapes: readonly unknown[]): Promise<Collected> {
  const folder = temporaryFolder()
  await writePhoto(folder, 'a.png', 8, 6)
  writeJson(folder, 'a.json', { version: '5.5.0', shapes, imagePath: 'a.png', imageHeight: 6, imageWidth: 8 })
  return collect(labelme.read!({ imagesDir: folder }, quietContext()))
}

describe('LabelMe, in and out', () => {
  const coordinate = fc.double({ min: -2, max: 10, noNaN: true, noDefaultInfinity: true })
  const point = fc.tuple(coordinate, coordinate)
  const shape = fc.record({
    label: fc.constantFrom('cat', 'dog'),
    group_id: fc.constantFrom(null, 0, 1),
    description: fc.string(),
    flags: fc.dictionary(fc.string(), fc.boolean()),
    score: fc.constantFrom(undefined, 0.5),
    mask: fc.constant(null),
  })
  const outline = fc.oneof(
    fc.record({
      shape_type: fc.constant('polygon'),
      points: fc.array(point, { minLength: 3, maxLength: 8 }),
    }),
    fc.record({
      shape_type: fc.constantFrom('rectangle', 'circle', 'line'),
      points: fc.tuple(point, point),
    }),
  )
  const shapes = fc.array(
    fc.tuple(shape, outline).map(([one, two]) => ({ ...one, ...two })),
    { maxLength: 6 },
  )

  it('are the same shapes, masks and fields', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawn) => {
        const first = await collectShapes(drawn)
        const [written] = await write(toExport(first))
        const second = await collectShapes(written!.shapes)
        expect(second.images.map(({ source }) => source)).toEqual(first.images.map(({ source }) => source))
        const normal = ({ instances }: Collected) => instances.map((each) => ({ ...each, rle: normaliseRle(each.rle) }))
        expect(normal(second)).toEqual(normal(first))
      }),
      { numRuns: 40 },
    )
  })

  it('are the same masks where all are edited', async () => {
    const masks = fc.array(fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1, maxLength: 20 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(masks, async (list) => {
        const instances = list.map((pixels, i) =>
          exportedInstance({ rle: rleOf(8, 6, pixels), edited: true, category: `c${i}`, source: { shapes: [square] } }),
        )
        const [written] = await write([exportedImage({ instances })])
        const back = await collectShapes(written!.shapes)
        expect(back.instances.map(({ category }) => category)).toEqual(instances.map(({ category }) => category))
        expect(back.instances.every(({ rle }, i) => sameRle(rle, instances[i]!.rle))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })
})
