import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRle, normaliseRle, sameRle } from '#common/mask/rle.ts'
import { cvat } from '#main/datasets/cvat.ts'
import type { ExportedImage, ExportedInstance, JsonObject } from '#main/datasets/dataset.ts'
import { formatElement } from '#main/datasets/xml/elements.ts'
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

/** What the instance's mask is as an outline. */
const square = {
  name: 'polygon',
  attributes: { label: 'cat', source: 'manual', occluded: '1', points: '2.00,1;4,1;4,3;2,3', z_order: '3' },
  children: [{ name: 'attribute', attributes: { name: 'who' }, children: [], text: 'A & <B>' }],
  text: '',
}
const sourceOf = (...shapes: unknown[]) => ({ cvat: { shapes } })

async function write(images: readonly ExportedImage[], outDir = temporaryFolder()): Promise<string> {
  await cvat.write!({ outDir }, images, quietContext())
  return readFileSync(join(outDir, 'annotations.xml'), 'utf8')
}

/** The lines of the only image that are not its own. */
async function shapesOf(...instances: ExportedInstance[]): Promise<string[]> {
  const [, inside] = /<image[^>]*>\n(.*)<\/image>/s.exec(await write([exportedImage({ instances })])) ?? []
  return inside!.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
}

async function readBack(text: string, files: readonly string[] = ['a.png']): Promise<Collected> {
  const folder = temporaryFolder()
  for (const file of files) await writePhoto(folder, file, 8, 6)
  writeFileSync(join(folder, 'annotations.xml'), text)
  return collect(cvat.read!({ imagesDir: folder, annotations: join(folder, 'annotations.xml') }, quietContext()))
}

describe('writing CVAT', () => {
  it('writes one file with the labels, the images and what they had beside their masks', async () => {
    const outDir = temporaryFolder()
    const tag = { name: 'tag', attributes: { label: 'indoor' }, children: [], text: '' }
    const box = { name: 'box', attributes: { label: 'cat', xtl: '1' }, children: [], text: '' }
    const label = {
      name: 'label',
      attributes: {},
      children: [
        { name: 'name', attributes: {}, children: [], text: 'cat' },
        { ...tag, name: 'color', text: '#f00' },
      ],
      text: '',
    }
    const source = {
      id: 4,
      name: '1.png',
      subset: 'Test',
      task_id: '9',
      cvat: { elements: [tag, box], labels: [label] },
    }
    const images = [
      exportedImage({ file: 'Test/1.png', source }),
      exportedImage({ file: 'a&"b".png', source: { id: 4, other: 'x' }, instances: [] }),
      exportedImage({ file: 'c.png', source: { id: 4 } }),
    ]
    const summary = await cvat.write!({ outDir }, images, quietContext())
    const path = join(outDir, 'annotations.xml')
    expect(summary).toEqual({ files: [path], images: 3, instances: 2, emptyMasks: 0, losses: [] })
    expect(readdirSync(outDir)).toEqual(['annotations.xml'])
    const text = readFileSync(path, 'utf8')
    expect(text.match(/<image .*/g)).toEqual([
      '<image id="4" name="1.png" subset="Test" task_id="9" width="8" height="6">',
      '<image id="4" name="a&amp;&quot;b&quot;.png" width="8" height="6"/>',
      '<image id="0" name="c.png" width="8" height="6">',
    ])
    expect(text.match(/<label>.*?<\/label>/gs)).toHaveLength(1)
    expect(text).toContain('#f00')
    expect(text).toMatch(/<\/?mask.*\n {4}<tag label="indoor"\/>\n {4}<box label="cat" xtl="1"\/>/)
  })

  it('writes a mask that came from elsewhere as run lengths in its box, with score and crowd', async () => {
    const rle = rleOf(8, 6, [10, 11, 12, 18, 20, 26, 27, 28])
    const instance = exportedInstance({ rle, score: 0.25, isCrowd: true, source: { id: 4 } })
    expect(await shapesOf(instance)).toEqual([
      '<mask label="cat" source="file" occluded="0" rle="0, 4, 1, 4" left="2" top="1" width="3" height="3">',
      '<attribute name="score">0.25</attribute>',
      '<attribute name="is_crowd">true</attribute>',
      '</mask>',
    ])
  })

  it('writes shapes as they came where the mask is not edited, under the category of now', async () => {
    const [line, attribute] = await shapesOf(exportedInstance({ source: sourceOf(square), category: 'dog' }))
    expect(line).toBe('<polygon label="dog" source="manual" occluded="1" points="2.00,1;4,1;4,3;2,3" z_order="3">')
    expect(attribute).toBe('<attribute name="who">A &amp; &lt;B&gt;</attribute>')
  })

  it('never gives an edited mask the old shape, nor one that the shape does not give', async () => {
    for (const changes of [{ edited: true }, { rle: rleOf(8, 6, [10, 11]) }, { score: 0.5 }]) {
      const [line, attribute] = await shapesOf(exportedInstance({ source: sourceOf(square), ...changes }))
      expect(line).toMatch(/^<mask label="cat" source="manual" occluded="1" rle=".*" z_order="3">$/)
      expect(attribute).toContain('who')
    }
  })

  it('takes the group from a second object that would come back as a part of the first', async () => {
    const grouped = { ...square, attributes: { ...square.attributes, group_id: '1' } }
    const source = sourceOf(grouped)
    const lines = await shapesOf(exportedInstance({ source }), exportedInstance({ source }))
    expect(lines.filter((line) => line.startsWith('<polygon')).map((line) => line.includes('group_id'))).toEqual([
      true,
      false,
    ])
  })

  it('counts masks without a pixel, names those without a category, and replaces what XML cannot hold', async () => {
    const outDir = temporaryFolder()
    const instances = [
      exportedInstance({ rle: rleOf(8, 6, []) }),
      exportedInstance({ category: null }),
      exportedInstance({ category: 'a\u0001\n"b' }),
    ]
    const summary = await cvat.write!({ outDir }, [exportedImage({ instances })], quietContext())
    expect(summary).toMatchObject({ instances: 2, emptyMasks: 1 })
    const back = await readBack(readFileSync(join(outDir, 'annotations.xml'), 'utf8'))
    expect(back.instances.map(({ category }) => category)).toEqual(['object', 'a\ufffd\n"b'])
  })

  it('writes and reads run lengths that take more text than an XML reader takes by default', async () => {
    const data = Uint8Array.from({ length: 800 * 300 }, (_, i) => ((i * 7919) % 13 < 6 ? 1 : 0))
    const rle = encodeRle({ width: 800, height: 300, data })
    const text = await write([exportedImage({ width: 800, height: 300, instances: [exportedInstance({ rle })] })])
    expect(/rle="([^"]*)"/.exec(text)![1]!.length).toBeGreaterThan(3 * 2 ** 16)
  })

  it('replaces nothing, and leaves nothing behind', async () => {
    const outDir = temporaryFolder()
    await expect(write([exportedImage(), exportedImage()], outDir)).rejects.toMatchObject({ code: 'export.differs' })
    const other = exportedInstance({ rle: rleOf(6, 8, [1]) })
    await expect(write([exportedImage({ instances: [other] })], outDir)).rejects.toMatchObject({
      code: 'shape.mismatch',
    })
    const context = quietContext(AbortSignal.abort())
    await expect(cvat.write!({ outDir }, [exportedImage()], context)).rejects.toMatchObject({ code: 'aborted' })
    expect(readdirSync(outDir)).toEqual([])
    writeFileSync(join(outDir, 'annotations.xml'), 'mine')
    await expect(write([exportedImage()], outDir)).rejects.toMatchObject({ code: 'file.exists' })
    expect(readFileSync(join(outDir, 'annotations.xml'), 'utf8')).toBe('mine')
    expect(readdirSync(outDir)).toEqual(['annotations.xml'])
  })
})

