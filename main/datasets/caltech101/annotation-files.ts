import { basename } from 'node:path/posix'
import { AppError } from '#common/contract/errors.ts'
import { listFiles } from '#main/files/list-images.ts'

/** Annotation folders that are not called like the folder of their photos. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  Faces: ['Faces_2'],
  // the second in some copies
  Faces_easy: ['Faces_3', 'Faces_3_easy'],
  Motorbikes: ['Motorbikes_16'],
  airplanes: ['Airplanes_Side_2'],
}

/** An annotation file and the photo that it belongs to. Paths as listed, `/` between folders. */
export interface AnnotationFile {
  readonly path: string
  /** Null where the category has photos, but not this one. */
  readonly photo: string | null
  /** What the photo is, or would be, called. */
  readonly photoName: string
}

/** Which annotation belongs to which photo. */
export interface Pairing {
  /** In the order of the photos; those without one after them. */
  readonly files: readonly AnnotationFile[]
  /** Photos without an annotation, in categories that have some; in others (BACKGROUND_Google) none is missing. */
  readonly without: ReadonlySet<string>
}

/**
 * Finds `FOLDER/annotation_0028.mat` for `CATEGORY/image_0028.jpg`. Annotations of categories without photos are none of
 * the dataset's.
 * @param folder the folder `Annotations`
 * @param photos paths of the photos
 * @throws AppError 'import.refused' where no category has annotations; 'file.missing', 'file.unreadable'
 */
export async function pairAnnotations(folder: string, photos: readonly string[]): Promise<Pairing> {
  const paths = await listFiles(folder, new Set(['.mat']))
  const left = Map.groupBy(paths, (path) => path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
  const folders = new Map([...left].map(([name, inside]) => [name, new Set(inside)]))
  const files: AnnotationFile[] = []
  const without = new Set<string>()
  const categories = new Map<string, string>()
  for (const photo of photos) {
    const category = photo.split('/').at(-2) ?? ''
    const found = [category, ...(otherNames[category] ?? [])].find((name) => folders.has(name))
    if (found === undefined) continue
    categories.set(found, photo.slice(0, photo.lastIndexOf('/')))
    const [, number] = /^image_(\d+)\.[^.]*$/i.exec(basename(photo)) ?? []
    const path = `${found}/annotation_${number}.mat`
    if (folders.get(found)!.delete(path)) files.push({ path, photo, photoName: photo })
    else without.add(photo)
  }
  if (categories.size === 0) throw noneFits(folder, photos.length)
  for (const [name, photoFolder] of categories) {
    for (const path of folders.get(name)!) {
      const [, number] = /^annotation_(\d+)\.mat$/.exec(basename(path)) ?? []
      if (number !== undefined) files.push({ path, photo: null, photoName: `${photoFolder}/image_${number}.jpg` })
    }
  }
  return { files, without }
}

function noneFits(folder: string, nPhotos: number): AppError {
  return new AppError(
    'import.refused',
    `No folder in ${folder} is called like one of the ${nPhotos} photos’ folders.`,
    {
      hint: 'Give the folder 101_ObjectCategories for the photos and the folder Annotations for the annotations.',
      data: { folder },
    },
  )
}
