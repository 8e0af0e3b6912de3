import { resolve } from 'node:path'
import { splitFromPath } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { listImages } from '#main/files/list-images.ts'
import { checkAborted, type DatasetContext, type ImportEvent, type ImportRequest } from '../dataset.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { labelEntries, type Labeller } from '../labels.ts'
import { eventsOfPhotos, LargestObject, PhotoInstances } from '../photo-instances.ts'
import { photosIn, readPhotos, type LookAtPhoto, type PhotoEntry } from '../photos.ts'
import { LabelFiles, labelsFor, readLabels } from './label-files.ts'
import { parseLine, readShares } from './label-line.ts'

/** What an export does otherwise when it reads itself back. */
interface ReadOptions {
  /** The photos that there are; listed if left out. */
  readonly lists?: { readonly photos: readonly string[]; readonly look: LookAtPhoto }
  /** Whether the same mask twice comes in twice. */
  readonly keepsDuplicates?: boolean
}

/** A photo and its label file. */
interface Entry extends PhotoEntry {
  /** Null: there is none, and nothing on the photo. */
  readonly labels: string | { readonly defect: PlacelessDefect } | null
  /** The category of all objects of the photo; null where they differ, or there are none. */
  readonly onlyCategory: string | null
}

type Names = ReadonlyMap<number, string>

/** How many files are read at the same time. */
const nAhead = 4

/** On which shares of photos are measured where they give labels, before photos are looked at. */
const measuringSize: Size = [1024, 1024]

/**
 * Reads labels of YOLO segmentation (Ultralytics): `annotations` is data.yaml, or the folder of labels. All photos below
 * the image folder come in; those without a label file have nothing on them.
 * @throws AppError 'request.usage' without annotations; 'import.format' where data.yaml is none; 'import.refused' where
 * no label file belongs to a photo; 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readYolo(
  { imagesDir, annotations, labels }: ImportRequest,
  context: DatasetContext,
  { lists, keepsDuplicates = false }: ReadOptions = {},
): AsyncGenerator<ImportEvent> {
  if (annotations === undefined) {
    throw new AppError('request.usage', 'this format needs data.yaml or a folder of labels', {
      hint: 'Give it with --annotations.',
    })
  }
  const { photos, look } = lists ?? { look: await photosIn(imagesDir), photos: await listImages(imagesDir) }
  const files = await LabelFiles.open(annotations, imagesDir)
  const entries: Entry[] = []
  const found = inOrderAhead(photos, nAhead, async (file) => {
    checkAborted(context.signal)
    return entryOf(file, files, imagesDir)
  })
  for await (const entry of found) {
    entries.push(entry)
    context.onProgress({ step: 'index', done: entries.length, total: photos.length })
  }
  if (entries.length > 0 && entries.every((entry) => entry.labels === null)) throw noneFits(annotations, photos.length)
  const { names } = files.data
  const note = await labelEntries(entries, labels, () => labelsFromLargestMask(entries, names))
  if (lists === undefined) yield* await withoutPhoto(files, entries)
  yield { kind: 'note', note }
  yield* readPhotos(entries, look, context, { isLabelled: note.rule !== null })
  yield* eventsOfPhotos(entries, (entry) => instancesOf(entry, names, keepsDuplicates), context)
}

async function entryOf(file: string, files: LabelFiles, imagesDir: string): Promise<Entry> {
  const { names, splitOf } = files.data
  const labels = await files.find(file)
  const categories = new Set<string | null>()
  for (const line of await linesOf(labels)) {
    const parsed = parseLine(line)
    if ('ring' in parsed) categories.add(nameOf(parsed.classId, names))
  }
  const [onlyCategory = null] = categories.size === 1 ? categories : []
  const split = splitOf(resolve(imagesDir, file)) ?? splitFromPath(file) ?? splitFromPath(file.replace(/^images\//, ''))
  const facts = { record: null, given: null, source: null, label: null, photo: null }
  return { file, ...facts, split, labels, onlyCategory }
}

function nameOf(classId: number, names: Names): string | null {
  const name = names.get(classId) ?? ''
  return name === '' ? null : name
}

/** The lines that are not empty; none where the file cannot be read, which is told elsewhere. */
async function linesOf(labels: Entry['labels']): Promise<readonly string[]> {
  if (typeof labels !== 'string') return []
  const reading = await readLabels(labels)
  return 'lines' in reading ? reading.lines.filter((line) => line.trim() !== '') : []
}

async function labelsFromLargestMask(entries: readonly Entry[], names: Names): Promise<Labeller<Entry>> {
  const labels = new Map<Entry, string | null>()
  for (const entry of entries) {
    const largest = new LargestObject()
    let best: string | null = null
    for (const line of await linesOf(entry.labels)) {
      const parsed = parseLine(line)
      const { rle } = 'ring' in parsed ? readShares(parsed.ring, measuringSize) : { rle: null }
      if (rle === null || !('ring' in parsed)) continue
      const object = { rle, isCrowd: false }
      largest.add(object)
      if (largest.best === object) best = nameOf(parsed.classId, names)
    }
    labels.set(entry, best)
  }
  return (entry) => labels.get(entry) ?? null
}

async function instancesOf(
  { file, photo, labels }: Entry,
  names: Names,
  keepsDuplicates: boolean,
): Promise<readonly ImportEvent[]> {
  // the photo has its own defect, or nothing on it
  if (photo === null || labels === null) return []
  const reading = typeof labels === 'string' ? await readLabels(labels) : labels
  if ('defect' in reading) return [{ kind: 'defect', defect: { ...reading.defect, place: { file } } }]
  const instances = new PhotoInstances(file, keepsDuplicates)
  for (const [index, line] of reading.lines.entries()) {
    if (line.trim() === '') continue
    const parsed = parseLine(line)
    if (!('ring' in parsed)) {
      instances.addDefect(index, parsed)
      continue
    }
    const { classId, ring, score } = parsed
    const { rle, defects } = readShares(ring, photo)
    for (const defect of defects) instances.addDefect(index, defect)
    if (rle === null) continue
    const facts = { category: nameOf(classId, names), categorySourceId: classId, score, isCrowd: false, rle }
    instances.add(index, { ...facts, source: { yolo: { line: line.trim() } } })
  }
  return instances.events
}

/** Label files that belong to no photo; other texts, such as lists of names, lie among them. */
async function withoutPhoto(files: LabelFiles, entries: readonly Entry[]): Promise<ImportEvent[]> {
  const used = new Set(entries.map(({ labels }) => labels))
  const events: ImportEvent[] = []
  for (const [text, path] of await files.list()) {
    if (used.has(path)) continue
    const [first = ''] = await linesOf(path)
    const parsed = parseLine(first)
    const isLabel = 'ring' in parsed || parsed.kind === 'no-segmentation'
    const defect = { kind: 'image-missing', action: 'refused', place: { file: text } } as const
    if (isLabel) events.push({ kind: 'defect', defect })
  }
  return events
}

function noneFits(annotations: string, nPhotos: number): AppError {
  return new AppError('import.refused', `none of the ${nPhotos} photos has a label file by ${annotations}`, {
    hint: `The labels of images/train/1.jpg are ${labelsFor('images/train/1.txt')}. Check both paths.`,
    data: { annotations },
  })
}
