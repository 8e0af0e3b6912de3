import type { ImageId } from '#common/contract/ids.ts'
import type { Variant } from '#common/contract/procedures/common.ts'
import { averageObalexInParts, type AverageEntry, type Correctness } from '#common/score/average.ts'
import { bootstrapDefaults } from '#common/statistics/bootstrap.ts'
import { wilsonInterval } from '#common/statistics/wilson.ts'
import type { ReportAverage, ReportExample, ReportResult } from '#main/report/document.ts'
import type { ReportedScore } from '#main/project/score-repository.ts'
import { inTurns } from '../in-turns.ts'
import { averageEntry, bootstrapSeed } from '../score-table.ts'
import { Ranking } from './ranking.ts'

/** Images that are shown of the best, of the worst, and of the misclassified ones. */
export const nShown = 6
const nBins = 20

/** What results are finished with. */
export interface Finishing {
  /** makes an example of a score */
  readonly exampleOf: (score: ReportedScore) => Promise<ReportExample>
  /** lets other work in, and throws where this one is to stop */
  readonly pause: () => Promise<void>
}

/** One line of the score table, collected score by score. */
export class ResultBuilder {
  readonly #first: ReportedScore
  readonly #entries: AverageEntry[] = []
  readonly #byLabel = new Map<string | null, AverageEntry[]>()
  readonly #counts = Array.from({ length: nBins }, () => 0)
  readonly #highest = new Ranking<ReportedScore>(nShown, 'highest')
  readonly #lowest = new Ranking<ReportedScore>(nShown, 'lowest')
  /** in the order in which they came */
  readonly images: ImageId[] = []

  /** @param first any score of the line: says what it is about */
  constructor(first: ReportedScore) {
    this.#first = first
  }

  add(score: ReportedScore, correct: Correctness): void {
    const { obalex, areaShare, label, imageId } = score
    const entry = averageEntry(score, correct)
    this.#entries.push(entry)
    const ofLabel = this.#byLabel.get(label)
    if (ofLabel) ofLabel.push(entry)
    else this.#byLabel.set(label, [entry])
    this.images.push(imageId)
    if (correct === null || correct === false || obalex === null || areaShare === null) return
    this.#counts[Math.min(nBins - 1, Math.max(0, Math.floor(obalex * nBins)))]!++
    this.#highest.add(obalex, imageId, score)
    this.#lowest.add(obalex, imageId, score)
  }

  /** @param classifier its position in the document */
  async build(classifier: number, finishing: Finishing): Promise<ReportResult> {
    const { method, variant, options, maskVariant } = this.#first
    const average = await averageOf(this.#entries, finishing)
    const byLabel = [...this.#byLabel].sort(([a], [b]) => compareLabels(a, b))
    // of few images the lower half is shown as the worst, so that none is among the best too
    const [best, worst] = [Math.floor(average.n / 2), Math.ceil(average.n / 2)]
    return {
      classifier,
      method,
      variant: variant as Variant,
      options: JSON.parse(options) as Record<string, unknown>,
      maskVariant,
      ...average,
      byClass: await inTurn(byLabel, async ([label, entries]) => ({ label, ...(await averageOf(entries, finishing)) })),
      histogram: { counts: this.#counts },
      best: await inTurn(this.#highest.items.slice(0, best), finishing.exampleOf),
      worst: await inTurn(this.#lowest.items.slice(0, worst), finishing.exampleOf),
    }
  }
}

/** @throws what `work` throws, at the first item that it throws at */
export async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (const item of items) results.push(await work(item))
  return results
}

async function averageOf(entries: readonly AverageEntry[], { pause }: Finishing): Promise<ReportAverage> {
  await pause() // a bootstrap over many images takes its time
  const { resamples } = bootstrapDefaults
  const average = await inTurns(averageObalexInParts(entries, { seed: bootstrapSeed, resamples }))
  const nAnswered = entries.filter(({ correct }) => typeof correct === 'boolean').length
  const nCorrect = nAnswered - average.excluded.misclassified
  return {
    ...average,
    nImages: entries.length,
    nAnswered,
    nCorrect,
    accuracyInterval: wilsonInterval(nCorrect, nAnswered),
  }
}

/** Images without a label last. */
function compareLabels(a: string | null, b: string | null): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b ? -1 : 1
}
