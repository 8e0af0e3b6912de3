import { basename } from 'node:path/posix'
import type { PlacelessDefect } from './defects.ts'

/** The photo's name below the folder of photos, or why there is none. */
export type FoundPhoto = { readonly file: string } | { readonly defect: PlacelessDefect }

/** A photo as an annotation names it. */
export interface PhotoName {
  /** `/` or `\` between folders. */
  readonly name: string
  /** Where it may be, relative to the folder of photos; the first that is a photo counts. */
  readonly places: readonly string[]
  /** Whether the photo itself is inside the annotation file. */
  readonly isEmbedded: boolean
}

/**
 * Finds photos that annotations name: at one of the places that they may be meant to be, else by the name alone, wherever
 * it is below the folder of photos. Only photos that were listed are found, so no name leads anywhere else.
 */
export class PhotoFinder {
  readonly #photos: ReadonlySet<string>
  readonly #byName: ReadonlyMap<string, readonly string[]>

  /** @param photos relative to the folder of photos */
  constructor(photos: readonly string[]) {
    this.#photos = new Set(photos)
    this.#byName = Map.groupBy(photos, (photo) => basename(photo))
  }

  find({ name, places, isEmbedded }: PhotoName): FoundPhoto {
    if (name.includes('\0')) return outside
    const place = places.find((each) => this.#photos.has(each))
    if (place !== undefined) return { file: place }
    const own = basename(name.replaceAll('\\', '/'))
    const [namesake, ...others] = this.#byName.get(own) ?? []
    if (namesake === undefined) {
      const leadsOut = places.every((each) => each === '..' || each.startsWith('../'))
      return leadsOut && !isEmbedded ? outside : missing(isEmbedded)
    }
    return others.length === 0 ? { file: namesake } : ambiguous(own, others.length + 1)
  }
}

/** Whether a name begins at the root of a disk. */
export function isAbsoluteName(name: string): boolean {
  return /^[\\/]|^[a-z]:/i.test(name)
}

const outside: FoundPhoto = { defect: { kind: 'path-outside', action: 'refused' } }

const missing = (isEmbedded: boolean): FoundPhoto => {
  return { defect: { kind: 'image-missing', action: 'refused', ...(isEmbedded ? { isEmbedded } : {}) } }
}

const ambiguous = (name: string, n: number): FoundPhoto => {
  const reason = `${n} photos of different folders are called “${name}”`
  return { defect: { kind: 'record-invalid', action: 'refused', reason } }
}
