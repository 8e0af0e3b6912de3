import { readPhotoFolder } from './photo-folder.ts'
import type { DatasetFormat } from './dataset.ts'
import { guessLabelRule } from './labels.ts'

/** A folder a class: `cats/1.jpg`, also below `train`, `val` and `test`. No masks. */
export const folder: DatasetFormat = {
  id: 'folder',
  label: 'Folder a class',
  description: 'Photos in folders that are named by their class, such as cats/1.jpg or train/cats/1.jpg; no masks.',
  needs: [],
  recognise: ({ photos }) => (guessLabelRule(photos)?.kind === 'folder' ? { images: '' } : null),
  read: (request, context) => readPhotoFolder(request, { kind: 'folder' }, context),
}
