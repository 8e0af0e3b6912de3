import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import type { Distribution } from '../../../renderer/stores/score-lines.ts'

interface Entry {
  readonly image: number
  readonly obalex: number
  readonly normalized?: number
  /** 1: right, 0: wrong, 2: no label */
  readonly isCorrect: number
}

/** A line of the score table, of model 1 by occlusion where nothing else is said. */
export function average(line: Partial<ScoreAverage> = {}): ScoreAverage & { group: null } {
  return {
    modelId: 1,
    model: 'vgg',
    method: 'occlusion',
    variant: 'standard',
    options: { patch: 32 },
    maskVariant: 'standard',
    accuracy: 1,
    avgObalex: 0.5,
    interval: [0.4, 0.6],
    n: 2,
    areaShare: 0.25,
    lift: 2,
    pointingGame: 1,
    relevanceRank: 0.5,
    topK: 0.5,
    auc: 0.7,
    excluded: { misclassified: 0, noMask: 0, noEvidence: 0, unlabelled: 0 },
    group: null,
    ...line,
  }
}

/** The scores of a line, image by image. */
export function distribution(entries: readonly Entry[], line: Partial<ScoreAverage> = {}): Distribution {
  const column = (value: (entry: Entry) => number): Float64Array => Float64Array.from(entries, value)
  const { group: _, ...of } = average(line)
  return {
    images: column(({ image }) => image),
    obalex: column(({ obalex }) => obalex),
    areaShare: column(() => 0.25),
    lift: column(({ obalex }) => obalex / 0.25),
    normalized: column(({ obalex, normalized }) => normalized ?? (obalex - 0.25) / 0.75),
    isCorrect: Uint8Array.from(entries, ({ isCorrect }) => isCorrect),
    average: of,
  }
}
