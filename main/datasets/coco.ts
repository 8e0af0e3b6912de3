import { readCoco } from './coco/read.ts'
import { writeCoco } from './coco/write.ts'
import type { DatasetFormat } from './dataset.ts'

/** COCO instances: one JSON file with images, categories and masks (outlines or run lengths). */
export const coco: DatasetFormat = {
  id: 'coco',
  label: 'COCO instances',
  description: 'One JSON file with images, categories and masks as outlines or run lengths.',
  needs: ['annotations'],
  read: (request, context) => readCoco(request, context),
  write: writeCoco,
}
