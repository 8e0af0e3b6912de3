import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { listFolders, type ProjectImage } from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Watch } from '#main/project/watch.ts'
import { runImages } from './run-images.ts'

/** What became of the photos of a project, and the first that is not as it was. */
export interface PhotoCounts {
  readonly present: number
  readonly missing: number
  readonly changed: number
  /** full path; null: all are as they were */
  readonly example: string | null
}

type Fate = 'present' | 'missing' | 'changed'

/** Enough to keep a disk busy, few enough to keep files in memory for. */
const nAtOnce = 16

/**
 * Looks for the photos of a project on the disk.
 * @param byContent reads them all; else a photo of the same size counts as the same
 */
export async function countPhotos(
  project: Project,
  { byContent, watch }: { readonly byContent: boolean; readonly watch: Watch },
): Promise<PhotoCounts> {
  const folders = await listFolders(project.read)
  const counts = { present: 0, missing: 0, changed: 0 }
  let example: string | null = null
  let batch: ProjectImage[] = []
  const look = async (): Promise<void> => {
    const paths = batch.map(({ folderId, file }) => join(folders.get(folderId)!, file))
    const fates = await Promise.all(batch.map((image, index) => fateOf(paths[index]!, image, byContent)))
    for (const fate of fates) counts[fate]++
    const first = fates.findIndex((fate) => fate !== 'present')
    if (first >= 0) example ??= paths[first]!
    await watch.step(batch.length)
    batch = []
  }
  for await (const image of runImages(project, { limit: null, split: null })) {
    batch.push(image)
    if (batch.length === nAtOnce) await look()
  }
  await look()
  return { ...counts, example }
}

async function fateOf(path: string, { sizeBytes, sha256 }: ProjectImage, byContent: boolean): Promise<Fate> {
  try {
    const found = await stat(path)
    if (!found.isFile()) return 'missing'
    if (found.size !== sizeBytes) return 'changed'
    return !byContent || hash('sha256', await readFile(path)) === sha256 ? 'present' : 'changed'
  } catch {
    return 'missing' // or not to be read, which is the same for who needs it
  }
}
