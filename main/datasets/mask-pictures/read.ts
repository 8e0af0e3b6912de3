import { AppError } from '#common/contract/errors.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import {
  readMaskedPhotos,
  type MaskedPhotos,
  type ObjectDefect,
  type ObjectsReading,
  type PhotoObject,
} from '../photo-masks.ts'
import { photosIn, type LookAtPhoto } from '../photos.ts'
import { readPicture } from '../read-picture.ts'
import { listMasks, pairMasks, type FileLists, type MaskedEntry } from './catalogue.ts'
import { objectIn, objectsIn } from './picture-objects.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The files that there are, in their order; listed if left out. */
  readonly lists?: FileLists & { readonly look: LookAtPhoto }
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/**
 * Reads a folder of PNGs of masks. All photos come in, those without a mask too.
 * @throws AppError 'request.usage' without a folder of masks; 'import.format' where it has no PNG; 'file.missing',
 * 'file.unreadable', 'aborted'
 */
export async function* readMaskPictures(
  request: ImportRequest,
  context: DatasetContext,
  { lists, keepsDuplicates = false }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  const { imagesDir, annotations } = request
  if (annotations === undefined) {
    throw new AppError('request.usage', 'this format needs a folder of masks', { hint: 'Give it with --annotations.' })
  }
  const look = lists?.look ?? (await photosIn(imagesDir))
  const { entries, defects } = pairMasks(lists ?? (await listMasks(imagesDir, annotations)))
  for (const defect of defects) yield { kind: 'defect', defect }
  const pictures: MaskedPhotos<MaskedEntry> = {
    entries,
    look,
    read: (entry, photo) => readObjects(annotations, entry, photo),
    hasCategories: entries.some(({ masks }) => masks.some(({ category }) => category !== null)),
    keepsDuplicates,
  }
  yield* readMaskedPhotos(pictures, request, context)
}

async function readObjects(folder: string, { masks }: MaskedEntry, photo: Size | null): Promise<ObjectsReading> {
  const objects: PhotoObject[] = []
  const defects: ObjectDefect[] = []
  for (const { png, holds, category } of masks) {
    const reading = await readPicture(folder, png, photo)
    const refuse = (defect: PlacelessDefect): void => void defects.push({ place: { index: 0, id: png }, defect })
    if ('defect' in reading) {
      refuse(reading.defect)
      continue
    }
    const one = holds === 'one' ? objectIn(reading.pixels) : null
    const rles = holds === 'all' ? objectsIn(reading.pixels) : one === null ? [] : [one]
    if (typeof rles === 'string') refuse({ kind: 'record-invalid', action: 'refused', reason: rles })
    else if (rles.length === 0) refuse({ kind: 'mask-empty', action: 'refused' })
    else objects.push(...rles.map((rle, index) => ({ place: { index, id: png }, category, rle, source: null })))
  }
  return { objects, defects }
}
