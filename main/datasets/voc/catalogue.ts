import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Split } from '#common/classes/label-rules.ts'
import { AppError } from '#common/contract/errors.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { listFiles, listImages } from '#main/files/list-images.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { checkAborted, type DatasetContext, type ImportRequest } from '../dataset.ts'
import type { Defect } from '../defects.ts'
import { PhotoNames, stemOf } from '../photo-names.ts'
import type { PhotoEntry } from '../photos.ts'
import { readAnnotation } from './annotation.ts'
import { parseLabelMap, type LabelMap } from './label-map.ts'
import type { VocFiles } from './objects.ts'

/** A photo and its files. */
export interface VocEntry extends PhotoEntry {
  readonly files: VocFiles
}

/** What a VOC folder says besides its masks. */
export interface Catalogue {
  readonly entries: readonly VocEntry[]
  /** Null where there is no `labelmap.txt`: VOC's own classes. */
  readonly labelMap: LabelMap | null
  /** Of files that belong to no photo. */
  readonly defects: readonly Defect[]
}

/** The folder of each part, and how its files end. */
export const vocFolders = {
  objectPng: { folder: 'SegmentationObject', ending: '.png' },
  classPng: { folder: 'SegmentationClass', ending: '.png' },
  xml: { folder: 'Annotations', ending: '.xml' },
} as const

type Part = keyof typeof vocFolders
const parts = ['objectPng', 'classPng', 'xml'] as const satisfies readonly Part[]

/** Files of each part, relative to the folder of the dataset, by the names of their photos. */
export type VocNames = Readonly<Record<Part, ReadonlyMap<string, string>>>

const photoFolder = 'JPEGImages/'
const maxTextBytes = 1 << 26
const nAhead = 4

const splits: readonly (readonly [file: string, split: Split])[] = [
  ['train', 'train'],
  ['val', 'validation'],
  ['test', 'test'],
]

/** The folder of the dataset: that which is given, else the one around JPEGImages. */
export function rootOf({ imagesDir, annotations }: ImportRequest): string {
  if (annotations !== undefined) return annotations
  return basename(resolve(imagesDir)) === 'JPEGImages' ? dirname(resolve(imagesDir)) : imagesDir
}

/** The photos of a dataset; where the folder is the dataset's own, those of its JPEGImages. @throws AppError 'file.*' */
export async function listPhotos(imagesDir: string, root: string): Promise<readonly string[]> {
  const photos = await listImages(imagesDir)
  return resolve(imagesDir) === resolve(root) ? photos.filter((photo) => photo.startsWith(photoFolder)) : photos
}

/** What the files of a photo are called, ending apart. */
export function nameOf(photo: string): string {
  return photo.startsWith(photoFolder) ? photo.slice(photoFolder.length) : photo
}

/**
 * Finds the files of photos, and reads the annotation files once for what they say of the photos.
 * @throws AppError 'file.unreadable', 'aborted'
 */
export async function readCatalogue(
  root: string,
  { photos, names }: { readonly photos: readonly string[]; readonly names: VocNames },
  context: DatasetContext,
): Promise<Catalogue> {
  const all = new Set(parts.flatMap((part) => [...names[part].keys()]))
  const found = new PhotoNames(photos, all, nameOf)
  const files = new Map<string, Record<Part, string | null>>()
  const defects: Defect[] = []
  for (const name of all) {
    const own = Object.fromEntries(parts.map((part) => [part, names[part].get(name) ?? null]))
    const photo = found.find(name)
    const place = { file: own['objectPng'] ?? own['classPng'] ?? own['xml']! }
    if ('photo' in photo) files.set(photo.photo, own as Record<Part, string | null>)
    else if (photo.nPhotos === 0) defects.push({ kind: 'image-missing', action: 'refused', place })
    else {
      const reason = `${photo.nPhotos} photos are called “${name}”`
      defects.push({ kind: 'record-invalid', action: 'refused', reason, place })
    }
  }
  const splitOf = await readSplits(root)
  const entries: VocEntry[] = []
  const readings = inOrderAhead(photos, nAhead, async (photo) => {
    checkAborted(context.signal)
    const own = files.get(photo) ?? { objectPng: null, classPng: null, xml: null }
    const annotation = own.xml === null ? null : await readAnnotation(root, own.xml, context.signal)
    // a file that cannot be used is told of where its objects are read
    const { given, fields } = annotation === null || typeof annotation === 'string' ? noAnnotation : annotation
    const source = fields === null ? null : { annotation: fields }
    const split = splitOf.get(stemOf(nameOf(photo))) ?? null
    return { file: photo, record: null, given, source, label: null, photo: null, split, files: own }
  })
  for await (const entry of readings) {
    entries.push(entry)
    context.onProgress({ step: 'index', done: entries.length, total: photos.length })
  }
  return { entries, defects, labelMap: await readLabelMap(root) }
}

const noAnnotation = { given: null, fields: null } as const

/** @throws AppError 'import.format' where the folder is none of Pascal VOC; 'file.missing', 'file.unreadable' */
export async function listNames(root: string): Promise<VocNames> {
  const lists = await Promise.all(
    parts.map(async (part) => {
      const { folder, ending } = vocFolders[part]
      const paths = (await isFolder(join(root, folder))) ? await listFiles(join(root, folder), new Set([ending])) : []
      return new Map(paths.map((path) => [stemOf(path), `${folder}/${path}`]))
    }),
  )
  if (lists.every((names) => names.size === 0)) {
    const wanted = 'SegmentationObject, SegmentationClass or Annotations'
    throw new AppError('import.format', `${root} is no folder of Pascal VOC: it has no files in ${wanted}`, {
      hint: 'Choose the folder that these are in.',
      data: { root },
    })
  }
  const [objectPng, classPng, xml] = lists
  return { objectPng: objectPng!, classPng: classPng!, xml: xml! }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function readLabelMap(root: string): Promise<LabelMap | null> {
  const text = await readText(root, 'labelmap.txt')
  const labelMap = text === null ? null : parseLabelMap(text)
  return labelMap === null || labelMap.size === 0 ? null : labelMap
}

/** The split of photos by their names: of the lists for segmentation, else of those for classification. */
async function readSplits(root: string): Promise<ReadonlyMap<string, Split>> {
  const found = new Map<string, Split>()
  for (const folder of ['Segmentation', 'Main']) {
    for (const [file, split] of splits) {
      const lines = (await readText(root, `ImageSets/${folder}/${file}.txt`))?.split('\n') ?? []
      const names = lines.map((line) => line.trim()).filter((name) => name !== '')
      for (const name of names) if (!found.has(name)) found.set(name, split)
    }
  }
  return found
}

/** Null where there is no such file. @throws AppError 'path.outside', 'file.unreadable', 'import.format' */
async function readText(root: string, file: string): Promise<string | null> {
  try {
    const bytes = await readBytes(await resolveInside(root, file), { maxBytes: maxTextBytes, code: 'import.format' })
    return new TextDecoder().decode(bytes)
  } catch (error) {
    if (error instanceof AppError && error.code === 'file.missing') return null
    throw error
  }
}
