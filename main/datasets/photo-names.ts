/** A photo that a file is named like; or none, or several that it could be of. */
export type NamedPhoto = { readonly photo: string } | { readonly nPhotos: 0 } | { readonly nPhotos: number }

/**
 * Finds photos by the names of files that belong to them: `cats/1` or, where two photos differ only in their endings,
 * `cats/1.jpg`.
 */
export class PhotoNames {
  readonly #whole: ReadonlyMap<string, string>
  readonly #byStem: ReadonlyMap<string, readonly string[]>

  /**
   * @param photos paths, `/` between folders
   * @param names that there are files for, without the ending of the file
   * @param nameOf what of a photo's path counts
   */
  constructor(photos: readonly string[], names: ReadonlySet<string>, nameOf = (photo: string): string => photo) {
    this.#whole = new Map(photos.map((photo) => [nameOf(photo), photo]))
    const others = photos.filter((photo) => !names.has(nameOf(photo)))
    this.#byStem = Map.groupBy(others, (photo) => stemOf(nameOf(photo)))
  }

  find(name: string): NamedPhoto {
    const whole = this.#whole.get(name)
    if (whole !== undefined) return { photo: whole }
    const [photo, ...more] = this.#byStem.get(name) ?? []
    return photo !== undefined && more.length === 0 ? { photo } : { nPhotos: photo === undefined ? 0 : more.length + 1 }
  }
}

/** A path without the ending of its file. */
export function stemOf(path: string): string {
  return path.replace(/\.[^./]+$/, '')
}

/** Names for the files of photos that are written: the stem of each, its whole name where another photo has the stem. */
export class WrittenNames {
  /** in small letters, since some disks do not tell them from capitals */
  readonly #taken = new Set<string>()

  give(photo: string): string {
    const stem = stemOf(photo)
    const name = this.#taken.has(stem.toLowerCase()) ? photo : stem
    this.#taken.add(name.toLowerCase())
    return name
  }
}
