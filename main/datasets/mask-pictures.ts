import type { DatasetFormat } from './dataset.ts'
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
}
