import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { rleArea } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { coco } from '#main/datasets/coco.ts'
import { cocoResults } from '#main/datasets/coco-results.ts'
import type { ImportedInstance } from '#main/datasets/dataset.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, defectCounts, quietContext } from './dataset-tools.ts'

/**
 * All masks as one number. The expected ones were computed by a Python script of this project with pycocotools
 * (`frPyObjects` and `merge` for outlines; its compressed strings in the order of the file, each with a line feed),
 * as were the counts of boxes more than 2 pixels off and of areas off by more than half the length of the box.
 */
function sha256OfMasks(instances: readonly ImportedInstance[]): string {
  const hash = createHash('sha256')
  for (const { rle } of instances) hash.update(`${compressCounts(rle.counts)}\n`)
  return hash.digest('hex')
}

const totalArea = (instances: readonly ImportedInstance[]) => instances.reduce((sum, { rle }) => sum + rleArea(rle), 0)

describeWithData('real COCO files', () => {
  const pets = {
    imagesDir: testData('data/oxford-pets-370/data/sample_images'),
    annotations: testData('data/oxford-pets-370/data/sample_annotations/coco/annotations/instances_sample.json'),
  }
  const detectron = {
    imagesDir: testData('data/maskrcnn-detectron2/label_mask'),
    annotations: testData('data/maskrcnn-detectron2/trainval.json'),
    predictions: testData('data/maskrcnn-detectron2/output/coco_instances_results.json'),
  }
  const tinyCoco = (split: string) => ({
    imagesDir: testData(`data/tiny-coco/tiny_coco/${split}2017`),
    annotations: testData(`data/tiny-coco/tiny_coco/annotations/instances_${split}2017.json`),
  })

  it('reads 370 pets whose boxes and areas are those of the heads', async () => {
    const { images, instances, defects, notes } = await collect(coco.read!(pets, quietContext()))
    expect([images.length, instances.length, totalArea(instances)]).toEqual([370, 370, 19_576_996])
    expect(sha256OfMasks(instances)).toBe('041d5e41158b67adff48d9a609e1c5321bf378ac06d649b39ab40e4dac2ca376')
    expect(defectCounts(defects)).toEqual({
      'category-zero kept': 1,
      'bbox-mismatch repaired': 370,
      'area-mismatch repaired': 362,
    })
    expect(new Set(instances.map((each) => `${each.category} ${each.categorySourceId}`))).toEqual(new Set(['pet 0']))
    expect(notes[0]).toMatchObject({ rule: { kind: 'folder' }, isGuess: true, labels: ['cat', 'dog'] })
    expect(images[0]!.source).toEqual({ id: 1, breed: 'Abyssinian', species: 'cat' })
  })

  it('takes the pets’ labels from their field species', async () => {
    const request = { ...pets, labels: { kind: 'field', name: 'species' } } as const
    const { images } = await collect(coco.read!(request, quietContext()))
    expect(images.every(({ label, file }) => label === (file.startsWith('cats/') ? 'cat' : 'dog'))).toBe(true)
  })

  it('reads the ground truth of the Detectron2 set, one photo of which is absent', async () => {
    const { images, instances, defects } = await collect(coco.read!(detectron, quietContext()))
    expect([images.length, instances.length, totalArea(instances)]).toEqual([50, 156, 6_650_819])
    expect(sha256OfMasks(instances)).toBe('0290cfeb21147f0b16a661bbf8dc137c76762c752c13aeb15d7bbbaddb52593e')
    expect(defectCounts(defects)).toEqual({
      'category-zero kept': 1,
      'image-missing refused': 1,
      'image-left-out refused': 1,
      'bbox-mismatch repaired': 1,
    })
    const persons = instances.filter(({ category }) => category === 'Person')
    expect(new Set(persons.map(({ categorySourceId }) => categorySourceId))).toEqual(new Set([10]))
  })

  it('reads the detector’s results of that set', async () => {
    const { images, instances, defects } = await collect(cocoResults.read!(detectron, quietContext()))
    expect([images.length, instances.length, totalArea(instances)]).toEqual([50, 172, 6_749_516])
    expect(sha256OfMasks(instances)).toBe('4771a2736caf39d243cea02aa9ca35da57c4a7f4e78295c6919ed50f3661330e')
    expect(defectCounts(defects)).toEqual({
      'category-zero kept': 1,
      'image-missing refused': 1,
      'image-left-out refused': 1,
    })
    expect(instances[0]).toMatchObject({ category: 'Helmet', categorySourceId: 7, score: 0.9940105080604553 })
  })

  it('refuses those results with an annotation file that lists the images in another order', async () => {
    const annotations = testData('data/maskrcnn-detectron2/trainval__stale-id-order.json')
    const events = cocoResults.read!({ ...detectron, annotations }, quietContext())
    await expect(events.next()).rejects.toMatchObject({
      code: 'import.refused',
      data: { images: 47, fittingImages: 2, results: 173, fitting: 4 },
    })
  })

  it.each([
    ['train', 470, 3_589_505, '0963f45e36ffeea1ca25ef33fe182dc18f84d16a7be673e0411bf5f1148027fc', 12, 3],
    ['val', 382, 3_057_167, '2038b1a4ce684a24899f7c3026eccba11bb577bc230f706de935fafab897092e', 2, 3],
  ])(
    'reads COCO’s own %s annotations, with crowds and objects in several parts',
    async (split, n, area, sha, nBox, nArea) => {
      const { images, instances, defects } = await collect(coco.read!(tinyCoco(split), quietContext()))
      expect([images.length, instances.length, totalArea(instances)]).toEqual([50, n, area])
      expect(sha256OfMasks(instances)).toBe(sha)
      expect(instances.filter(({ isCrowd }) => isCrowd).length).toBe(5)
      expect(defectCounts(defects)).toEqual({ 'bbox-mismatch repaired': nBox, 'area-mismatch repaired': nArea })
    },
  )

  it('reads another tool’s fixture: a box that ends at the last pixel, attributes, a crowd', async () => {
    const root = 'data/datumaro-assets/coco_dataset/coco'
    const request = {
      imagesDir: testData(`${root}/images/val`),
      annotations: testData(`${root}/annotations/instances_val.json`),
    }
    const { instances, defects } = await collect(coco.read!(request, quietContext()))
    expect(defects).toEqual([])
    expect(instances.map(({ category, isCrowd, rle }) => [category, isCrowd, rleArea(rle)])).toEqual([
      ['a', false, 2],
      ['b', true, 20],
    ])
    expect(instances[0]!.source).toMatchObject({ attributes: { x: 1, y: 'hello' } })
  })

  it.each(['captions', 'labels', 'panoptic', 'person_keypoints'])(
    'finds no masks in %s annotations, and says so',
    async (kind) => {
      const root = 'data/datumaro-assets/coco_dataset/coco'
      const request = {
        imagesDir: testData(`${root}/images/train`),
        annotations: testData(`${root}/annotations/${kind}_train.json`),
      }
      const { images, instances, defects } = await collect(coco.read!(request, quietContext()))
      expect([images.length, instances.length]).toEqual([1, 0])
      expect(defectCounts(defects)).toEqual({ 'no-segmentation refused': 1 })
    },
  )
})
