import { bootstrapMean, type Interval } from '../statistics/bootstrap.ts'
import type { ScoreGap } from './obalex.ts'

/** What an average needs of one image's score. */
export interface AverageEntry {
  readonly obalex: number | null
  readonly areaShare: number | null
  /** Why there is no score. A missing score without a reason counts as no mask. */
  readonly reason?: ScoreGap
  /** Whether the image is classified as labelled; null where it has no label. */
  readonly correct: boolean | null
}

export interface ObalexAverage {
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
  /** Share of the labelled images that are classified correctly; null where none is labelled. */
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
 * @param options.seed of the bootstrap
 * @param options.resamples of the bootstrap, see `bootstrapMean`
 * @see Nguyen, Oberföll, Färber, ECIR 2021, eq. 2
 */
export function averageObalex(
  entries: readonly AverageEntry[],
  { seed, resamples }: { seed: number; resamples?: number },
): ObalexAverage {
  const excluded = { misclassified: 0, noMask: 0, noEvidence: 0, unlabelled: 0 }
  const scores: number[] = []
  let areaSum = 0
  for (const { obalex, areaShare, reason, correct } of entries) {
    if (correct === null) excluded.unlabelled++
    else if (!correct) excluded.misclassified++
    else if (obalex === null || areaShare === null) excluded[reason === 'no-evidence' ? 'noEvidence' : 'noMask']++
    else {
      scores.push(obalex)
      areaSum += areaShare
    }
  }
  const n = scores.length
  const avgObalex = n === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / n
  const areaShare = n === 0 ? null : areaSum / n
  const nLabelled = entries.length - excluded.unlabelled
  return {
    avgObalex,
    interval: bootstrapMean(scores, resamples === undefined ? { seed } : { seed, resamples }),
    n,
    areaShare,
    lift: avgObalex === null || areaShare === null || areaShare === 0 ? null : avgObalex / areaShare,
    accuracy: nLabelled === 0 ? null : (nLabelled - excluded.misclassified) / nLabelled,
    excluded,
  }
}
