import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { checkAborted, type DatasetContext } from '../dataset.ts'
import type { Defect, PlacelessDefect } from '../defects.ts'
import { PhotoFinder, type FoundPhoto } from '../photo-finder.ts'
import type { PhotoEntry } from '../photos.ts'
import { readDocument, type LabelmeDocument } from './document.ts'
import { photoOf, type PhotoFolders } from './find-photo.ts'
import { categoryOf, sortShapes } from './instances.ts'

/** A photo that a LabelMe file is of. */
export interface Entry extends PhotoEntry {
  /** The file, relative to the folder of annotations. */
  readonly json: string
  /** The category of all objects of the photo; null where they differ, or there are none. */
  readonly onlyCategory: string | null
}

/** What a folder of LabelMe files says besides its masks. Grows with the number of photos. */
export interface Catalogue {
  readonly entries: readonly Entry[]
  readonly defects: readonly Defect[]
}

/** How many files are read at the same time. */
const nAhead = 4

/**
 * Reads all LabelMe files once, for their photos.
 * @throws AppError 'aborted'
 */
export async function readCatalogue(
  jsons: readonly string[],
  folders: PhotoFolders,
  { signal, onProgress }: DatasetContext,
): Promise<Catalogue> {
  const finder = new PhotoFinder(folders.photos)
  const entries: Entry[] = []
  const defects: Defect[] = []
  const files = new Set<string>()
  const readings = inOrderAhead(jsons, nAhead, async (json) => {
    checkAborted(signal)
    return { json, reading: await readDocument(folders.annotationsDir, json) }
  })
  let done = 0
  for await (const { json, reading } of readings) {
    const found = 'defect' in reading ? reading : finder.find(photoOf(json, reading.document, folders))
    if ('document' in reading && 'file' in found && !files.has(found.file)) {
      files.add(found.file)
      entries.push(entryOf(json, found.file, reading.document))
    } else defects.push({ ...whyNot(found), place: { file: json } })
    onProgress({ step: 'index', done: ++done, total: jsons.length })
  }
  return { entries, defects }
}

function whyNot(found: FoundPhoto): PlacelessDefect {
  // what is found and yet not taken has a file already
  return 'defect' in found
    ? found.defect
    : { kind: 'duplicate-image', action: 'refused', by: 'file', value: found.file }
}

function entryOf(json: string, file: string, { given, rest, shapes }: LabelmeDocument): Entry {
  const { objects, withoutArea } = sortShapes(shapes)
  const categories = new Set(objects.map(([first]) => categoryOf(first!.shape)))
  const [onlyCategory = null] = categories.size === 1 ? categories : []
  const source = withoutArea.length > 0 ? { ...rest, shapes: withoutArea } : rest
  return { json, file, record: null, given, source, label: null, photo: null, onlyCategory }
}
