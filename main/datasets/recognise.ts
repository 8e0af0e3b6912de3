import { stat } from 'node:fs/promises'
import { dirname, join, posix, resolve } from 'node:path'
import { listFiles } from '#main/files/list-images.ts'
import { readHead } from '#main/files/read-head.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { DatasetFormat } from './dataset.ts'
import type { Listing } from './listing.ts'

/** A format that a folder may be of. */
export interface Recognised {
  readonly format: string
  readonly label: string
  /** Absolute paths. */
  readonly imagesDir: string
  readonly annotations?: string
  readonly nPhotos: number
}

const photoEndings = ['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.tif', '.tiff', '.bmp', '.gif']
const otherEndings = ['.json', '.xml', '.yaml', '.yml', '.txt', '.names', '.mat', '.csv']

/**
 * Tells which formats a folder, or the folder of a file, may be of: the likeliest first, nothing where there is no photo.
 * Files are listed and a few looked into; nothing is changed.
 * @throws AppError 'file.missing', 'file.unreadable'
 */
export async function recognise(path: string, formats: readonly DatasetFormat[]): Promise<readonly Recognised[]> {
  const root = await folderOf(resolve(path))
  const files = await listFiles(root, new Set([...photoEndings, ...otherEndings]))
  const isPhoto = (file: string): boolean => photoEndings.includes(posix.extname(file).toLowerCase())
  const photos = files.filter(isPhoto)
  if (photos.length === 0) return []
  const listing: Listing = {
    photos,
    others: files.filter((file) => !isPhoto(file)),
    head: async (file) => {
      try {
        return await readHead(await resolveInside(root, file), 1 << 16)
      } catch {
        return '' // what cannot be looked at is for the reading to complain of
      }
    },
  }
  const found: Recognised[] = []
  for (const { id: format, label, recognise: look } of formats) {
    const dataset = (await look?.(listing)) ?? null
    if (dataset === null) continue
    const imagesDir = join(root, dataset.images)
    const below = dataset.images === '' ? '' : `${dataset.images}/`
    const nPhotos = photos.filter((file) => file.startsWith(below)).length
    const { annotations } = dataset
    found.push({
      format,
      label,
      imagesDir,
      nPhotos,
      ...(annotations === undefined ? {} : { annotations: join(root, annotations) }),
    })
  }
  // what has masks says more than what has names only
  return found.sort((a, b) => Number(b.annotations !== undefined) - Number(a.annotations !== undefined))
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true ? dirname(path) : path
}
