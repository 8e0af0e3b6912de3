import type { DatasetFormat } from './dataset.ts'
import { sharedFolder } from './listing.ts'
import { readOpenImages } from './open-images/read.ts'
import { isMaskTable } from './open-images/tables.ts'
import { writeOpenImages } from './open-images/write.ts'

/** Open Images: a table of masks, which are pictures, and one of the names of classes. */
export const openImages: DatasetFormat = {
  id: 'open-images',
  label: 'Open Images',
  description: 'Tables of masks (…-annotations-object-segmentation.csv), a PNG an object, and names of classes.',
  needs: ['annotations'],
  read: (request, context) => readOpenImages(request, context),
  write: writeOpenImages,
  recognise: async ({ photos, others, head }) => {
    for (const table of others.filter((file) => file.toLowerCase().endsWith('.csv')).slice(0, 20)) {
      if (!isMaskTable(await head(table))) continue
      const annotations = table.replace(/(^|\/)[^/]*$/, '').replace(/(^|\/)annotations$/i, '')
      const isMask = (file: string): boolean => /(^|\/)([^/]*-)?masks?(-[^/]*)?\/.+\.png$/i.test(file)
      return { images: sharedFolder(photos.filter((file) => !isMask(file))), annotations }
    }
    return null
  },
}
