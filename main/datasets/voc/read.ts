import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import { readMaskedPhotos, type MaskedPhotos } from '../photo-masks.ts'
import { photosIn, type LookAtPhoto } from '../photos.ts'
import { listNames, listPhotos, readCatalogue, rootOf, type VocEntry, type VocNames } from './catalogue.ts'
import { readObjects } from './objects.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The files that there are, photos in their order; listed if left out. */
  readonly lists?: { readonly photos: readonly string[]; readonly names: VocNames; readonly look: LookAtPhoto }
}

/**
 * Reads a dataset in the folders of Pascal VOC. All photos come in, those without a picture of masks too.
 * @throws AppError 'import.format' where the folder is none of Pascal VOC; 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readVoc(
  request: ImportRequest,
  context: DatasetContext,
  { lists }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  const root = rootOf(request)
  const { look, ...files } = lists ?? {
    look: await photosIn(request.imagesDir),
    photos: await listPhotos(request.imagesDir, root),
    names: await listNames(root),
  }
  const { entries, labelMap, defects } = await readCatalogue(root, files, context)
  for (const defect of defects) yield { kind: 'defect', defect }
  const dataset = { root, labelMap, signal: context.signal }
  const pictures: MaskedPhotos<VocEntry> = {
    entries,
    look,
    read: ({ files: own }, photo) => readObjects(own, dataset, photo),
    hasCategories: true,
    // objects share no pixel
    keepsDuplicates: true,
  }
  yield* readMaskedPhotos(pictures, request, context)
}
