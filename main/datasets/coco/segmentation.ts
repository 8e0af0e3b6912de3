import { AppError } from '#common/contract/errors.ts'
import { normaliseRle, checkRle } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { Size } from '../defects.ts'
import { isObject } from '../json/objects.ts'
import { notEmpty, readOutlines, refused, type Frame, type MaskReading } from '../outlines.ts'

/**
 * Reads COCO's `segmentation`: a list of rings (also one ring, not in a list), a compressed or an uncompressed run-length
 * code. Never throws for what a file holds: what is wrong comes back as defects.
 */
export function readSegmentation(segmentation: unknown, frame: Frame): MaskReading {
  if (isObject(segmentation)) return notEmpty(readRle(segmentation, frame.photo))
  if (!hasPolygons(segmentation)) return refused({ kind: 'no-segmentation', action: 'refused' })
  return readOutlines(typeof segmentation[0] === 'number' ? [segmentation] : segmentation, frame)
}

/** Whether a `segmentation` is a list of outlines; those are kept as they came, run-length codes are not. */
export function hasPolygons(segmentation: unknown): segmentation is readonly unknown[] {
  return Array.isArray(segmentation) && segmentation.length > 0
}

function readRle(segmentation: Readonly<Record<string, unknown>>, photo: Size): MaskReading {
  const given = sizeOfRle(segmentation)
  if (given === null) return badCounts('there is no size [height, width]')
  if (given[0] !== photo[0] || given[1] !== photo[1]) {
    return refused({ kind: 'rle-size', action: 'refused', given, own: photo })
  }
  const [width, height] = given
  try {
    const rle = { width, height, counts: readCounts(segmentation['counts'], width * height) }
    checkRle(rle)
    return { rle: normaliseRle(rle), defects: [] }
  } catch (error) {
    if (error instanceof AppError) return badCounts(error.message)
    throw error
  }
}

/** The size that a run-length code gives, or null where it gives none that could be. */
export function sizeOfRle(segmentation: unknown): Size | null {
  const size = isObject(segmentation) ? segmentation['size'] : undefined
  if (!Array.isArray(size) || size.length !== 2) return null
  const [height, width] = size as unknown[]
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0
  return isCount(width) && isCount(height) ? [width, height] : null
}

function readCounts(counts: unknown, nPixels: number): Uint32Array {
  if (typeof counts === 'string') return decompressCounts(counts, nPixels)
  if (!Array.isArray(counts)) throw new AppError('rle.counts', 'the counts are neither a text nor a list of numbers')
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= nPixels
  const wrong = counts.findIndex((value) => !isCount(value))
  if (wrong >= 0) throw new AppError('rle.counts', `count ${wrong} is no number of pixels from 0 to ${nPixels}`)
  return Uint32Array.from(counts as number[])
}

const badCounts = (reason: string): MaskReading => refused({ kind: 'rle-counts', action: 'refused', reason })
