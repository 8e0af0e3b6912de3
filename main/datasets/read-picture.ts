import { AppError } from '#common/contract/errors.ts'
import { pngSize, readIndexPng, type IndexedPixels } from '#main/files/index-png.ts'
import { readBytes } from '#main/files/read-bytes.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import type { PlacelessDefect, Size } from './defects.ts'

/** A PNG of masks that can be used, or why it cannot. */
export type PictureReading = { readonly pixels: IndexedPixels } | { readonly defect: PlacelessDefect }

/** How many objects a picture may have: more are no objects, but a photo's colours. */
export const maxObjectsOfPicture = 1000

/** Sixteen bits a pixel of the largest photo fit; what is larger is no picture of masks. */
const maxBytes = 1 << 28
/** The most pixels that are read where it is not known that the photo has as many. */
const maxPixelsUnseen = 1 << 26

/**
 * Reads a PNG whose pixels are those of a photo. Never throws for what it holds, and decodes it only where it has the
 * photo's size.
 * @param folder the file is below it, and is not opened where a link leads out of it
 * @param photo null where it was not looked at yet
 * @param options.mayBeScaled whether it may also show the whole photo in another size
 */
export async function readPicture(
  folder: string,
  file: string,
  photo: Size | null,
  { mayBeScaled = false }: { readonly mayBeScaled?: boolean } = {},
): Promise<PictureReading> {
  try {
    const path = await resolveInside(folder, file)
    const bytes = await readBytes(path, { maxBytes, code: 'image.too-large' })
    const given = pngSize(bytes)
    if (given === null) return invalid(`${file} is no PNG image`)
    const isOwn = photo !== null && given[0] === photo[0] && given[1] === photo[1]
    if (photo !== null && !isOwn && !(mayBeScaled && isScaled(given, photo))) {
      return { defect: { kind: 'frame-mismatch', action: 'refused', given, own: photo } }
    }
    if (!isOwn && given[0] * given[1] > maxPixelsUnseen) return invalid(`${file} is too large`)
    return { pixels: await readIndexPng(bytes, file) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'path.outside') return { defect: { kind: 'path-outside', action: 'refused' } }
    return invalid(error.message.replace(/\.$/, ''))
  }
}

/** Whether two sizes have the same shape, sides rounded to whole pixels. */
function isScaled([width, height]: Size, [photoWidth, photoHeight]: Size): boolean {
  return Math.abs(width * photoHeight - height * photoWidth) <= Math.max(width, height, photoWidth, photoHeight)
}

const invalid = (reason: string): PictureReading => ({ defect: { kind: 'record-invalid', action: 'refused', reason } })
