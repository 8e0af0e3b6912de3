import type { StrokeBar } from '../../canvas/stroke-trail.ts'

/** A map whose score is followed. */
export interface ChartedMap {
  readonly id: number
  readonly method: string
  /** ObAlEx with the machine masks, which changes are measured from; null: there is none */
  readonly machine: number | null
  /** ObAlEx before the first of the strokes; null: there is none */
  readonly start: number | null
}

/** The stroke journal as it is drawn, px. */
export interface StrokeChart {
  /** where strokes begin; left of it are the names of the axes */
  readonly left: number
  readonly scoreTop: number
  readonly scoreMiddle: number
  readonly barMiddle: number
  /** largest change of a score that is in sight, and 0.01 at least */
  readonly reach: number
  readonly bars: readonly {
    /** how many strokes there are with this one */
    readonly after: number
    readonly x: number
    readonly width: number
    readonly up: number
    readonly down: number
    readonly isUndone: boolean
  }[]
  readonly lines: readonly { readonly map: number; readonly method: string; readonly path: string }[]
  /** Place of the state after so many strokes. */
  xOf(after: number): number
  /** The state at a place; null: left of all. */
  strokeAt(x: number): number | null
}

const left = 76
const right = 12
const widestSlot = 30
const narrowestSlot = 6
const leastReach = 0.01

/**
 * Lays the strokes of an image out: one bar a stroke, added above and removed below, and over them how far each score is
 * from that of the machine mask. Where there is no room for all, the newest are shown.
 */
export function chartOf(
  strokes: readonly StrokeBar[],
  maps: readonly ChartedMap[],
  { width, height }: { readonly width: number; readonly height: number },
): StrokeChart {
  const room = Math.max(width - left - right, narrowestSlot)
  const slot = Math.min(Math.max(room / (strokes.length + 1), narrowestSlot), widestSlot)
  const first = Math.max(strokes.length + 1 - Math.floor(room / slot), 0)
  const xOf = (after: number): number => left + slot * (after - first + 0.5)
  const [scoreTop, scoreMiddle, barMiddle] = [8, height * 0.32, height * 0.78]
  const barReach = Math.max(height * 0.2, 1)
  const shown = strokes.slice(Math.max(first - 1, 0))
  const largest = Math.max(1, ...shown.flatMap(({ added, removed }) => [added, removed]))
  const series = maps.map((map) => ({ ...map, changes: changesOf(map, strokes) }))
  const changes = series.flatMap((each) => each.changes.filter(({ after }) => after >= first))
  const reach = Math.max(leastReach, ...changes.map(({ change }) => Math.abs(change)))
  // pixels differ by powers of ten: by their root the small ones can still be seen
  const barOf = (pixels: number): number => (pixels === 0 ? 0 : Math.max(barReach * Math.sqrt(pixels / largest), 2))
  return {
    left,
    scoreTop,
    scoreMiddle,
    barMiddle,
    reach,
    bars: strokes.flatMap(({ added, removed, isUndone }, i) => {
      if (i + 1 < first) return []
      const width = Math.max(Math.min(slot - 2, 8), 2)
      return [{ after: i + 1, x: xOf(i + 1) - width / 2, width, up: barOf(added), down: barOf(removed), isUndone }]
    }),
    lines: series.flatMap(({ id, method, changes: points }) => {
      const y = (change: number): number => scoreMiddle - (change / reach) * (scoreMiddle - scoreTop)
      const seen = points.filter(({ after }) => after >= first)
      const path = seen.map(({ after, change }) => `${xOf(after).toFixed(1)} ${y(change).toFixed(1)}`).join('L')
      return seen.length < 2 ? [] : [{ map: id, method, path: `M${path}` }]
    }),
    xOf,
    strokeAt: (x) => (x < left ? null : Math.min(Math.max(Math.floor((x - left) / slot) + first, 0), strokes.length)),
  }
}

/** How far a map's score is from that of the machine mask, at the start and after each stroke whose score is known. */
function changesOf(
  { id, machine, start }: ChartedMap,
  strokes: readonly StrokeBar[],
): { readonly after: number; readonly change: number }[] {
  if (machine === null) return []
  const known = [start, ...strokes.map(({ scores }) => scores.get(id) ?? null)]
  return known.flatMap((score, after) => (score === null ? [] : [{ after, change: score - machine }]))
}
