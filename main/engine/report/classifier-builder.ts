import { basename, dirname } from 'node:path'
import type { ImageId } from '#common/contract/ids.ts'
import type { ClassMatching } from '#common/contract/procedures/classes.ts'
import { noFileSha256, type Model } from '#main/project/model-repository.ts'
import type { ReportedScore } from '#main/project/score-repository.ts'
import type { ReportClassifier, ReportResult } from '#main/report/document.ts'
import { namesOfModel } from '../class-matching.ts'
import type { Judge } from '../score-table.ts'
import { cardOf } from '../stored-card.ts'
import { Ranking } from './ranking.ts'
import { inTurn, nShown, ResultBuilder, type Finishing } from './result-builder.ts'

/** One classifier with its results, collected score by score. */
export class ClassifierBuilder {
  readonly #judge: Judge
  readonly #results = new Map<string, ResultBuilder>()
  readonly #seen = new Set<ImageId>()
  readonly #errors = new Ranking<ReportedScore>(nShown, 'highest')
  readonly #predictionRuntimes = new Set<string>()
  readonly #explanationRuntimes = new Set<string>()
  #nMisclassified = 0
  #nAssumed = 0

  constructor(judge: Judge) {
    this.#judge = judge
  }

  add(score: ReportedScore): void {
    const correct = this.#judge(score)
    this.#resultOf(score).add(score, correct)
    this.#predictionRuntimes.add(score.predictionRuntime)
    this.#explanationRuntimes.add(score.explanationRuntime)
    if (this.#seen.has(score.imageId)) return
    this.#seen.add(score.imageId)
    if (correct === 'assumed') this.#nAssumed++
    if (correct !== false) return
    this.#nMisclassified++
    this.#errors.add(score.probability ?? 0, score.imageId, score)
  }

  /** The images of each of `results`, ascending. */
  get images(): (readonly ImageId[])[] {
    return [...this.#results.values()].map(({ images }) => images)
  }

  /** Where in `results` the scores of each key are, see `resultKey`. */
  get positions(): ReadonlyMap<string, number> {
    return new Map([...this.#results.keys()].map((key, position) => [key, position]))
  }

  /** @param classifier its position in the document */
  results(classifier: number, finishing: Finishing): Promise<ReportResult[]> {
    return inTurn([...this.#results.values()], (builder) => builder.build(classifier, finishing))
  }

  /** @param name by which it is told from others */
  async describe(
    model: Model,
    facts: { readonly name: string; readonly matching: ClassMatching['models'][number] },
    { exampleOf }: Finishing,
  ): Promise<ReportClassifier> {
    const { labels: _, ...card } = cardOf(model)
    const hasFile = model.sha256 !== noFileSha256
    return {
      ...facts,
      file: hasFile ? `${basename(dirname(model.path))}/${basename(model.path)}` : null,
      sha256: hasFile ? model.sha256 : null,
      card,
      nClasses: namesOfModel(model).length,
      runtimes: {
        predictions: [...this.#predictionRuntimes].sort(),
        explanations: [...this.#explanationRuntimes].sort(),
      },
      nImages: this.#seen.size,
      nMisclassified: this.#nMisclassified,
      nAssumed: this.#nAssumed,
      misclassified: await inTurn(this.#errors.items, exampleOf),
    }
  }

  #resultOf(score: ReportedScore): ResultBuilder {
    const key = resultKey(score)
    const known = this.#results.get(key)
    if (known) return known
    const builder = new ResultBuilder(score)
    this.#results.set(key, builder)
    return builder
  }
}

/** Scores of one classifier with equal keys are of one result. */
export function resultKey({ method, variant, options, maskVariant }: ReportedScore): string {
  return `${variant} ${maskVariant} ${method} ${options}`
}
