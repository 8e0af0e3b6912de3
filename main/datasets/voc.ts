import type { DatasetFormat } from './dataset.ts'
import { readVoc } from './voc/read.ts'
import { writeVoc } from './voc/write.ts'

/** Pascal VOC: pictures of objects and of classes, and an XML file a photo. */
export const voc: DatasetFormat = {
  id: 'voc',
  label: 'Pascal VOC',
  description: 'Pictures of objects and classes in SegmentationObject and SegmentationClass, and an XML file a photo.',
  needs: ['annotations'],
  read: (request, context) => readVoc(request, context),
  write: writeVoc,
}
