import type { ScoreAverage } from '#common/contract/procedures/running.ts'
import { decimal, type Cell } from './table.ts'

const excludedWords: Readonly<Record<keyof ScoreAverage['excluded'], string>> = {
  misclassified: 'misclassified',
  noMask: 'without mask',
  noEvidence: 'without evidence',
  unlabelled: 'unlabelled',
}

/** The score table for people: title and cell. */
export const averageColumns: readonly (readonly [string, (row: ScoreAverage) => Cell])[] = [
  ['model', (row) => row.model],
  ['method', (row) => row.method],
  ['variant', (row) => row.variant],
  ['accuracy', (row) => decimal(row.accuracy)],
  ['AvgObAlEx', (row) => decimal(row.avgObalex)],
  ['95 % interval', ({ interval }) => (interval ? `${decimal(interval[0])} to ${decimal(interval[1])}` : null)],
  ['n', (row) => row.n],
  ['area share', (row) => decimal(row.areaShare)],
  ['lift', (row) => decimal(row.lift, 2)],
  ['excluded', (row) => excludedText(row.excluded)],
]

function excludedText(excluded: ScoreAverage['excluded']): string {
  const reasons = Object.entries(excludedWords) as [keyof ScoreAverage['excluded'], string][]
  const texts = reasons
    .filter(([reason]) => excluded[reason] > 0)
    .map(([reason, words]) => `${excluded[reason]} ${words}`)
  return texts.length > 0 ? texts.join(', ') : 'none'
}
