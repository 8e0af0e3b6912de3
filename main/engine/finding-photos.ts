import { hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Transaction } from 'kysely'
import type { EngineHandlers } from '#common/contract/index.ts'
import type { FolderId, ImageId } from '#common/contract/ids.ts'
import { MAX_FILE_BYTES } from '#main/files/decode-image.ts'
import { inOrderAhead } from '#main/files/in-order-ahead.ts'
import { listImages } from '#main/files/list-images.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import {
  findImagesByFile,
  findOrInsertFolder,
  getImage,
  listFolders,
  moveFolder,
  updateImage,
  type ProjectImage,
} from '#main/project/image-repository.ts'
import type { Project } from '#main/project/project.ts'
import type { Schema } from '#main/project/schema.ts'
import { ProgressMeter } from './progress.ts'
import { runImages } from './run-images.ts'
import type { Services } from './services.ts'

/** Enough to keep a disk busy. */
const nAtOnce = 8

/** Finds photos again that were moved, by their content. */
export function photoHandlers({ projects }: Pick<Services, 'projects'>): Pick<EngineHandlers, 'photos.find'> {
  return {
    'photos.find': async ({ project: handle, image, folder }, { signal, emit }) => {
      const project = projects.get(handle)
      const { folderId } = await getImage(project.read, image as ImageId)
      const from = (await listFolders(project.read)).get(folderId)!
      const to = resolve(folder)
      const { images, missing } = await imagesFrom(project, folderId, from)
      const files = await findFiles(to, missing, { signal, meter: new ProgressMeter(emit) })
      const found = await takePlaces(project, { from, to, folderId, images, files })
      return { found, missing: missing.length - found }
    },
  }
}

/** The images that came from a folder, and those of them whose photo is not there with the size that it had. */
async function imagesFrom(
  project: Project,
  folderId: FolderId,
  path: string,
): Promise<{ readonly images: readonly ProjectImage[]; readonly missing: readonly ProjectImage[] }> {
  const images: ProjectImage[] = []
  const missing: ProjectImage[] = []
  for await (const image of runImages(project, { limit: null, split: null })) {
    if (image.folderId !== folderId) continue
    images.push(image)
    if ((await sizeOf(join(path, image.file))) !== image.sizeBytes) missing.push(image)
  }
  return { images, missing }
}

/** Files of the folder that have the content of the photos, each for one image; the same name is taken first. */
async function findFiles(
  folder: string,
  photos: readonly ProjectImage[],
  { signal, meter }: { readonly signal: AbortSignal; readonly meter: ProgressMeter },
): Promise<ReadonlyMap<ImageId, string>> {
  const sizes = new Set(photos.map(({ sizeBytes }) => sizeBytes))
  const files = await listImages(folder)
  const filesByContent = new Map<string, string[]>()
  let done = 0
  const contents = inOrderAhead(files, nAtOnce, async (file) => ({
    file,
    sha256: await hashOf(join(folder, file), sizes),
  }))
  for await (const { file, sha256 } of contents) {
    signal.throwIfAborted()
    meter.report('comparing photos', ++done, files.length)
    if (sha256 !== null) filesByContent.set(sha256, [...(filesByContent.get(sha256) ?? []), file])
  }
  const found = new Map<ImageId, string>()
  const take = ({ id, sha256 }: ProjectImage, choose: (files: readonly string[]) => number): void => {
    const candidates = filesByContent.get(sha256) ?? []
    const at = found.has(id) ? -1 : choose(candidates)
    if (at >= 0) found.set(id, candidates.splice(at, 1)[0]!)
  }
  for (const photo of photos) take(photo, (candidates) => candidates.indexOf(photo.file))
  for (const photo of photos) take(photo, (candidates) => candidates.length - 1)
  return found
}

interface NewPlaces {
  readonly from: string
  readonly to: string
  readonly folderId: FolderId
  /** all that came from the folder */
  readonly images: readonly ProjectImage[]
  /** where those that were found lie now, below the new folder */
  readonly files: ReadonlyMap<ImageId, string>
}

/** Notes where photos lie now, in one transaction with its entry in the audit log; gives how many. */
async function takePlaces(project: Project, places: NewPlaces): Promise<number> {
  const { from, to, folderId, images, files } = places
  if (files.size === 0) return 0
  return project.write<number>(
    (n) => ({
      actor: 'user',
      action: 'photos.find',
      subject: `image_folder:${folderId}`,
      data: { from, to, images: n },
    }),
    async (trx) => {
      const isWholeFolder = images.every(({ id, file }) => files.get(id) === file)
      const isNew = ![...(await listFolders(trx)).values()].includes(to)
      if (!isWholeFolder || !isNew) return takeFiles(trx, places)
      await moveFolder(trx, folderId, to)
      return files.size
    },
  )
}

/** One by one, but for those whose new place belongs to another image already. */
async function takeFiles(trx: Transaction<Schema>, { to, files }: NewPlaces): Promise<number> {
  const folderId = await findOrInsertFolder(trx, to)
  const taken = await findImagesByFile(trx, folderId, [...files.values()])
  let n = 0
  for (const [id, file] of files) {
    if (taken.has(file)) continue
    await updateImage(trx, id, { folderId, file })
    n++
  }
  return n
}

/** Null for what is none of these sizes, or cannot be read. */
async function hashOf(path: string, sizes: ReadonlySet<number>): Promise<string | null> {
  if (!sizes.has((await sizeOf(path)) ?? -1)) return null
  try {
    return hash('sha256', await readBytes(path, { maxBytes: MAX_FILE_BYTES, code: 'image.too-large' }))
  } catch {
    return null
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path)
    return found.isFile() ? found.size : null
  } catch {
    return null
  }
}
