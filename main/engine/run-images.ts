import type { ImageId } from '#common/contract/ids.ts'
import { countImages, listImages, type ImageFilter, type ProjectImage } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'

/** Which images of a project: the first `limit` of a split; null does not restrict. */
export interface ImageChoice {
  readonly limit: number | null
  readonly split: string | null
}

const pageSize = 500

/** The images of a run in the project's order. */
export async function* runImages(project: Project, choice: ImageChoice): AsyncGenerator<ProjectImage> {
  let after: ImageId | undefined
  let left = choice.limit ?? Infinity
  while (left > 0) {
    const page = { limit: Math.min(pageSize, left), ...(after === undefined ? {} : { after }) }
    const images = await listImages(project.read, filterOf(choice), page)
    yield* images
    left -= images.length
    if (images.length < page.limit) return
    after = images.at(-1)!.id
  }
}

/** How many images `runImages` gives. */
export async function countRunImages(project: Project, choice: ImageChoice): Promise<number> {
  return Math.min(await countImages(project.read, filterOf(choice)), choice.limit ?? Infinity)
}

function filterOf({ split }: ImageChoice): ImageFilter {
  return split === null ? {} : { split }
}
