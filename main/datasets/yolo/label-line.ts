import { numberIn } from '../decimal.ts'
import type { PlacelessDefect, Size } from '../defects.ts'
import { clipped, readOutlines, type MaskReading } from '../outlines.ts'

/** An object of a label file, as one line says it. */
export interface LabelLine {
  readonly classId: number
  /** x0, y0, x1, y1, … as shares of the photo's width and height. */
  readonly ring: readonly number[]
  /** At the end of a line that a detector wrote; null where there is none. */
  readonly score: number | null
}

/** Shares farther outside of the photo are in other units. */
const [least, most] = [-1, 2]

/**
 * Reads a line: class, then x and y of each corner, then a detector's confidence where one number is left. Four numbers
 * are a box, and a fifth its confidence.
 */
export function parseLine(text: string): LabelLine | PlacelessDefect {
  const [first = '', ...rest] = text.trim().split(/\s+/)
  const [classId, numbers] = [numberIn(first), rest.map(numberIn)]
  if (!Number.isSafeInteger(classId) || classId < 0)
    return invalid('the line does not begin with the number of a class')
  const wrong = numbers.findIndex(Number.isNaN)
  if (wrong >= 0) return invalid(`number ${wrong + 2} of the line is none`)
  if (numbers.length < 4)
    return invalid(`the line has ${numbers.length + 1} numbers; a box has 5, an outline at least 7`)
  const score = numbers.length % 2 === 1 ? numbers.pop()! : null
  if (numbers.some((value) => value < least || value > most)) {
    return invalid('the coordinates are not shares of the photo’s width and height, from 0 to 1')
  }
  return numbers.length === 4 ? { kind: 'no-segmentation', action: 'refused' } : { classId, ring: numbers, score }
}

/** The pixels of an outline given in shares of a photo. */
export function readShares(shares: readonly number[], photo: Size): MaskReading {
  const ring = shares.map((share, i) => share * photo[i % 2]!)
  return clipped(readOutlines([ring], { photo, given: null }), ring, photo)
}

/** An outline in pixels as a line has it; `digits` behind the point, all where it is left out. */
export function formatShares(ring: readonly number[], photo: Size, digits?: number): string {
  return ring
    .map((value, i) => value / photo[i % 2]!)
    .map((share) => (digits === undefined ? share : Number(share.toFixed(digits))))
    .join(' ')
}

const invalid = (reason: string): PlacelessDefect => ({ kind: 'record-invalid', action: 'refused', reason })
