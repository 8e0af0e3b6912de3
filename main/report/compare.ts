import type { Interval } from '#common/statistics/bootstrap.ts'
import type { IntervalRelation, ReportComparison, ReportResult } from './document.ts'
import { settingKey } from './words.ts'

/** Share of all images of two results that must be common to both: a few that failed are no matter. */
const minShared = 0.9

/**
 * Every pair of classifiers that have a result in the same setting, in the order of the results.
 * @param images of each result, the ids ascending
 */
export function compareResults(
  results: readonly ReportResult[],
  images: readonly (readonly number[])[],
): ReportComparison[] {
  const keys = results.map(settingKey)
  return results.flatMap((first, a) =>
    results.flatMap((second, b) => {
      if (b <= a || keys[a] !== keys[b]) return []
      const { method, variant, options, maskVariant } = first
      const [ofA, ofB] = [images[a]!, images[b]!]
      const nShared = countShared(ofA, ofB)
      return {
        ...{ method, variant, options, maskVariant, a, b },
        accuracy: relation(first.accuracyInterval, second.accuracyInterval),
        obalex: relation(first.interval, second.interval),
        nShared,
        isComparable: nShared >= minShared * (ofA.length + ofB.length - nShared),
      }
    }),
  )
}

/** Numbers that are in both of two ascending lists. */
function countShared(a: readonly number[], b: readonly number[]): number {
  let n = 0
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const difference = a[i]! - b[j]!
    if (difference === 0) n++
    if (difference <= 0) i++
    if (difference >= 0) j++
  }
  return n
}

/** Intervals that share an end overlap. */
function relation(a: Interval | null, b: Interval | null): IntervalRelation {
  if (a === null || b === null) return null
  return a[0] <= b[1] && b[0] <= a[1] ? 'overlapping' : 'apart'
}
