import { basename, relative, resolve } from 'node:path'
import { dirname, join, normalize } from 'node:path/posix'
import type { PlacelessDefect } from '../defects.ts'
import type { LabelmeDocument } from './document.ts'

/** The folders of a dataset, absolute, and the photos that there are, relative to theirs. */
export interface PhotoFolders {
  readonly imagesDir: string
  readonly annotationsDir: string
  readonly photos: readonly string[]
}

/** The photo's name below the folder of photos, or why there is none. */
export type FoundPhoto = { readonly file: string } | { readonly defect: PlacelessDefect }

/**
 * Finds the photos of LabelMe files: where `imagePath` leads from the file; else in the folder of photos at the place
 * that the file has in its own; else by the name alone, wherever it is below the folder of photos. Only photos that
 * were listed are found, so no name leads anywhere else.
 */
export class PhotoFinder {
  readonly #folders: PhotoFolders
  readonly #photos: ReadonlySet<string>
  readonly #byName: ReadonlyMap<string, readonly string[]>

  constructor(folders: PhotoFolders) {
    this.#folders = folders
    this.#photos = new Set(folders.photos)
    this.#byName = Map.groupBy(folders.photos, (photo) => basename(photo))
  }

  /** @param file of the document, relative to the folder of annotations */
  find(file: string, { imagePath, hasImageData }: LabelmeDocument): FoundPhoto {
    const name = imagePath.replaceAll('\\', '/')
    if (name.includes('\0')) return outside
    const isAbsolute = name.startsWith('/') || /^[a-z]:/i.test(name)
    const mirrored = normalize(join(dirname(file), name))
    const places = isAbsolute ? [] : [this.#beside(file, name), mirrored]
    const place = places.find((each) => this.#photos.has(each))
    if (place !== undefined) return { file: place }
    const [namesake, ...others] = this.#byName.get(basename(name)) ?? []
    if (namesake === undefined) {
      const isOutside = isAbsolute || mirrored === '..' || mirrored.startsWith('../')
      return isOutside && !hasImageData ? outside : missing(hasImageData)
    }
    return others.length === 0 ? { file: namesake } : ambiguous(basename(name), others.length + 1)
  }

  #beside(file: string, name: string): string {
    const { imagesDir, annotationsDir } = this.#folders
    return relative(imagesDir, resolve(annotationsDir, dirname(file), name)).replaceAll('\\', '/')
  }
}

const outside: FoundPhoto = { defect: { kind: 'path-outside', action: 'refused' } }

const missing = (isEmbedded: boolean): FoundPhoto => {
  return { defect: { kind: 'image-missing', action: 'refused', ...(isEmbedded ? { isEmbedded } : {}) } }
}

const ambiguous = (name: string, n: number): FoundPhoto => {
  const reason = `${n} photos of different folders are called “${name}”`
  return { defect: { kind: 'record-invalid', action: 'refused', reason } }
}
