import { posix } from 'node:path'
import { readCaltech101 } from './caltech101/read.ts'
import type { DatasetFormat } from './dataset.ts'

/** Caltech 101 as its authors publish it: photos in a folder a category, an outline each in a MATLAB file. */
export const caltech101: DatasetFormat = {
  id: 'caltech101',
  label: 'Caltech 101',
  description: 'Photos in a folder a category, and a folder of annotations in MATLAB files, one a photo.',
  needs: ['annotations'],
  read: readCaltech101,
  recognise: ({ photos, others }) => {
    const first = others.find((file) => /\/annotation_\d+\.mat$/i.test(file))
    if (first === undefined) return null
    const images = /^(.*\/)?101_ObjectCategories(?=\/)/.exec(photos.find((file) => file.includes('101_Obj')) ?? '')
    return { images: images?.[0] ?? '', annotations: posix.dirname(posix.dirname(first)) }
  },
}
