import { basename, extname } from 'node:path/posix'
import type { ImageId } from '#common/contract/ids.ts'
import type { PlacelessDefect } from '#main/datasets/defects.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'

/** Finds the images of a project by names that other programs' files give them. */
export class ImageNames {
  /** by file name, with and without its ending */
  readonly #images = new Map<string, ProjectImage[]>()

  constructor(images: Iterable<ProjectImage>) {
    for (const image of images) {
      const name = basename(image.file)
      for (const key of new Set([name, withoutEnding(name)])) {
        const others = this.#images.get(key)
        if (others) others.push(image)
        else this.#images.set(key, [image])
      }
    }
  }

  /**
   * @param name file or path of an image, `/` between folders, with or without its ending. A path means the image with
   *   this path; where there is none, the images whose paths end so: a bare name lies in any folder.
   * @returns those that it may mean: it is a name of one image where there is exactly one
   */
  match(name: string): readonly ProjectImage[] {
    const named = this.#images.get(basename(name)) ?? []
    const isCalled = (file: string): boolean => file === name || withoutEnding(file) === name
    const exact = [
      named.filter(({ file }) => file === name),
      named.filter(({ file }) => isCalled(file)),
      named.filter(({ file }) => file.endsWith(`/${name}`) || withoutEnding(file).endsWith(`/${name}`)),
    ]
    return exact.find((images) => images.length > 0) ?? []
  }
}

/** A file of a map with the image that it is of, or why it is of none. */
export type PlannedMap =
  { readonly file: string; readonly image: ProjectImage } | { readonly file: string; readonly defect: PlacelessDefect }

/** Finds for each file of a map its image: `a.npy` and `a.jpg.npy` are of `a.jpg`. */
export function planMaps(files: readonly string[], names: ImageNames): PlannedMap[] {
  const fileOf = new Map<ImageId, string>()
  return files.map((file): PlannedMap => {
    const action = 'refused'
    const [image, ...others] = names.match(withoutEnding(file))
    if (!image) return { file, defect: { kind: 'map-unmatched', action } }
    if (others.length > 0) {
      const images = [image, ...others].slice(0, 3).map((each) => each.file)
      return { file, defect: { kind: 'map-ambiguous', action, images } }
    }
    const first = fileOf.get(image.id)
    if (first !== undefined) return { file, defect: { kind: 'map-doubled', action, image: image.file, first } }
    fileOf.set(image.id, file)
    return { file, image }
  })
}

/** A path without the ending of its file. */
function withoutEnding(file: string): string {
  return file.slice(0, file.length - extname(file).length)
}
