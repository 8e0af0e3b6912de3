import { basename } from 'node:path/posix'
import type { DatasetFormat } from './dataset.ts'
import { readYolo } from './yolo/read.ts'
import { firstLike, sharedFolder } from './listing.ts'
import { stemOf } from './photo-names.ts'
import { writeYolo } from './yolo/write.ts'

/** YOLO segmentation as Ultralytics defines it: a text file a photo, an outline a line. */
export const yolo: DatasetFormat = {
  id: 'yolo-seg',
  label: 'YOLO segmentation',
  description: 'A text file of outlines a photo, and data.yaml. It holds one outline a mask, no scores and no crowds.',
  needs: ['annotations'],
  read: (request, context) => readYolo(request, context),
  write: writeYolo,
  recognise: async (folder) => {
    const hasLabels = (await firstLike(folder, '.txt', (head) => /^\d+( -?[\d.e-]+){4,}\s*$/m.test(head))) !== null
    if (!hasLabels) return null
    const isNames = (head: string): boolean => /^\s*(names|nc)\s*:/m.test(head)
    const yaml = (await firstLike(folder, '.yaml', isNames)) ?? (await firstLike(folder, '.yml', isNames))
    const texts = folder.others.filter((file) => file.toLowerCase().endsWith('.txt'))
    // lists of photos and of names may lie beside
    const names = new Set(folder.photos.map((photo) => stemOf(basename(photo))))
    const labels = sharedFolder(texts.filter((file) => names.has(stemOf(basename(file)))))
    const [own = ''] = /^(.*\/)?images(?=\/)/.exec(folder.photos[0]!) ?? []
    const isWhole = own !== '' && folder.photos.every((photo) => photo.startsWith(`${own}/`))
    return { images: isWhole ? own : sharedFolder(folder.photos), annotations: yaml ?? labels }
  },
}
