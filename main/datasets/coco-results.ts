import { readCocoResults } from './coco/read.ts'
import { writeCocoResults } from './coco/write.ts'
import type { DatasetFormat } from './dataset.ts'

/** COCO results: a detector's masks with scores; image ids and categories are those of an annotation file. */
export const cocoResults: DatasetFormat = {
  id: 'coco-results',
  label: 'COCO results',
  description: 'A JSON list of a detector’s masks with scores, and the annotation file that its image ids refer to.',
  needs: ['annotations', 'predictions'],
  read: (request, context) => readCocoResults(request, context),
  write: writeCocoResults,
}
