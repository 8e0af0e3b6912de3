import type { GridSize } from '#common/mask/rectangle.ts'
import type { Point } from './viewport.ts'

/** Takes the pixels x0 … x1 − 1 of row y. */
export type RunVisitor = (y: number, x0: number, x1: number) => void

/** A circle around any point covers the middle of the pixel that the point lies in from this radius on. */
export const smallestRadius = Math.SQRT1_2

/**
 * The pixels that a round brush touches on its way from one point to another: those whose middle is at most `radius`
 * away from the straight line between them. Both ends are round; from = to is a single dab.
 * @param radius image pixels, > 0
 * @param size of the image; what lies outside is cut off
 * @param visit is called once for each row that has pixels, from the top
 */
export function sweepBrush(
  { from, to, radius, size }: { from: Point; to: Point; radius: number; size: GridSize },
  visit: RunVisitor,
): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const [ux, uy] = length > 0 ? [(to.x - from.x) / length, (to.y - from.y) / length] : [1, 0]
  const top = Math.max(Math.ceil(Math.min(from.y, to.y) - radius - 0.5), 0)
  const bottom = Math.min(Math.floor(Math.max(from.y, to.y) + radius - 0.5), size.height - 1)
  for (let y = top; y <= bottom; y++) {
    // the shape is convex, so a row has one run: from the leftmost to the rightmost of its three parts
    const [belowFrom, belowTo] = [y + 0.5 - from.y, y + 0.5 - to.y]
    const [reachFrom, reachTo] = [radius * radius - belowFrom * belowFrom, radius * radius - belowTo * belowTo]
    let [left, right] = [Infinity, -Infinity]
    if (reachFrom >= 0) [left, right] = [from.x - Math.sqrt(reachFrom), from.x + Math.sqrt(reachFrom)]
    if (reachTo >= 0) {
      left = Math.min(left, to.x - Math.sqrt(reachTo))
      right = Math.max(right, to.x + Math.sqrt(reachTo))
    }
    // between the ends: 0 ≤ along ≤ length and −radius ≤ beside ≤ radius, both linear in x
    const alongStart = between(ux, belowFrom * uy, 0, length)
    const besideStart = between(-uy, belowFrom * ux, -radius, radius)
    const [bodyLeft, bodyRight] = [Math.max(alongStart[0], besideStart[0]), Math.min(alongStart[1], besideStart[1])]
    if (bodyLeft <= bodyRight) {
      left = Math.min(left, from.x + bodyLeft)
      right = Math.max(right, from.x + bodyRight)
    }
    const x0 = Math.max(Math.ceil(left - 0.5), 0)
    const x1 = Math.min(Math.floor(right - 0.5), size.width - 1) + 1
    if (x0 < x1) visit(y, x0, x1)
  }
}

/** The x for which low ≤ slope · x + offset ≤ high. */
function between(slope: number, offset: number, low: number, high: number): readonly [number, number] {
  if (slope === 0) return offset >= low && offset <= high ? [-Infinity, Infinity] : [Infinity, -Infinity]
  const [a, b] = [(low - offset) / slope, (high - offset) / slope]
  return a < b ? [a, b] : [b, a]
}
