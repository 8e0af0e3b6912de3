import { readCoco } from './coco/read.ts'
import { writeCoco } from './coco/write.ts'
import type { DatasetFormat } from './dataset.ts'
import { firstLike, folderOfNamed } from './listing.ts'

/** COCO instances: one JSON file with images, categories and masks (outlines or run lengths). */
export const coco: DatasetFormat = {
  id: 'coco',
  label: 'COCO instances',
  description: 'One JSON file with images, categories and masks as outlines or run lengths.',
  needs: ['annotations'],
  read: (request, context) => readCoco(request, context),
  write: writeCoco,
  recognise: async (folder) => {
    const annotations =
      (await firstLike(folder, '.json', (head, file) => isCoco(head) && mayHaveMasks(head, file))) ??
      (await firstLike(folder, '.json', isCoco))
    if (annotations === null) return null
    const [, name] = /"file_name"\s*:\s*"([^"\\]+)"/.exec(await folder.head(annotations)) ?? []
    return { images: folderOfNamed(folder.photos, name === undefined ? [] : [name]), annotations }
  },
}

/**
 * Lists of COCO, in any order. A file a photo of LabelMe has shapes, one of Segment Anything one image; COCO's panoptic
 * files have segments in pictures, which are not read.
 */
function isCoco(head: string): boolean {
  const isObject = head.trimStart().startsWith('{')
  const isOther = /"(shapes|segments_info)"\s*:|"image"\s*:\s*\{/.test(head)
  return isObject && !isOther && /"(images|annotations|categories)"\s*:\s*\[/.test(head)
}

/** Of several files those of instances are wanted, not captions or key points of the same photos. */
function mayHaveMasks(head: string, file: string): boolean {
  return /"segmentation"\s*:/.test(head) || /(^|[/_-])instances?([_.-][^/]*)?$/i.test(file)
}
