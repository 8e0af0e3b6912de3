import { AppError } from '#common/contract/errors.ts'
import { listImages } from '#main/files/list-images.ts'
import type { DatasetContext, ImportEvent, ImportRequest } from '../dataset.ts'
import type { Size } from '../defects.ts'
import { labelEntries, type Labeller } from '../labels.ts'
import { LargestObject, PhotoInstances } from '../photo-instances.ts'
import { photosIn, readPhotos, type LookAtPhoto } from '../photos.ts'
import type { XmlElement } from '../xml/elements.ts'
import { readCatalogue, readImages, type Entry } from './catalogue.ts'
import { readObject, sortShapes } from './objects.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The photos that there are; listed if left out. */
  readonly lists?: { readonly photos: readonly string[]; readonly look: LookAtPhoto }
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/** The largest photo on which shapes are measured where they give labels, before photos are looked at. */
const measuringSide = 1 << 14

/**
 * Reads CVAT's file for images, version 1.1: `annotations` is the XML file. It is passed over for its photos, where
 * labels come from categories for those, and for the masks.
 * @throws AppError 'request.usage' without a file; 'import.format' where it is none of CVAT's, or of a video;
 * 'import.refused' where it changes meanwhile; 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readCvat(
  { imagesDir, annotations, labels }: ImportRequest,
  context: DatasetContext,
  { lists, keepsDuplicates = false }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  if (annotations === undefined) {
    throw new AppError('request.usage', 'this format needs an annotation file', {
      hint: 'Give annotations.xml with --annotations.',
    })
  }
  const { photos, look } = lists ?? { look: await photosIn(imagesDir), photos: await listImages(imagesDir) }
  const { entries, defects } = await readCatalogue(annotations, photos, context)
  const found = entries.filter((entry) => entry !== null)
  const note = await labelEntries(found, labels, () => labelsFromLargestMask(annotations, entries, context))
  for (const defect of defects) yield { kind: 'defect', defect }
  yield { kind: 'note', note }
  yield* readPhotos(found, look, context, { isLabelled: note.rule !== null })
  let done = 0
  for await (const [entry, element] of pairs(annotations, entries, context)) {
    yield* instancesOf(entry, element, keepsDuplicates)
    context.onProgress({ step: 'instances', done: ++done, total: found.length })
  }
}

/** The entries again, each with what the file has of it. */
async function* pairs(
  path: string,
  entries: readonly (Entry | null)[],
  { signal }: DatasetContext,
): AsyncGenerator<readonly [Entry, XmlElement]> {
  let index = 0
  for await (const element of readImages(path, signal)) {
    if (element.name !== 'image') continue
    const entry = entries[index++]
    if (entry === undefined) throw changed(path)
    if (entry !== null) yield [entry, element]
  }
  if (index !== entries.length) throw changed(path)
}

function changed(path: string): AppError {
  return new AppError('import.refused', `${path} was changed while it was read`, {
    hint: 'Nothing was imported. Close what writes there, then import again.',
  })
}

async function labelsFromLargestMask(
  path: string,
  entries: readonly (Entry | null)[],
  context: DatasetContext,
): Promise<Labeller<Entry>> {
  const labels = new Map<Entry, string | null>()
  for await (const [entry, { children }] of pairs(path, entries, context)) {
    const [width, height] = entry.given ?? [measuringSide, measuringSide]
    const photo: Size = [Math.min(width, measuringSide), Math.min(height, measuringSide)]
    const largest = new LargestObject<NonNullable<ReturnType<typeof readObject>['object']>>()
    for (const placed of sortShapes(children).objects) {
      const { object } = readObject(placed, { photo, given: null })
      if (object !== null) largest.add(object)
    }
    labels.set(entry, largest.best?.category ?? null)
  }
  return (entry) => labels.get(entry) ?? null
}

function instancesOf({ file, photo, given }: Entry, { children }: XmlElement, keepsDuplicates: boolean): ImportEvent[] {
  // the photo has its own defect
  if (photo === null) return []
  const { objects, defects } = sortShapes(children)
  const instances = new PhotoInstances(file, keepsDuplicates)
  for (const { index, defect } of defects) instances.addDefect(index, defect)
  for (const placed of objects) {
    const { object, defects: found } = readObject(placed, { photo, given })
    for (const { index, defect } of found) instances.addDefect(index, defect)
    if (object === null) continue
    const { shapes, ...facts } = object
    instances.add(placed[0]!.index, { ...facts, categorySourceId: null, source: { cvat: { shapes } } })
  }
  return instances.events
}
