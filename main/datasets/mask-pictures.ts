import type { DatasetFormat } from './dataset.ts'
import { sharedFolder } from './listing.ts'
import { readMaskPictures } from './mask-pictures/read.ts'
import { writeMaskPictures } from './mask-pictures/write.ts'

/** A folder of PNGs: one a photo, or one an object. */
export const maskPictures: DatasetFormat = {
  id: 'png',
  label: 'PNG masks',
  description: 'PNGs of masks in a folder of their own, named like the photos: one a photo, or one an object.',
  needs: ['annotations'],
  read: (request, context) => readMaskPictures(request, context),
  write: writeMaskPictures,
  recognise: ({ photos }) => {
    const isMask = (file: string): boolean => /(^|\/)(masks?|segmentations?|groundtruth|gt)\/.+\.png$/i.test(file)
    const masks = photos.filter(isMask)
    const others = photos.filter((file) => !isMask(file))
    if (masks.length === 0 || others.length === 0) return null
    const annotations = masks[0]!.replace(/((^|\/)(masks?|segmentations?|groundtruth|gt))\/.*$/i, '$1')
    return { images: sharedFolder(others), annotations }
  },
}
