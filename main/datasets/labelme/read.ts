import { AppError } from '#common/contract/errors.ts'
import { listFiles, listImages } from '#main/files/list-images.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import type { Size } from '../defects.ts'
import { labelEntries, type Labeller } from '../labels.ts'
import { eventsOfPhotos, LargestObject, PhotoInstances } from '../photo-instances.ts'
import { photosIn, readPhotos, type LookAtPhoto } from '../photos.ts'
import { readCatalogue, type Entry } from './catalogue.ts'
import { readDocument } from './document.ts'
import { readObject, sortShapes, type ShapeObject, type SortedShapes } from './instances.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The files and photos that there are, in their order; listed if left out. */
  readonly lists?: { readonly jsons: readonly string[]; readonly photos: readonly string[]; readonly look: LookAtPhoto }
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/** The largest photo on which shapes are measured where they give labels, before photos are looked at. */
const measuringSide = 1 << 14

/**
 * Reads a folder of LabelMe files, one a photo, that lie beside the photos or in a folder of their own. They are passed
 * over for their photos, where labels come from categories for those, and for the masks.
 * @throws AppError 'import.format' where there is no such file; 'import.refused' where one changes meanwhile;
 * 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readLabelme(
  request: ImportRequest,
  context: DatasetContext,
  { lists, keepsDuplicates = false }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  const { imagesDir, annotations: annotationsDir = imagesDir } = request
  const { jsons, photos, look } = lists ?? {
    look: await photosIn(imagesDir),
    jsons: await listJsons(annotationsDir),
    photos: await listImages(imagesDir),
  }
  const { entries, defects } = await readCatalogue(jsons, { imagesDir, annotationsDir, photos }, context)
  const note = await labelEntries(entries, request.labels, () => labelsFromLargestMask(annotationsDir, entries))
  for (const defect of defects) yield { kind: 'defect', defect }
  yield { kind: 'note', note }
  yield* readPhotos(entries, look, context, { isLabelled: note.rule !== null })
  yield* eventsOfPhotos(entries, (entry) => readInstances(annotationsDir, entry, keepsDuplicates), context)
}

async function listJsons(folder: string): Promise<readonly string[]> {
  const files = await listFiles(folder, new Set(['.json', '.xml']))
  const jsons = files.filter((file) => file.toLowerCase().endsWith('.json'))
  if (jsons.length > 0) return jsons
  const problem = `there is no LabelMe file (.json) below ${folder}`
  if (files.length === 0)
    throw new AppError('import.format', problem, { hint: 'Choose the folder of the .json files.' })
  throw new AppError('import.format', `${problem}, only .xml`, {
    hint: 'Those of the older LabelMe on the web are not read; convert them to COCO with another program.',
  })
}

async function labelsFromLargestMask(folder: string, entries: readonly Entry[]): Promise<Labeller<Entry>> {
  const labels = new Map<Entry, string | null>()
  for (const entry of entries) {
    const [width, height] = entry.given ?? [measuringSide, measuringSide]
    const photo: Size = [Math.min(width, measuringSide), Math.min(height, measuringSide)]
    const largest = new LargestObject<ShapeObject>()
    for (const shapes of (await shapesOf(folder, entry)).objects) {
      const { object } = await readObject(shapes, { photo, given: null })
      if (object !== null) largest.add(object)
    }
    labels.set(entry, largest.best?.category ?? null)
  }
  return (entry) => labels.get(entry) ?? null
}

async function readInstances(folder: string, entry: Entry, keepsDuplicates: boolean): Promise<ImportEvent[]> {
  const { file, photo, given } = entry
  // the photo has its own defect
  if (photo === null) return []
  const { objects, defects } = await shapesOf(folder, entry)
  const instances = new PhotoInstances(file, keepsDuplicates)
  for (const { index, defect } of defects) instances.addDefect(index, defect)
  for (const placed of objects) {
    const { object, defects: found } = await readObject(placed, { photo, given })
    for (const { index, defect } of found) instances.addDefect(index, defect)
    if (object === null) continue
    const { shapes, ...facts } = object
    instances.add(placed[0]!.index, { ...facts, categorySourceId: null, source: { shapes } })
  }
  return instances.events
}

/** The shapes of a file, which is read once more. */
async function shapesOf(folder: string, { json }: Entry): Promise<SortedShapes> {
  const reading = await readDocument(folder, json)
  if ('document' in reading) return sortShapes(reading.document.shapes)
  throw new AppError('import.refused', `${json} was changed while it was read`, {
    hint: 'Nothing was imported. Close what writes there, then import again.',
  })
}
