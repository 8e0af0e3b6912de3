import type { DatasetFormat } from './dataset.ts'
import { readYolo } from './yolo/read.ts'
import { writeYolo } from './yolo/write.ts'

/** YOLO segmentation as Ultralytics defines it: a text file a photo, an outline a line. */
export const yolo: DatasetFormat = {
  id: 'yolo-seg',
  label: 'YOLO segmentation',
  description: 'A text file of outlines a photo, and data.yaml. It holds one outline a mask, no scores and no crowds.',
  needs: ['annotations'],
  read: (request, context) => readYolo(request, context),
  write: writeYolo,
}
