import { isAbsolute, relative, resolve } from 'node:path'
import type { Detection } from '#common/contract/procedures/detecting.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { ExportedImage, ExportSummary } from '#main/datasets/dataset.ts'
import { datasetFormat } from '#main/datasets/registry.ts'
import { AppError } from '#common/contract/errors.ts'

/** What was found in a photo. */
export interface DetectedPhoto {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly detections: readonly Detection[]
}

/**
 * Writes what was found for other programs, read back and compared. Photos are named from the folder that they share.
 * @throws AppError 'request.usage' for a format that cannot be written; 'file.exists', 'file.unwritable', 'export.differs'
 */
export async function writeDetections(
  photos: readonly DetectedPhoto[],
  { format, out }: { readonly format: string; readonly out: string },
  signal: AbortSignal,
): Promise<ExportSummary> {
  const { label, write } = datasetFormat(format)
  if (!write) throw new AppError('request.usage', `${label} can only be read here`, { hint: 'Choose another format.' })
  const names = namesOf(photos.map(({ file }) => file))
  const images = photos.map((photo, i) => exportedImage(photo, names[i]!))
  return write({ outDir: resolve(out) }, images, { signal, onProgress: () => undefined })
}

function exportedImage({ width, height, detections }: DetectedPhoto, file: string): ExportedImage {
  const instances = detections.map(({ category, categoryId, score, bbox, segmentation }) => ({
    ...{ category, categorySourceId: categoryId, score, isCrowd: false, edited: false },
    rle: { width, height, counts: decompressCounts(segmentation.counts, width * height) },
    source: { bbox: [...bbox] },
  }))
  return { file, width, height, source: null, instances }
}

/** Paths from the deepest folder that all of them share, `/` between folders. */
function namesOf(files: readonly string[]): readonly string[] {
  const paths = files.map((file) => resolve(file))
  let folder = resolve(paths[0] ?? '.', '..')
  const isInside = (path: string): boolean => {
    const way = relative(folder, path)
    return !way.startsWith('..') && !isAbsolute(way)
  }
  while (!paths.every(isInside)) folder = resolve(folder, '..')
  return paths.map((path) => relative(folder, path).replaceAll('\\', '/'))
}
