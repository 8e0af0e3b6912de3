import { hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { MAX_FILE_BYTES } from '#main/files/decode-image.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { ProjectImage } from '#main/project/image-repository.ts'

/** Where the photo of an image lies. */
export interface PhotoFile {
  readonly path: string
  /** Another one where the file is another one, by its time and size, or another photo is wanted. */
  readonly stamp: string
  /** when its content was last changed, ms UTC */
  readonly changedAt: number
}

/** What became of a photo: still the one that was imported, gone, or another one since then (ms UTC). */
export type PhotoState =
  { readonly photo: 'present' | 'missing' } | { readonly photo: 'changed'; readonly photoChangedAt: number }

/** What is remembered of so many files is forgotten together, and learned again. */
const maxStamps = 100_000

/** Knows which photos are still the ones that were imported; a file is read for it once, until it changes. */
export class PhotoFiles {
  readonly #unchanged = new Set<string>()

  /** What became of a photo, by its content. */
  async state(folder: string, image: ProjectImage): Promise<PhotoState> {
    let file: PhotoFile | null = null
    try {
      file = await locatePhoto(folder, image)
      if (!this.#unchanged.has(file.stamp)) await this.read(file, image)
      return { photo: 'present' }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code !== 'image.changed' || file === null) return { photo: 'missing' }
      return { photo: 'changed', photoChangedAt: file.changedAt }
    }
  }

  /**
   * The bytes of a photo.
   * @throws AppError 'image.changed' where it is not the one that was imported; 'file.missing'; 'file.unreadable';
   *   'image.too-large'
   */
  async read({ path, stamp }: PhotoFile, image: ProjectImage): Promise<Uint8Array> {
    const bytes = await readBytes(path, { maxBytes: MAX_FILE_BYTES, code: 'image.too-large' })
    requireUnchanged(image, hash('sha256', bytes))
    if (this.#unchanged.size >= maxStamps) this.#unchanged.clear()
    this.#unchanged.add(stamp)
    return bytes
  }
}

/** @throws AppError 'image.changed' where the content of a photo is not what was imported */
export function requireUnchanged(image: ProjectImage, sha256: string): void {
  if (sha256 === image.sha256) return
  throw new AppError('image.changed', `${image.file} is not the photo that was imported: its content has changed`, {
    hint: 'Put the old file back, or import the folder again to take the new one.',
    data: { expected: image.sha256, found: sha256 },
  })
}

/** @throws AppError 'file.missing'; 'path.outside' */
export async function locatePhoto(folder: string, image: ProjectImage): Promise<PhotoFile> {
  const path = await resolveInside(folder, image.file)
  try {
    const { mtimeMs, size } = await stat(path)
    return { path, stamp: `${image.sha256} ${mtimeMs} ${size} ${path}`, changedAt: Math.round(mtimeMs) }
  } catch (cause) {
    throw new AppError('file.missing', `There is no photo ${path}.`, {
      hint: 'Masks, maps and verdicts are in the project. Put the photo back where it was.',
      data: { path },
      cause,
    })
  }
}
