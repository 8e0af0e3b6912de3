import { AppError } from '#common/contract/errors.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { normaliseRle, checkRle, rleArea, type Rle } from '#common/mask/rle.ts'
import { decompressCounts } from '#common/mask/rle-string.ts'
import type { PlacelessDefect, Size } from '../defects.ts'

/** What became of a `segmentation`: a mask with at least one pixel, or none; and what was wrong with it. */
export interface MaskReading {
  readonly rle: Rle | null
  readonly defects: readonly PlacelessDefect[]
}

/** The photo's own size, and the one that the annotation file gives it (null: none), on which outlines were drawn. */
export interface Frame {
  readonly photo: Size
  readonly given: Size | null
}

/** Far above any real annotation (COCO's largest has some hundred); keeps a hostile one from costing minutes. */
const maxRings = 10_000

/**
 * Reads COCO's `segmentation`: a list of rings (also one ring, not in a list), a compressed or an uncompressed run-length
 * code. Never throws for what a file holds: what is wrong comes back as defects.
 */
export function readSegmentation(segmentation: unknown, frame: Frame): MaskReading {
  const reading = Array.isArray(segmentation)
    ? readPolygons(segmentation, frame)
    : isRecord(segmentation)
      ? readRle(segmentation, frame.photo)
      : refused({ kind: 'no-segmentation', action: 'refused' })
  if (reading.rle === null || rleArea(reading.rle) > 0) return reading
  return { rle: null, defects: [...reading.defects, { kind: 'mask-empty', action: 'refused' }] }
}

/** Whether a `segmentation` is a list of outlines; those are kept as they came, run-length codes are not. */
export function hasPolygons(segmentation: unknown): boolean {
  return Array.isArray(segmentation) && segmentation.length > 0
}

/** The rings of a `segmentation`, usable ones only, and why others are not. */
function usableRings(
  segmentation: readonly unknown[],
  [width, height]: Size,
): { rings: number[][]; problems: string[] } {
  const candidates = typeof segmentation[0] === 'number' ? [segmentation] : segmentation
  const rings: number[][] = []
  const problems: string[] = []
  if (candidates.length > maxRings)
    return { rings, problems: [`it has ${candidates.length} rings; at most ${maxRings} can be`] }
  let length = 0
  for (const [index, ring] of candidates.entries()) {
    const problem = problemOfRing(ring)
    if (problem === null) rings.push(ring as number[])
    else problems.push(`ring ${index} ${problem}`)
    if (problem === null) length += lengthOfRing(ring as number[])
  }
  // No outline passes every pixel's four sides more than once; the rest is room for what lies outside of the photo.
  if (length > 4 * width * height + 1000 * (width + height)) {
    return {
      rings: [],
      problems: [`its outline is ${Math.round(length)} pixels long, the photo has ${width}×${height}`],
    }
  }
  return { rings, problems }
}

function problemOfRing(ring: unknown): string | null {
  if (!Array.isArray(ring)) return 'is not a list of numbers'
  if (ring.length < 6) return `has ${ring.length} numbers; three points need 6`
  if (ring.length % 2 !== 0) return `has ${ring.length} numbers, which are not pairs of x and y`
  // 2^20: beyond that the rule of COCO's own code for drawing is not defined
  const isUsable = ring.every((value) => typeof value === 'number' && Math.abs(value) <= 2 ** 20)
  return isUsable ? null : 'has a coordinate that cannot be'
}

function lengthOfRing(ring: readonly number[]): number {
  let length = 0
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length
    length += Math.hypot(ring[next]! - ring[i]!, ring[next + 1]! - ring[i + 1]!)
  }
  return length
}

function readPolygons(segmentation: readonly unknown[], { photo, given }: Frame): MaskReading {
  if (segmentation.length === 0) return refused({ kind: 'no-segmentation', action: 'refused' })
  if (given !== null && (given[0] !== photo[0] || given[1] !== photo[1])) {
    return refused({ kind: 'frame-mismatch', action: 'refused', given, own: photo })
  }
  const { rings, problems } = usableRings(segmentation, photo)
  const [reason] = problems
  if (rings.length === 0) return refused({ kind: 'polygon-invalid', action: 'refused', reason: reason ?? '' })
  try {
    const rle = rasterisePolygons(rings, ...photo)
    return { rle, defects: reason === undefined ? [] : [{ kind: 'polygon-invalid', action: 'repaired', reason }] }
  } catch (error) {
    // a photo that claims more pixels than a mask can have
    if (error instanceof AppError) return refused({ kind: 'polygon-invalid', action: 'refused', reason: error.message })
    throw error
  }
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
  const size = isRecord(segmentation) ? segmentation['size'] : undefined
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

const refused = (defect: PlacelessDefect): MaskReading => ({ rle: null, defects: [defect] })

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
