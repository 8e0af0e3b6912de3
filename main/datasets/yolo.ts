import type { DatasetFormat } from './dataset.ts'
import { readYolo } from './yolo/read.ts'
import { firstLike, sharedFolder } from './listing.ts'
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
    const labels = sharedFolder(folder.others.filter((file) => file.toLowerCase().endsWith('.txt')))
    const [images = sharedFolder(folder.photos)] = /^(.*\/)?images(?=\/)/.exec(folder.photos[0]!) ?? []
    return { images, annotations: yaml ?? labels }
  },
}
