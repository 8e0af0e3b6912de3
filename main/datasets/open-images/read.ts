import { rleArea } from '#common/mask/rle.ts'
import { scaleRle } from '#common/mask/scale.ts'
import { AppError } from '#common/contract/errors.ts'
import { listFiles, listImages } from '#main/files/list-images.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { objectIn } from '../mask-pictures/picture-objects.ts'
import {
  readMaskedPhotos,
  type MaskedPhotos,
  type ObjectDefect,
  type ObjectsReading,
  type PhotoObject,
} from '../photo-masks.ts'
import { photosIn, type LookAtPhoto } from '../photos.ts'
import { readPicture } from '../read-picture.ts'
import { readCatalogue, type FileLists, type MaskedEntry } from './catalogue.ts'
import { findTables, readClassNames } from './tables.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The photos and PNGs that there are, in their order; listed if left out. */
  readonly lists?: FileLists & { readonly look: LookAtPhoto }
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/**
 * Reads masks of Open Images: `annotations` is the folder of the dataset, or a table of masks in it. All photos below the
 * image folder come in, those without a mask too.
 * @throws AppError 'request.usage' without annotations; 'import.format' where there is no table of masks; 'file.missing',
 * 'file.unreadable', 'aborted'
 */
export async function* readOpenImages(
  request: ImportRequest,
  context: DatasetContext,
  { lists, keepsDuplicates = false }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  const { imagesDir, annotations } = request
  if (annotations === undefined) {
    throw new AppError('request.usage', 'this format needs the folder of its tables', {
      hint: 'Give it with --annotations.',
    })
  }
  const { root, tables, names: nameTables } = await findTables(annotations)
  const { look, ...files } = lists ?? {
    look: await photosIn(imagesDir),
    photos: await listImages(imagesDir),
    pngs: await listFiles(root, new Set(['.png'])),
  }
  const names = await readClassNames(nameTables)
  const { entries, defects } = await readCatalogue({ root, imagesDir, tables }, files, context)
  for (const defect of defects) yield { kind: 'defect', defect }
  const pictures: MaskedPhotos<MaskedEntry> = {
    entries,
    look,
    read: (entry, photo) => readObjects(root, entry, { names, photo }),
    hasCategories: true,
    keepsDuplicates,
  }
  yield* readMaskedPhotos(pictures, request, context)
}

async function readObjects(
  root: string,
  { masks }: MaskedEntry,
  { names, photo }: { readonly names: ReadonlyMap<string, string>; readonly photo: Size | null },
): Promise<ObjectsReading> {
  const objects: PhotoObject[] = []
  const defects: ObjectDefect[] = []
  for (const { index, png, fields } of masks) {
    const place = { index, id: fields['MaskPath']! }
    const add = (defect: PlacelessDefect): void => void defects.push({ place, defect })
    const reading = await readPicture(root, png, photo, { mayBeScaled: true })
    if ('defect' in reading) {
      add(reading.defect)
      continue
    }
    const drawn = objectIn(reading.pixels)
    const rle = drawn === null || photo === null ? drawn : scaleRle(drawn, ...photo)
    if (drawn === null || rle === null || rleArea(rle) === 0) {
      add({ kind: 'mask-empty', action: 'refused' })
      continue
    }
    if (rle !== drawn) add({ kind: 'mask-scaled', action: 'repaired', given: [drawn.width, drawn.height], own: photo! })
    const label = fields['LabelName']!
    const category = label === '' ? null : (names.get(label) ?? label)
    objects.push({ place, category, rle, source: { openImages: { ...fields, category } } })
  }
  return { objects, defects }
}
