import type { DatasetFormat } from './dataset.ts'
import { guessLabelRule } from './labels.ts'
import { readPhotoFolder } from './photo-folder.ts'

/** The class in the file name: `cat.1.jpg`. No masks. */
export const filename: DatasetFormat = {
  id: 'filename',
  label: 'Class in the file name',
  description: 'Photos that are named by their class and a number, such as cat.1.jpg; no masks.',
  needs: [],
  recognise: ({ photos }) => (guessLabelRule(photos)?.kind === 'filename' ? { images: '' } : null),
  read: (request, context) => readPhotoFolder(request, { kind: 'filename' }, context),
}
