import { cosine, sine } from './arithmetic.ts'

/** A closed outline: x0, y0, x1, y1, … in local units. */
export type Outline = Float64Array

/** x and y. */
type Pair = readonly [x: number, y: number]

/** Corners or points on a curve: x, y by turns. */
type Points = readonly number[]

/**
 * A smooth curve through points (uniform Catmull–Rom).
 * @param steps line segments from point to point
 */
export function smoothOutline(points: Points, steps = 6): Outline {
  return smoothCurve(points, { steps, isClosed: true })
}

function smoothCurve(points: Points, { steps, isClosed }: { steps: number; isClosed: boolean }): Outline {
  const n = points.length / 2
  const nSpans = isClosed ? n : n - 1
  const out = new Float64Array((nSpans * steps + (isClosed ? 0 : 1)) * 2)
  const at = (i: number, axis: number): number =>
    points[2 * (isClosed ? (i + n) % n : Math.min(Math.max(i, 0), n - 1)) + axis]!
  for (let k = 0; k < out.length / 2; k++) {
    const span = Math.min(Math.floor(k / steps), nSpans - 1)
    const t = k / steps - span
    for (let axis = 0; axis < 2; axis++) {
      const p0 = at(span - 1, axis)
      const p1 = at(span, axis)
      const p2 = at(span + 1, axis)
      const p3 = at(span + 2, axis)
      out[2 * k + axis] = p1 + (t / 2) * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    }
  }
  return out
}

/** An ellipse. */
export function ellipse([x, y]: Pair, [radiusX, radiusY]: Pair, steps = 20): Outline {
  const out = new Float64Array(2 * steps)
  for (let i = 0; i < steps; i++) {
    out[2 * i] = x + radiusX * cosine((2 * Math.PI * i) / steps)
    out[2 * i + 1] = y + radiusY * sine((2 * Math.PI * i) / steps)
  }
  return out
}

/**
 * A band along a smooth line.
 * @param points of the line
 * @param widths the whole width at each of them
 */
export function ribbon(points: Points, widths: readonly number[], steps = 5): Outline {
  const line = smoothCurve(points, { steps, isClosed: false })
  const width = smoothCurve(
    widths.flatMap((value) => [value, 0]),
    { steps, isClosed: false },
  )
  const n = line.length / 2
  const out = new Float64Array(4 * n)
  for (let i = 0; i < n; i++) {
    const before = 2 * Math.max(i - 1, 0)
    const after = 2 * Math.min(i + 1, n - 1)
    const dx = line[after]! - line[before]!
    const dy = line[after + 1]! - line[before + 1]!
    const half = Math.max(width[2 * i]!, 0) / 2 / Math.sqrt(Math.max(dx * dx + dy * dy, 1e-18))
    const x = line[2 * i]!
    const y = line[2 * i + 1]!
    out[2 * i] = x - dy * half
    out[2 * i + 1] = y + dx * half
    out[4 * n - 2 * i - 2] = x + dy * half
    out[4 * n - 2 * i - 1] = y - dx * half
  }
  return out
}
