import { fillHoles } from '#common/mask/reshape.ts'
import { countParts } from '#common/mask/parts.ts'
import { rasterisePolygons } from '#common/mask/polygon.ts'
import { outlineRings } from '#common/mask/outline.ts'
import { decodeRle, sameRle, type Rle } from '#common/mask/rle.ts'
import type { Size } from '../defects.ts'
import { isReadable } from '../outlines.ts'
import { formatShares, readShares } from './label-line.ts'

/** A mask as the one outline that a line can hold. */
export interface OneRing {
  /** Coordinates as shares of the photo, as a line has them. */
  readonly shares: string
  /** What they give when they are read: the mask, or what is left of it. */
  readonly rle: Rle
  /** What the mask lost, or how it was changed. */
  readonly losses: readonly string[]
}

/** Behind the point: a hundredth of a pixel in photos of a million pixels’ width. */
const digits = 8

const joined = 'masks with holes or of several parts, joined into one outline by bridges without width'
const cut = 'masks of several parts cut to their largest one'
const filled = 'masks whose holes were filled'

/**
 * The outline of a mask along the edges of its pixels. Parts and holes are reached by bridges that are walked there and
 * back, as Ultralytics' own converter does; they enclose nothing. Where they would become longer than outlines may be
 * (a mask of noise), the largest part is written, and where that has too many holes, without them.
 * @param rle a mask with a pixel
 */
export function oneRing(rle: Rle): OneRing {
  const photo = [rle.width, rle.height] as const
  const rings = outlineRings(decodeRle(rle))
  const whole = written(bridged(rings), photo)
  if (whole !== null && sameRle(whole.rle, rle)) {
    const isJoined = rings.length > 1 || countParts(rle).holes > 0
    return { ...whole, losses: isJoined ? [joined] : [] }
  }
  const largest = rings.reduce((best, ring) => (areaOf(ring) > areaOf(best) ? ring : best))
  const losses = rings.length > 1 ? [cut] : []
  const part = written(largest, photo)
  if (part !== null) return { ...part, losses }
  // its outline without holes passes each pixel's sides once at most, so that it can always be read
  const [outer] = outlineRings(fillHoles(decodeRle(rasterisePolygons([largest], ...photo))))
  return { ...written(outer!, photo)!, losses: [...losses, filled] }
}

function written(ring: readonly number[], photo: Size): Pick<OneRing, 'shares' | 'rle'> | null {
  if (!isReadable(ring, photo)) return null
  const shares = formatShares(ring, photo, digits)
  const { rle } = readShares(shares.split(' ').map(Number), photo)
  return rle === null ? null : { shares, rle }
}

/** All rings in one: from the last point of each to the last of the next, and at the end the same way back. */
function bridged(rings: readonly (readonly number[])[]): readonly number[] {
  const out: number[] = []
  for (const ring of rings) {
    // begins and ends where the bridges are
    const end = ring.slice(-2)
    for (const value of [...end, ...ring]) out.push(value)
  }
  for (const ring of rings.slice(1, -1).reverse()) out.push(...ring.slice(-2))
  return rings.length === 1 ? rings[0]! : out
}

/** Twice the area that a ring encloses, bridges being walked both ways. */
function areaOf(ring: readonly number[]): number {
  let area = 0
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length
    area += ring[i]! * ring[next + 1]! - ring[next]! * ring[i + 1]!
  }
  return Math.abs(area)
}
