import { beforeEach, describe, expect, it } from 'vitest'
import { cocoResults } from '#main/datasets/coco-results.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { collect, quietContext, writeJson, writePhoto } from './dataset-tools.ts'

const sizes = [
  [8, 6],
  [6, 8],
  [5, 5],
  [7, 4],
] as const
const images = sizes.map(([width, height], id) => ({ id, file_name: `${id}.png`, width, height }))
const categories = [{ id: 3, name: 'cat' }]

/** A mask of one pixel, the first, on a photo of this size. */
const result = (image_id: number, [width, height]: readonly [number, number], changes = {}) => ({
  image_id,
  category_id: 3,
  score: 0.75,
  bbox: [0.5, 0.25, 3.5, 2.25],
  segmentation: { size: [height, width], counts: [0, 1, width * height - 1] },
  ...changes,
})
const sound = sizes.map((size, id) => result(id, size))

let imagesDir = ''
beforeEach(async () => {
  imagesDir = temporaryFolder()
  for (const [id, [width, height]] of sizes.entries()) await writePhoto(imagesDir, `${id}.png`, width, height)
})

function read(results: unknown, document: unknown = { images, categories }) {
  const annotations = writeJson(imagesDir, 'images.json', document)
  const predictions = writeJson(imagesDir, 'results.json', results)
  return collect(cocoResults.read!({ imagesDir, annotations, predictions }, quietContext()))
}

describe('reading COCO results', () => {
  it('takes images and categories from an annotation file, which needs no annotations', async () => {
    const all = await read(sound)
    expect(all.images.map(({ file }) => file)).toEqual(['0.png', '1.png', '2.png', '3.png'])
    expect(all.defects).toEqual([])
    expect(all.instances[1]).toEqual({
      file: '1.png',
      category: 'cat',
      categorySourceId: 3,
      score: 0.75,
      isCrowd: false,
      rle: { width: 6, height: 8, counts: Uint32Array.of(0, 1, 47) },
      source: { image_id: 1, category_id: 3, score: 0.75, bbox: [0.5, 0.25, 3.5, 2.25] },
    })
  })

  it('refuses single results of the wrong size, of an unknown image or without a mask, and goes on', async () => {
    const { instances, defects } = await read([
      ...sound,
      result(0, [6, 8]),
      result(9, [8, 6]),
      { image_id: 0, category_id: 3, bbox: [0, 0, 1, 1], score: 0.5 },
    ])
    expect(instances.length).toBe(4)
    expect(defects.map(({ kind, place }) => [kind, place.record])).toEqual([
      ['rle-size', { type: 'result', index: 4 }],
      ['image-id-unknown', { type: 'result', index: 5 }],
      ['no-segmentation', { type: 'result', index: 6 }],
    ])
  })

  it('refuses all where most masks have another size than their image', async () => {
    const shifted = sizes.map((_, id) => result(id, sizes[(id + 1) % 4]!))
    await expect(read([...shifted, ...sound.slice(0, 3)])).rejects.toMatchObject({
      code: 'import.refused',
      data: { results: 7, fitting: 3, sized: 7, images: 4, fittingImages: 0 },
    })
  })

  it('refuses all where most results name images that are not there', async () => {
    const unknown = [7, 8, 9].map((id) => result(id, [8, 6]))
    await expect(read([...unknown, ...sound.slice(0, 2)])).rejects.toMatchObject({
      code: 'import.refused',
      data: { unknown: 3, results: 5 },
    })
  })

  it('reads an empty list', async () => {
    expect((await read([])).instances).toEqual([])
  })

  it('says what is wrong with files of another kind', async () => {
    await expect(read({ annotations: sound })).rejects.toMatchObject({ code: 'json.format' })
    await expect(read(sound, sound)).rejects.toMatchObject({ code: 'json.format' })
    await expect(read('[{"image_id": 0,')).rejects.toMatchObject({ code: 'json.format' })
    for (const request of [{ imagesDir }, { imagesDir, annotations: 'a.json' }]) {
      await expect(collect(cocoResults.read!(request, quietContext()))).rejects.toMatchObject({ code: 'request.usage' })
    }
  })
})
