import { columnRuns, rleFromColumns } from './column-runs.ts'
import type { Rle } from './rle.ts'

/** Pairs of one column as in `ColumnRuns`. A plain list, because tens of thousands of short typed arrays are slow. */
type Runs = readonly number[]

/**
 * Erosion by a 3×3 square, n times: what remains is each object pixel whose whole (2n+1)×(2n+1) neighbourhood is object.
 * Outside the image counts as background, so the object shrinks from the image's border too.
 *
 * A square erosion is a vertical one followed by a horizontal one. On column runs the first only shortens runs, and the
 * second is what 2n+1 neighbouring columns have in common, for which van Herk's blocks need three intersections a column
 * whatever n is. (12 megapixels, n = 100: 4 ms on runs, 80 on pixels.)
 * @param times whole number ≥ 0
 * @throws AppError 'rle.counts', 'rle.size' as `checkRle`
 * @see van Herk, Pattern Recognition Letters 13 (1992)
 */
export function erode(rle: Rle, times: number): Rle {
  const { width, height } = rle
  const columns = shortenedColumns(rle, times)
  const eroded = new Array<Runs>(width).fill([])
  const span = 2 * times + 1
  const toBlockEnd = new Array<Runs>(span)
  let fromBlockStart: Runs = []
  for (let left = 0; left + span <= width; left++) {
    const last = columns[left + span - 1]!
    const inBlock = left % span
    if (inBlock === 0) {
      toBlockEnd[span - 1] = last
      for (let i = span - 2; i >= 0; i--) toBlockEnd[i] = common(columns[left + i]!, toBlockEnd[i + 1]!)
      eroded[left + times] = toBlockEnd[0]!
    } else {
      fromBlockStart = inBlock === 1 ? last : common(fromBlockStart, last)
      eroded[left + times] = common(toBlockEnd[inBlock]!, fromBlockStart)
    }
  }
  return rleFromColumns(eroded, height)
}

/** Each column's runs without their first and last `times` pixels. */
function shortenedColumns(rle: Rle, times: number): Runs[] {
  const { bounds, ends } = columnRuns(rle)
  let i = 0
  return Array.from(ends, (end) => {
    const runs: number[] = []
    for (; i < end; i += 2) {
      const [from, to] = [bounds[i]! + times, bounds[i + 1]! - times]
      if (from < to) runs.push(from, to)
    }
    return runs
  })
}

/** The pixels that two columns have in common. */
function common(a: Runs, b: Runs): Runs {
  const shared: number[] = []
  for (let iA = 0, iB = 0; iA < a.length && iB < b.length;) {
    const from = Math.max(a[iA]!, b[iB]!)
    const to = Math.min(a[iA + 1]!, b[iB + 1]!)
    if (from < to) shared.push(from, to)
    if (a[iA + 1]! < b[iB + 1]!) iA += 2
    else iB += 2
  }
  return shared
}
