import { relative, resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { listFiles, listImages } from '#main/files/list-images.ts'
import type { Defect } from '../defects.ts'
import { PhotoNames, stemOf, type NamedPhoto } from '../photo-names.ts'
import type { PhotoEntry } from '../photos.ts'
import { readingsOf, type NameReading } from './file-names.ts'

/** A PNG of a photo's masks. */
interface MaskFile extends Pick<NameReading, 'holds' | 'number' | 'category'> {
  /** Relative to the folder of masks. */
  readonly png: string
}

/** A photo and its masks' files: those of numbers by these, others after them by their names. */
export interface MaskedEntry extends PhotoEntry {
  readonly masks: readonly MaskFile[]
}

/** The files that there are: photos relative to their folder, PNGs to theirs. */
export interface FileLists {
  readonly photos: readonly string[]
  readonly pngs: readonly string[]
}

/**
 * Lists photos and masks. Where both are in one folder, all PNGs are masks; where that of the masks lies below that of
 * the photos, what is in it is no photo.
 * @throws AppError 'import.format' where there is no PNG; 'file.missing', 'file.unreadable'
 */
export async function listMasks(imagesDir: string, annotations: string): Promise<FileLists> {
  const pngs = await listFiles(annotations, new Set(['.png']))
  if (pngs.length === 0) {
    throw new AppError('import.format', `there is no PNG below ${annotations}`, {
      hint: 'Choose the folder of the masks.',
      data: { folder: annotations },
    })
  }
  const inside = relative(resolve(imagesDir), resolve(annotations)).replaceAll('\\', '/')
  const photos = await listImages(imagesDir)
  if (inside !== '') return { photos: photos.filter((photo) => !photo.startsWith(`${inside}/`)), pngs }
  return { photos: photos.filter((photo) => !photo.toLowerCase().endsWith('.png')), pngs }
}

/** Finds the masks of each photo by their names. */
export function pairMasks({ photos, pngs }: FileLists): {
  readonly entries: readonly MaskedEntry[]
  /** Of PNGs that belong to no photo, or to several. */
  readonly defects: readonly Defect[]
} {
  const readings = pngs.map((png) => ({ png, names: readingsOf(stemOf(png)) }))
  const found = new PhotoNames(photos, new Set(readings.flatMap(({ names }) => names.map(({ name }) => name))))
  const masks = new Map<string, MaskFile[]>()
  const defects: Defect[] = []
  for (const { png, names } of readings) {
    const tries = names.map((reading) => ({ reading, photo: found.find(reading.name) }))
    const fitting = tries.find(({ photo }) => 'photo' in photo)
    if (fitting === undefined) {
      defects.push(unmatched(png, tries.map(({ photo }) => photo))) // prettier-ignore
      continue
    }
    const { photo } = fitting.photo as { readonly photo: string }
    const { holds, number, category } = fitting.reading
    const file = { png, holds, number, category }
    const others = masks.get(photo)
    if (others === undefined) masks.set(photo, [file])
    else others.push(file)
  }
  const entries = photos.map((file): MaskedEntry => {
    const own = (masks.get(file) ?? []).sort((a, b) => (a.number ?? Infinity) - (b.number ?? Infinity) || 0)
    return { file, record: null, given: null, source: null, label: null, photo: null, masks: own }
  })
  return { entries, defects }
}

function unmatched(png: string, tries: readonly NamedPhoto[]): Defect {
  const several = tries.find((each) => 'nPhotos' in each && each.nPhotos > 0)
  const place = { file: png }
  if (several === undefined) return { kind: 'image-missing', action: 'refused', place }
  const reason = `${(several as { readonly nPhotos: number }).nPhotos} photos have this name, with different endings`
  return { kind: 'record-invalid', action: 'refused', reason, place }
}
