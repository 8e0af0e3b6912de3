import type { DatasetFormat } from './dataset.ts'
import { firstLike, sharedFolder } from './listing.ts'
import { readLabelme } from './labelme/read.ts'
import { writeLabelme } from './labelme/write.ts'

/** LabelMe 3 and newer: a JSON file a photo, with outlines, boxes, circles and masks. */
export const labelme: DatasetFormat = {
  id: 'labelme',
  label: 'LabelMe',
  description: 'A JSON file a photo, beside it or in a folder of their own, with outlines, boxes, circles and masks.',
  needs: ['annotations'],
  read: (request, context) => readLabelme(request, context),
  write: writeLabelme,
  recognise: async (folder) => {
    const first = await firstLike(
      folder,
      '.json',
      (head) => /"shapes"\s*:/.test(head) && /"(version|flags)"/.test(head),
    )
    if (first === null) return null
    const images = sharedFolder(folder.photos)
    const annotations = sharedFolder(folder.others.filter((file) => file.toLowerCase().endsWith('.json')))
    return annotations === images ? { images } : { images, annotations }
  },
}
