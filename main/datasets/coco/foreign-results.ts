import { AppError } from '#common/contract/errors.ts'
import type { DatasetContext } from '../dataset.ts'
import type { Catalogue, Entry } from './catalogue.ts'
import { scanAnnotations, type RecordFile } from './scan-annotations.ts'
import { sizeOfRle } from './segmentation.ts'

/**
 * Refuses results whose image ids are not those of the annotation file: image ids are numbers without meaning, and
 * a file made with another order of the images gives every mask to a wrong photo. Masks of the wrong size tell.
 * @throws AppError 'import.refused' if more than half of the results name no image of the file, or have masks of
 * another size than it gives their image; 'json.format', 'file.missing', 'file.unreadable', 'aborted'
 */
export async function refuseForeignResults(
  catalogue: Catalogue,
  results: RecordFile,
  context: DatasetContext,
): Promise<void> {
  const fits = new Map<Entry, boolean>()
  const n = { results: 0, unknown: 0, sized: 0, fitting: 0 }
  for await (const batch of scanAnnotations(results, context)) {
    for (const { reading } of batch) {
      if (!('value' in reading)) continue
      const { imageId, segmentation } = reading.value
      const entry = imageId === null ? undefined : catalogue.byId.get(imageId)
      n.results++
      if (entry === undefined) n.unknown++
      const size = sizeOfRle(segmentation)
      if (entry?.given == null || size === null) continue
      const isFitting = size[0] === entry.given[0] && size[1] === entry.given[1]
      n.sized++
      if (isFitting) n.fitting++
      fits.set(entry, isFitting && (fits.get(entry) ?? true))
    }
  }
  const paths = `${results.path} does not belong to ${catalogue.path}`
  if (n.unknown * 2 > n.results) {
    throw foreign(`${paths}: ${n.unknown} of ${n.results} results name an image id that is not there`, n)
  }
  if (n.fitting * 2 >= n.sized) return
  const nFitting = [...fits.values()].filter(Boolean).length
  throw foreign(
    `${paths}: for only ${nFitting} of ${fits.size} images do masks and image have the same size ` +
      `(${n.fitting} of ${n.sized} results), so the image ids of the two files do not belong together`,
    { ...n, images: fits.size, fittingImages: nFitting },
  )
}

function foreign(message: string, data: Readonly<Record<string, number>>): AppError {
  return new AppError('import.refused', message, {
    hint: 'Give the annotation file that the detector was run with; nothing was imported.',
    data,
  })
}
