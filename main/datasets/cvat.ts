import { readCvat } from './cvat/read.ts'
import { writeCvat } from './cvat/write.ts'
import type { DatasetFormat } from './dataset.ts'

/** CVAT for images 1.1: one XML file with outlines, ellipses and masks. */
export const cvat: DatasetFormat = {
  id: 'cvat',
  label: 'CVAT 1.1',
  description: 'One XML file, annotations.xml, of “CVAT for images 1.1”, with outlines, ellipses and masks.',
  needs: ['annotations'],
  read: (request, context) => readCvat(request, context),
  write: writeCvat,
}
