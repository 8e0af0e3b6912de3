import { AppError } from '#common/contract/errors.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { rleArea, type Rle } from '#common/mask/rle.ts'
import type { PlacelessDefect, Size } from './defects.ts'

/** What became of an object's outlines or run-length code: a mask with at least one pixel, or none; what was wrong. */
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
 * Draws closed outlines by COCO's rule: a pixel counts by its middle; rings are united.
 * Never throws for what a file holds: what is wrong comes back as defects.
 * @param outlines a ring each, its coordinates x0, y0, x1, y1, … in pixels
 */
export function readOutlines(outlines: readonly unknown[], { photo, given }: Frame): MaskReading {
  if (given !== null && (given[0] !== photo[0] || given[1] !== photo[1])) {
    return refused({ kind: 'frame-mismatch', action: 'refused', given, own: photo })
  }
  const { rings, problems } = usableRings(outlines, photo)
  const [reason] = problems
  if (rings.length === 0) return refused({ kind: 'polygon-invalid', action: 'refused', reason: reason ?? '' })
  try {
    const rle = rasterisePolygons(rings, ...photo)
    return notEmpty({
      rle,
      defects: reason === undefined ? [] : [{ kind: 'polygon-invalid', action: 'repaired', reason }],
    })
  } catch (error) {
    // a photo that claims more pixels than a mask can have
    if (error instanceof AppError) return refused({ kind: 'polygon-invalid', action: 'refused', reason: error.message })
    throw error
  }
}

/** Whether an outline can be read on a photo: it has points enough, and is not longer than any mask's can be. */
export function isReadable(ring: readonly number[], photo: Size): boolean {
  return usableRings([ring], photo).rings.length > 0
}

/** A mask without a pixel is none. */
export function notEmpty(reading: MaskReading): MaskReading {
  if (reading.rle === null || rleArea(reading.rle) > 0) return reading
  return refused({ kind: 'mask-empty', action: 'refused' }, reading.defects)
}

/** What reaches out of the photo by less cuts off no pixel, since a pixel counts by its middle. */
const tolerance = 0.5

/**
 * Says so where a shape reaches out of its photo, and the mask is what lies within.
 * @param points x0, y0, x1, y1, … in pixels
 */
export function clipped({ rle, defects }: MaskReading, points: readonly number[], photo: Size): MaskReading {
  let pixels = 0
  for (let i = 0; i < points.length; i++) pixels = Math.max(pixels, -points[i]!, points[i]! - photo[i % 2]!)
  if (rle === null || pixels <= tolerance) return { rle, defects }
  return { rle, defects: [...defects, { kind: 'outside-photo', action: 'repaired', pixels }] }
}

/** What there is where there is no mask. @param more what was wrong besides */
export function refused(defect: PlacelessDefect, more: readonly PlacelessDefect[] = []): MaskReading {
  return { rle: null, defects: [...more, defect] }
}

/** The rings that are usable, and why others are not. */
function usableRings(candidates: readonly unknown[], [width, height]: Size): { rings: number[][]; problems: string[] } {
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
