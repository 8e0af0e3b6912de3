import { normalize } from 'node:path/posix'
import { splitFromPath } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import type { DatasetContext, JsonObject } from '../dataset.ts'
import { numberIn } from '../decimal.ts'
import type { Defect, RecordPlace, Size } from '../defects.ts'
import { isAbsoluteName, PhotoFinder, type FoundPhoto } from '../photo-finder.ts'
import type { PhotoEntry } from '../photos.ts'
import type { XmlElement } from '../xml/elements.ts'
import { readElements } from '../xml/read-elements.ts'
import { categoryOf, sortShapes } from './objects.ts'

/** A photo that an `image` is of. */
export interface Entry extends PhotoEntry {
  /** The category of all objects of the photo; null where they differ, or there are none. */
  readonly onlyCategory: string | null
}

/** What a file says besides its masks. Grows with the number of photos. */
interface Catalogue {
  /** By the number of the image in the file, from 0; null where it is left out. */
  readonly entries: readonly (Entry | null)[]
  readonly defects: readonly Defect[]
}

/** Larger ones are left out of the project: it is only kept for an export. */
const maxLabelLength = 1 << 16
const maxNameLength = 4096

/**
 * Reads the images of a file, and the labels before them.
 * @throws AppError 'import.format' where it is no CVAT file, or one of a video; as `readElements`
 */
export async function* readImages(path: string, signal: AbortSignal): AsyncGenerator<XmlElement> {
  let isFirst = true
  for await (const element of readElements(path, signal)) {
    const { name } = element
    if (isFirst && name !== 'annotations') {
      throw new AppError('import.format', `${path} is no file of CVAT: it begins with <${name.slice(0, 60)}>`, {
        hint: 'Export the task as “CVAT for images 1.1”.',
      })
    }
    isFirst = false
    if (name === 'track') {
      throw new AppError('import.format', `${path} has the tracks of a video, which are not read`, {
        hint: 'Export the task as “CVAT for images 1.1”, which has an image for each frame.',
      })
    }
    if (name === 'image' || name === 'meta') yield element
  }
}

/**
 * Reads a file once, for its photos.
 * @param photos that there are below the folder of photos
 */
export async function readCatalogue(
  path: string,
  photos: readonly string[],
  { signal, onProgress }: DatasetContext,
): Promise<Catalogue> {
  const finder = new PhotoFinder(photos)
  const entries: (Entry | null)[] = []
  const defects: Defect[] = []
  const files = new Set<string>()
  let labels = new Map<string, XmlElement>()
  for await (const element of readImages(path, signal)) {
    if (element.name === 'meta') labels = new Map([...labels, ...labelsIn(element)])
    if (element.name !== 'image') continue
    const record = recordOf(element, entries.length)
    const found = findPhoto(element, finder, files)
    if ('file' in found) {
      files.add(found.file)
      entries.push(entryOf(element, { file: found.file, record, labels }))
    } else {
      entries.push(null)
      defects.push({
        ...found.defect,
        place: { record, file: (element.attributes['name'] ?? '').slice(0, maxNameLength) },
      })
    }
    onProgress({ step: 'index', done: entries.length, total: null })
  }
  return { entries, defects }
}

function findPhoto({ attributes }: XmlElement, finder: PhotoFinder, taken: ReadonlySet<string>): FoundPhoto {
  const { name = '', subset } = attributes
  if (name === '' || name.length > maxNameLength) {
    return { defect: { kind: 'record-invalid', action: 'refused', reason: 'the image has no usable name' } }
  }
  const found = finder.find({ name, places: placesOf(name, subset), isEmbedded: false })
  if ('defect' in found || !taken.has(found.file)) return found
  return { defect: { kind: 'duplicate-image', action: 'refused', by: 'file', value: found.file } }
}

/** Where a photo may be below the folder of photos: exports of a project have a folder for each subset. */
export function placesOf(name: string, subset: string | undefined): readonly string[] {
  if (isAbsoluteName(name)) return []
  const path = name.replaceAll('\\', '/')
  const folders = subset === undefined || subset === '' ? [''] : [`${subset}/`, '']
  return folders.map((folder) => normalize(`${folder}${path}`))
}

/** The definitions of labels, by name, wherever in `meta` they are. */
function labelsIn(element: XmlElement): readonly (readonly [string, XmlElement])[] {
  if (element.name !== 'label') return element.children.flatMap(labelsIn)
  const name = element.children.find((child) => child.name === 'name')?.text
  return name === undefined || JSON.stringify(element).length > maxLabelLength ? [] : [[name, element]]
}

function recordOf({ attributes }: XmlElement, index: number): RecordPlace {
  const id = numberIn(attributes['id'] ?? '')
  return Number.isSafeInteger(id) ? { type: 'image', index, id } : { type: 'image', index }
}

function entryOf(
  { attributes, children }: XmlElement,
  {
    file,
    record,
    labels,
  }: Pick<Entry, 'file'> & { readonly record: RecordPlace; readonly labels: Map<string, XmlElement> },
): Entry {
  const { objects, others } = sortShapes(children)
  const { width, height, ...rest } = attributes
  const categories = new Set(objects.map(([first]) => categoryOf(first!.shape)))
  const [onlyCategory = null] = categories.size === 1 ? categories : []
  const used = new Set(children.map((child) => child.attributes['label'] ?? ''))
  const definitions = [...used].flatMap((name) => labels.get(name) ?? [])
  const source = { ...rest, ...(record.id === undefined ? {} : { id: record.id }) }
  const cvat = { elements: others, labels: definitions }
  return {
    file,
    record,
    given: sizeOf(width, height),
    source: { ...source, cvat } satisfies JsonObject,
    label: null,
    split: splitFromPath(file) ?? splitFromPath(`${attributes['subset'] ?? ''}/photo`),
    photo: null,
    onlyCategory,
  }
}

function sizeOf(width = '', height = ''): Size | null {
  const size = [numberIn(width), numberIn(height)] as const
  return size.every((side) => Number.isSafeInteger(side) && side > 0) ? size : null
}