describe('CVAT, in and out', () => {
  const coordinate = fc.double({ min: -2, max: 10, noNaN: true, noDefaultInfinity: true }).map(String)
  const points = fc
    .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 8 })
    .map((list) => list.map((point) => point.join(',')).join(';'))
  const facts = fc.record({
    label: fc.constantFrom('cat', 'dog', 'a "b" & <c>\t'),
    group_id: fc.constantFrom('0', '1', '2'),
    occluded: fc.constantFrom('0', '1'),
    note: fc.string({ unit: 'grapheme' }),
  })
  const shape = fc.oneof(
    fc.record({ name: fc.constantFrom('polygon', 'polyline', 'box'), own: fc.record({ points }) }),
    fc.record({
      name: fc.constant('ellipse'),
      own: fc.record({ cx: coordinate, cy: coordinate, rx: coordinate, ry: coordinate, rotation: coordinate }),
    }),
  )
  const element = fc.tuple(facts, shape, fc.constantFrom(null, '0.5')).map(([attributes, { name, own }, score]) => ({
    name,
    attributes: { ...attributes, ...own },
    children: score === null ? [] : [{ name: 'attribute', attributes: { name: 'score' }, children: [], text: score }],
    text: '',
  }))

  it('are the same shapes, masks and fields', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(element, { maxLength: 6 }), async (elements) => {
        const attributes = { id: '0', name: 'a.png', width: '8', height: '6' }
        const image = { name: 'image', attributes, children: elements, text: '' }
        const root = { name: 'annotations', attributes: {}, children: [image], text: '' }
        const first = await readBack(formatElement(root))
        const second = await readBack(await write(toExport(first)))
        const normal = ({ instances }: Collected) => instances.map((each) => ({ ...each, rle: normaliseRle(each.rle) }))
        expect(normal(second)).toEqual(normal(first))
        const others = ({ images }: Collected) =>
          images.map(({ source }) => (source!['cvat'] as JsonObject)['elements'])
        expect(others(second)).toEqual(others(first))
      }),
      { numRuns: 60 },
    )
  })

  it('are the same masks where all are edited', async () => {
    const masks = fc.array(fc.uniqueArray(fc.nat({ max: 47 }), { minLength: 1, maxLength: 30 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(masks, async (list) => {
        const instances = list.map((pixels, i) =>
          exportedInstance({ rle: rleOf(8, 6, pixels), edited: true, category: `c${i}`, source: sourceOf(square) }),
        )
        const back = await readBack(await write([exportedImage({ instances })]))
        expect(back.instances.map(({ category }) => category)).toEqual(instances.map(({ category }) => category))
        expect(back.instances.every(({ rle }, i) => sameRle(rle, instances[i]!.rle))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})
