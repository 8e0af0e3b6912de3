import { resolve } from 'node:path'
import { basename } from 'node:path/posix'
import type { Split } from '#common/classes/label-rules.ts'
import { checkAborted, type DatasetContext } from '../dataset.ts'
import type { Defect, PlacelessDefect } from '../defects.ts'
import { PhotoFinder } from '../photo-finder.ts'
import { PhotoNames, stemOf } from '../photo-names.ts'
import type { PhotoEntry } from '../photos.ts'
import { readMaskRows, type MaskRow } from './tables.ts'

/** A mask of a photo. */
interface MaskFile {
  /** The number of its row, from 0. */
  readonly index: number
  /** Relative to the folder of the dataset. */
  readonly png: string
  readonly fields: NonNullable<MaskRow['fields']>
}

/** A photo and its masks, in the order of the tables. */
export interface MaskedEntry extends PhotoEntry {
  readonly masks: readonly MaskFile[]
}

/** The files that there are: photos relative to their folder, PNGs to that of the dataset. */
export interface FileLists {
  readonly photos: readonly string[]
  readonly pngs: readonly string[]
}

/** Longer ones name no photo; keeps hostile text out of messages and of the store. */
const maxNameLength = 4096
const maxFieldsLength = 1 << 16

/**
 * Reads the tables once, for the photos and their masks. Photos without a row have no masks. A photo that is a mask of
 * another one is none: both may be in one folder.
 * @throws AppError 'import.format', 'file.missing', 'file.unreadable', 'aborted'
 */
export async function readCatalogue(
  {
    root,
    imagesDir,
    tables,
  }: { readonly root: string; readonly imagesDir: string; readonly tables: readonly string[] },
  { photos, pngs }: FileLists,
  { signal, onProgress }: DatasetContext,
): Promise<{ readonly entries: readonly MaskedEntry[]; readonly defects: readonly Defect[] }> {
  const names = new ImageIds(photos)
  const finder = new PhotoFinder(pngs)
  const found = new Map<string, { readonly subset: string; readonly split: Split | null; readonly masks: MaskFile[] }>()
  const pictures = new Set<string>()
  const defects: Defect[] = []
  let done = 0
  for await (const row of readMaskRows(tables)) {
    checkAborted(signal)
    const finding = findMask(row, { names, finder })
    if ('photo' in finding) {
      const { photo, mask } = finding
      const { subset, split } = row
      const own = found.get(photo)
      if (own === undefined) found.set(photo, { subset, split, masks: [mask] })
      else own.masks.push(mask)
      pictures.add(resolve(root, mask.png))
    } else {
      const file = row.fields?.['ImageID']?.slice(0, maxNameLength) ?? ''
      const record = { type: 'annotation', index: row.index } as const
      defects.push({ ...finding.defect, place: file === '' ? { record } : { file, record } })
    }
    onProgress({ step: 'index', done: ++done, total: null })
  }
  const entries = photos
    .filter((file) => !pictures.has(resolve(imagesDir, file)))
    .map((file): MaskedEntry => {
      const { subset = '', split = null, masks = [] } = found.get(file) ?? {}
      const source = masks.length === 0 ? null : { openImages: { ImageID: masks[0]!.fields['ImageID'], subset } }
      return { file, record: null, given: null, source, label: null, photo: null, split, masks }
    })
  return { entries, defects }
}

type FoundMask = { readonly photo: string; readonly mask: MaskFile } | { readonly defect: PlacelessDefect }

function findMask(
  { index, fields, subset }: MaskRow,
  { names, finder }: { readonly names: ImageIds; readonly finder: PhotoFinder },
): FoundMask {
  if (fields === null) return invalid('the row cannot be read, or lacks columns')
  const { MaskPath: path = '', ImageID: id = '' } = fields
  if (id === '' || id.length > maxNameLength) return invalid('the row has no usable ImageID')
  if (path === '' || path.length > maxNameLength) return invalid('the row has no usable MaskPath')
  if (JSON.stringify(fields).length > maxFieldsLength) return invalid('the row is too long')
  const [photo, ...more] = names.find(id, subset)
  if (photo === undefined) return { defect: { kind: 'image-missing', action: 'refused' } }
  if (more.length > 0) return invalid(`${more.length + 1} photos are called “${id}”`)
  const places = [`masks/${subset}/${path}`, `masks/${path}`, `${subset}-masks/${path}`, path]
  const found = finder.find({ name: path, places, isEmbedded: false })
  if ('file' in found) return { photo, mask: { index, png: found.file, fields } }
  return found.defect.kind === 'image-missing' ? invalid(`there is no picture ${path}`) : found
}

const invalid = (reason: string): FoundMask => ({ defect: { kind: 'record-invalid', action: 'refused', reason } })

/** Finds photos by what Open Images calls them: the name without folder and ending. */
export class ImageIds {
  readonly #names: PhotoNames
  readonly #byStem: ReadonlyMap<string, readonly string[]>

  constructor(photos: readonly string[]) {
    this.#names = new PhotoNames(photos, new Set())
    this.#byStem = Map.groupBy(photos, (photo) => stemOf(basename(photo)))
  }

  /** The photo in the folder of its part, or at the path that the id is; else all of the name. */
  find(id: string, subset: string): readonly string[] {
    for (const place of [`${subset}/${id}`, `images/${subset}/${id}`, id]) {
      const found = this.#names.find(place)
      if ('photo' in found) return [found.photo]
    }
    return this.#byStem.get(id) ?? []
  }
}
