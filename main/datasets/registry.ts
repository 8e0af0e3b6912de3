import { AppError } from '#common/contract/errors.ts'
import { caltech101 } from './caltech101.ts'
import { coco } from './coco.ts'
import { cocoResults } from './coco-results.ts'
import { cvat } from './cvat.ts'
import type { DatasetFormat } from './dataset.ts'
import { filename } from './filename.ts'
import { folder } from './folder.ts'
import { labelme } from './labelme.ts'
import { maskPictures } from './mask-pictures.ts'
import { openImages } from './open-images.ts'
import { voc } from './voc.ts'
import { yolo } from './yolo.ts'

/** The formats that datasets are read and written in. */
export const datasetFormats: readonly DatasetFormat[] = [
  folder,
  filename,
  coco,
  cocoResults,
  labelme,
  voc,
  openImages,
  maskPictures,
  caltech101,
  cvat,
  yolo,
]

/**
 * Finds a format by its id.
 * @throws AppError 'request.usage' naming those that there are
 */
export function datasetFormat(id: string): DatasetFormat {
  const format = datasetFormats.find((each) => each.id === id)
  if (format !== undefined) return format
  const ids = datasetFormats.map((each) => each.id).join(', ')
  throw new AppError('request.usage', `there is no dataset format “${id}”`, { hint: `There are: ${ids}.` })
}
