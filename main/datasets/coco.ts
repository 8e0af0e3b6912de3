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
    const annotations = await firstLike(folder, '.json', isCoco)
    if (annotations === null) return null
    const [, name] = /"file_name"\s*:\s*"([^"\\]+)"/.exec(await folder.head(annotations)) ?? []
    return { images: folderOfNamed(folder.photos, name), annotations }
  },
}

/** Lists of COCO, in any order; a file a photo of LabelMe has shapes. */
function isCoco(head: string): boolean {
  return /"(images|annotations|categories)"\s*:\s*\[/.test(head) && !/"shapes"\s*:/.test(head)
}
