import { bootstrapMeanInParts, type BootstrapOptions, type Interval } from '../statistics/bootstrap.ts'
import { atOnce, type InParts } from '../statistics/in-parts.ts'
import { localisationMetrics, type LocalisationMetric } from './localisation.ts'
import type { ScoreGap } from './obalex.ts'

/**
 * Whether an image is classified as labelled; null where it has no label; `assumed` where nobody said what was answered,
 * which counts as right in averages of scores, and not at all in accuracy.
 */
export type Correctness = boolean | null | 'assumed'

/** What an average needs of one image's score. */
export interface AverageEntry extends Readonly<Partial<Record<LocalisationMetric, number | null>>> {
  readonly obalex: number | null
  readonly areaShare: number | null
  /** Why there is no score. A missing score without a reason counts as no mask. */
  readonly reason?: ScoreGap
  readonly correct: Correctness
}

export type AverageOptions = Pick<BootstrapOptions, 'seed' | 'resamples'>

export interface ObalexAverage extends Readonly<Record<LocalisationMetric, number | null>> {
  /** Mean over the n images; null where n = 0. */
  readonly avgObalex: number | null
  /** 95 % bootstrap percentile interval; null where n < 2: one image says nothing of the spread. */
  readonly interval: Interval | null
  /** Images that the average is taken over. */
  readonly n: number
  /** Mean over the same images: the average that uniform maps would get. */
  readonly areaShare: number | null
  /** avgObalex / areaShare: the ratio of the means, which one tiny object cannot blow up as it could a mean of ratios. */
  readonly lift: number | null
  /** Share of the labelled images with a known answer that are classified correctly; null where there are none. */
  readonly accuracy: number | null
  readonly excluded: {
    readonly misclassified: number
    readonly noMask: number
    readonly noEvidence: number
    readonly unlabelled: number
  }
}

/**
 * AvgObAlEx of a dataset: the mean score of its correctly classified images.
 *
 * Every image is counted once: as unlabelled, else as misclassified, else by why it has no score (no mask, no
 * evidence), else in n. So n + noMask + noEvidence are the correctly classified ones. A score of 0 that variant
 * `paper` gives to an empty map is a score.
 * The cross-checks that entries have are averaged over the same images.
 * @param options.seed of the bootstrap
 * @param options.resamples of the bootstrap, see `bootstrapMean`
 * @see Nguyen, Oberföll, Färber, ECIR 2021, eq. 2
 */
export function averageObalex(entries: readonly AverageEntry[], options: AverageOptions): ObalexAverage {
  return atOnce(averageObalexInParts(entries, options))
}

/** As `averageObalex`: the bootstrap over 100,000 images takes seconds. */
export function* averageObalexInParts(
  entries: readonly AverageEntry[],
  options: AverageOptions,
): InParts<ObalexAverage> {
  const excluded = { misclassified: 0, noMask: 0, noEvidence: 0, unlabelled: 0 }
  const scores: number[] = []
  const averaged: AverageEntry[] = []
  let areaSum = 0
  for (const entry of entries) {
    const { obalex, areaShare, reason, correct } = entry
    if (correct === null) excluded.unlabelled++
    else if (!correct) excluded.misclassified++
    else if (obalex === null || areaShare === null) excluded[reason === 'no-evidence' ? 'noEvidence' : 'noMask']++
    else {
      scores.push(obalex)
      averaged.push(entry)
      areaSum += areaShare
    }
  }
  const n = scores.length
  const avgObalex = n === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / n
  const areaShare = n === 0 ? null : areaSum / n
  const interval = yield* bootstrapMeanInParts(scores, options)
  const nAnswered = entries.filter(({ correct }) => typeof correct === 'boolean').length
  return {
    avgObalex,
    interval,
    n,
    areaShare,
    lift: avgObalex === null || areaShare === null || areaShare === 0 ? null : avgObalex / areaShare,
    accuracy: nAnswered === 0 ? null : (nAnswered - excluded.misclassified) / nAnswered,
    ...meansOf(averaged),
    excluded,
  }
}

/** Means of the cross-checks over those of the averaged images that have them; null where none has. */
function meansOf(entries: readonly AverageEntry[]): Record<LocalisationMetric, number | null> {
  const means = localisationMetrics.map((metric) => {
    let [sum, n] = [0, 0]
    for (const { [metric]: value } of entries) {
      if (value === null || value === undefined) continue
      sum += value
      n++
    }
    return [metric, n === 0 ? null : sum / n]
  })
  return Object.fromEntries(means) as Record<LocalisationMetric, number | null>
}
