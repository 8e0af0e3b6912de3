import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { recognise } from '#main/datasets/recognise.ts'
import { datasetFormats } from '#main/datasets/registry.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

let folder = ''
beforeEach(() => (folder = temporaryFolder()))

function put(file: string, content = ''): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), content)
}

/** What the folder looks like: format, folder of photos and annotations from it, number of photos. */
async function looks(path = folder): Promise<(readonly [string, string, string | null, number])[]> {
  const below = (absolute: string): string => absolute.slice(folder.length + 1)
  return (await recognise(path, datasetFormats)).map(({ format, imagesDir, annotations, nPhotos }) => {
    return [format, below(imagesDir), annotations === undefined ? null : below(annotations), nPhotos]
  })
}

const shapes = JSON.stringify({ version: '5.5.0', flags: {}, shapes: [], imagePath: '1.jpg' })

describe('a folder of photos is recognised as', () => {
  it('COCO by the beginning of its JSON, in any order', async () => {
    put('photos/1.jpg')
    put('photos/2.jpg')
    put('other.json', '{"a": 1}')
    put('instances_val.json', '{"info": {}, "categories": [{"id": 1, "name": "cat"}], "images": []}')
    expect(await looks()).toEqual([['coco', 'photos', 'instances_val.json', 2]])
    // the folder of a file will do
    expect(await looks(join(folder, 'instances_val.json'))).toEqual(await looks())
  })

  it('COCO and CVAT with the folder that their names of photos begin in', async () => {
    put('data/photos/cats/1.jpg')
    put('instances.json', '{"images": [{"id": 1, "file_name": "cats/1.jpg"}]}')
    expect(await looks()).toEqual([['coco', 'data/photos', 'instances.json', 1]])
    put('instances.json', '{"images": [{"id": 1, "file_name": "1.jpg"}]}')
    expect(await looks()).toEqual([['coco', 'data/photos/cats', 'instances.json', 1]])
    folder = temporaryFolder()
    put('photos/cats/1.jpg')
    put('annotations.xml', '<annotations><image id="0" name="cats/1.jpg" width="8" height="6">')
    expect(await looks()).toEqual([['cvat', 'photos', 'annotations.xml', 1]])
  })

  it('COCO by the file of instances, where there are others of the same photos, and not by other JSON', async () => {
    put('photos/1.jpg')
    put('panoptic.json', '{"annotations": [{"image_id": 1, "segments_info": [{"id": 1}]}], "images": []}')
    put('1.json', '{"image": {"image_id": 1}, "annotations": [{"segmentation": {}}]}')
    put('list.json', '[{"image": "1.jpg", "annotations": []}]')
    expect(await looks()).toEqual([])
    put('captions_val.json', '{"images": [], "annotations": [{"caption": "a cat"}]}')
    expect(await looks()).toEqual([['coco', 'photos', 'captions_val.json', 1]])
    put('instances_val.json', '{"images": []')
    expect(await looks()).toEqual([['coco', 'photos', 'instances_val.json', 1]])
    put('a.json', '{"images": [], "annotations": [{"segmentation": []}]}')
    expect(await looks()).toEqual([['coco', 'photos', 'a.json', 1]])
  })

  it('CVAT with the folder around those of its subsets', async () => {
    for (const subset of ['Test', 'Train']) put(`images/${subset}/1.jpg`)
    put('annotations.xml', '<annotations><image height="6" name="1.jpg" id="0" subset="Train" width="8">')
    expect(await looks()).toEqual([['cvat', 'images', 'annotations.xml', 2]])
  })

  it('YOLO with all its photos, and with the folder of labels where lists lie beside', async () => {
    for (const split of ['train', 'val']) {
      put(`${split}/images/1.jpg`)
      put(`${split}/labels/1.txt`, '0 0.5 0.5 0.5 0.5\n')
    }
    put('data.yaml', 'names: [cat]\n')
    expect(await looks()).toEqual([['yolo-seg', '', 'data.yaml', 2]])
    folder = temporaryFolder()
    put('obj_train_data/1.jpg')
    put('obj_train_data/1.txt', '0 0.5 0.5 0.5 0.5\n')
    put('train.txt', 'data/obj_train_data/1.jpg\n')
    expect(await looks()).toEqual([['yolo-seg', 'obj_train_data', 'obj_train_data', 1]])
  })

  it('no Pascal VOC by XML of the older LabelMe', async () => {
    put('Images/1.jpg')
    put('Annotations/1.xml', '<annotation><source><sourceImage>x</sourceImage></source></annotation>')
    expect(await looks()).toEqual([])
  })

  it('LabelMe, beside the photos or in a folder of its own', async () => {
    put('cats/1.jpg')
    put('cats/1.json', shapes)
    expect(await looks()).toEqual([['labelme', 'cats', null, 1]])
    folder = temporaryFolder()
    put('photos/1.jpg')
    put('json/1.json', shapes)
    expect(await looks()).toEqual([['labelme', 'photos', 'json', 1]])
  })

  it('Pascal VOC, Caltech 101, CVAT, YOLO, Open Images or PNG masks by what lies where', async () => {
    put('VOC2012/JPEGImages/1.jpg')
    put('VOC2012/SegmentationObject/1.png')
    put('VOC2012/Annotations/1.xml', '<annotation></annotation>')
    expect(await looks()).toEqual([['voc', 'VOC2012/JPEGImages', 'VOC2012', 1]])

    folder = temporaryFolder()
    put('101_ObjectCategories/ant/image_0001.jpg')
    put('Annotations/ant/annotation_0001.mat')
    expect((await looks())[0]).toEqual(['caltech101', '101_ObjectCategories', 'Annotations', 1])

    folder = temporaryFolder()
    put('images/1.jpg')
    put('annotations.xml', '<?xml version="1.0"?>\n<annotations>\n<version>1.1</version>')
    expect(await looks()).toEqual([['cvat', 'images', 'annotations.xml', 1]])

    folder = temporaryFolder()
    put('images/train/1.jpg')
    put('images/val/2.jpg')
    put('labels/train/1.txt', '0 0.1 0.1 0.5 0.1 0.5 0.5\n')
    put('data.yaml', 'path: .\ntrain: images/train\nnames:\n  0: cat\n')
    expect(await looks()).toEqual([['yolo-seg', 'images', 'data.yaml', 2]])

    folder = temporaryFolder()
    put('images/train/a.jpg')
    put('masks/train/a_1.png')
    put('annotations/class-descriptions.csv', '/m/01yrx,Cat\n')
    put('annotations/train-annotations-object-segmentation.csv', 'MaskPath,ImageID,LabelName,BoxID\n')
    expect((await looks())[0]).toEqual(['open-images', 'images/train', '', 1])
    put('images/test/b.jpg')
    expect((await looks())[0]).toEqual(['open-images', 'images', '', 2])

    folder = temporaryFolder()
    put('photos/1.jpg')
    put('masks/1.png')
    expect(await looks()).toEqual([['png', 'photos', 'masks', 1]])
  })

  it('photos alone, by their folders or names', async () => {
    put('train/cats/1.jpg')
    put('train/dogs/1.jpg')
    expect(await looks()).toEqual([['folder', '', null, 2]])
    folder = temporaryFolder()
    for (const name of ['cat.1', 'cat.2', 'dog.1', 'dog.2']) put(`${name}.jpg`)
    expect(await looks()).toEqual([['filename', '', null, 4]])
  })

  it('nothing without photos, or where nothing tells', async () => {
    put('a.json', '{"images": []}')
    expect(await looks()).toEqual([])
    put('1.jpg')
    put('2.jpg')
    writeFileSync(join(folder, 'a.json'), '[]')
    expect(await looks()).toEqual([])
    await expect(looks(join(folder, 'none'))).rejects.toMatchObject({ code: 'file.missing' })
  })

  it('nothing by files that links lead out to', async () => {
    const outside = temporaryFolder()
    writeFileSync(join(outside, 'instances.json'), '{"images": []}')
    put('photos/1.jpg')
    symlinkSync(join(outside, 'instances.json'), join(folder, 'instances.json'))
    expect(await looks()).toEqual([])
  })
})

describeWithData('real datasets are recognised', () => {
  it.each([
    ['data/labelme5-pets-demo', 'labelme'],
    ['data/caltech101', 'caltech101'],
    ['data/tiny-coco', 'coco'],
    ['data/datumaro-assets/voc_dataset/voc_dataset1', 'voc'],
    ['data/datumaro-assets/open_images_dataset/v6', 'open-images'],
    ['data/dogs-vs-cats/train', 'filename'],
  ])('%s as %s', async (path, format) => {
    expect((await recognise(testData(path), datasetFormats))[0]?.format).toBe(format)
  })
})
