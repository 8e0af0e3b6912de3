import { posix } from 'node:path'

/** A folder that somebody wants to import, as the formats look at it. */
export interface Listing {
  /** Photos, and PNGs of masks; paths relative to the folder, `/` between folders. */
  readonly photos: readonly string[]
  /** All other files that datasets consist of, the same. */
  readonly others: readonly string[]
  /** The first 64 kB of a file as text; '' where it cannot be read. */
  readonly head: (file: string) => Promise<string>
}

/** What of a folder a format would read. Paths relative to it, '' for itself. */
export interface Found {
  readonly images: string
  readonly annotations?: string
}

/** The deepest folder that all files lie in, '' for the root. */
export function sharedFolder(files: readonly string[]): string {
  const [first = '', ...rest] = files
  let folder = posix.dirname(first)
  while (folder !== '.' && !rest.every((file) => file.startsWith(`${folder}/`))) folder = posix.dirname(folder)
  return folder === '.' ? '' : folder
}

/**
 * The folder below which a photo has a name that an annotation file gives it, the likeliest first; that of all photos
 * where none has one.
 */
export function folderOfNamed(photos: readonly string[], names: readonly string[]): string {
  for (const path of names.map((name) => name.replaceAll('\\', '/'))) {
    const found = photos.find((photo) => photo === path || photo.endsWith(`/${path}`))
    if (found !== undefined) return found.slice(0, -path.length).replace(/\/$/, '')
  }
  return sharedFolder(photos)
}

/** The first file of an ending whose beginning looks like something; at most twenty are looked into. */
export async function firstLike(
  { others, head }: Listing,
  ending: string,
  isIt: (head: string, file: string) => boolean,
): Promise<string | null> {
  for (const file of others.filter((each) => each.toLowerCase().endsWith(ending)).slice(0, 20)) {
    if (isIt(await head(file), file)) return file
  }
  return null
}
