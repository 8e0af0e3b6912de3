import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rleArea } from '#common/mask/rle.ts'
import { defectWords } from '#main/datasets/defect-words.ts'
import { voc } from '#main/datasets/voc.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { collect, defectCounts, quietContext, toExport } from './dataset-tools.ts'

describeWithData('Pascal VOC as Datumaro writes it', () => {
  const root = testData('data/datumaro-assets/voc_dataset')
  const read = (imagesDir: string, annotations: string) =>
    collect(voc.read!({ imagesDir, annotations }, quietContext()))

  it('comes in with the class of its picture; boxes of other objects are left out', async () => {
    const folder = join(root, 'voc_dataset1')
    const { images, instances, defects } = await read(join(folder, 'JPEGImages'), folder)
    expect(images.map(({ file, width, height, split }) => [file, width, height, split])).toEqual([
      ['2007_000001.jpg', 20, 10, 'train'],
      ['2007_000002.jpg', 20, 10, 'test'],
    ])
    expect(instances.map(({ file, category, rle }) => [file, category, rleArea(rle)])).toEqual([
      ['2007_000001.jpg', 'bicycle', 200],
    ])
    expect(defects.map(defectWords)).toEqual([
      'annotation no. 1 (2007_000001.jpg): there is no mask; it is left out',
      'annotation no. 2 (2007_000001.jpg): there is no mask; it is left out',
    ])
    const outDir = temporaryFolder()
    expect(await voc.write!({ outDir }, toExport({ images, instances }), quietContext())).toMatchObject({
      images: 2,
      instances: 1,
      losses: [],
    })
    const again = await read(join(folder, 'JPEGImages'), outDir)
    expect(again.instances.map(({ category, rle }) => [category, rleArea(rle)])).toEqual([['bicycle', 200]])
  })

  it('without photos says of each annotation that its photo is missing', async () => {
    const folder = join(root, 'voc_dataset2')
    const { images, instances, defects } = await read(folder, folder)
    expect([images.length, instances.length]).toEqual([0, 0])
    expect(defectCounts(defects)).toEqual({ 'image-missing refused': 5 })
  })

  it('with boxes alone comes in without masks', async () => {
    const folder = join(root, 'voc_dataset3')
    const { images, instances, defects } = await read(join(folder, 'JPEGImages'), folder)
    expect(images.map(({ file, split }) => [file, split])).toEqual([['2007_000001.jpg', 'train']])
    expect(instances).toEqual([])
    expect(defectCounts(defects)).toMatchObject({ 'no-segmentation refused': 1 })
  })
})
