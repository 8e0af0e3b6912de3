import type { ImageRow, ReviewReason, Verdict } from '#common/contract/procedures/reviewing.ts'

/** What of the images is shown; null and '' let all through. */
export interface ImageFilter {
  readonly isToDoOnly: boolean
  readonly label: string | null
  readonly verdict: Verdict | null
  readonly reason: ReviewReason | null
  readonly auditor: string | null
  /** scores of a column from … to, both included; images without one do not pass */
  readonly score: { readonly column: string; readonly from: number; readonly to: number } | null
  readonly isCorrectedOnly: boolean
  readonly prediction: 'right' | 'wrong' | null
  /** model whose prediction and scores are meant; null: the first one of the image */
  readonly model: string | null
  readonly text: string
}

export type SortKey = 'order' | 'file' | 'label' | 'verdict' | 'score'

export interface ImageSort {
  readonly by: SortKey
  /** of `score`: which one */
  readonly score: string | null
  readonly isDescending: boolean
}

export const noFilter: ImageFilter = {
  isToDoOnly: false,
  label: null,
  verdict: null,
  reason: null,
  auditor: null,
  score: null,
  isCorrectedOnly: false,
  prediction: null,
  model: null,
  text: '',
}

export const projectOrder: ImageSort = { by: 'order', score: null, isDescending: false }

type ImageResult = ImageRow['results'][number]
type ImageScore = ImageResult['scores'][number]

const verdictOrder: readonly Verdict[] = ['accept', 'minor', 'reject', 'cannot judge']
const names = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

type ScoreColumnParts = Pick<ImageScore, 'method' | 'variant' | 'maskVariant'>

/** A column of scores that at least one image has. */
export interface ScoreColumn extends ScoreColumnParts {
  /** all of the others in one */
  readonly key: string
  readonly model: string
}

/** The columns of scores of these images, in order of their first appearance. */
export function scoreColumns(rows: readonly ImageRow[]): ScoreColumn[] {
  const columns: ScoreColumn[] = []
  for (const { results } of rows) {
    for (const { model, scores } of results) {
      for (const score of scores) {
        // few columns, very many scores: comparing is quicker than making a key of each
        if (columns.some((column) => column.model === model && isScoreOf(score, column))) continue
        const { method, variant, maskVariant } = score
        const key = JSON.stringify([model, method, variant, maskVariant])
        columns.push({ key, model, method, variant, maskVariant })
      }
    }
  }
  return columns
}

function isScoreOf(score: ImageScore, { method, variant, maskVariant }: ScoreColumnParts): boolean {
  return score.method === method && score.variant === variant && score.maskVariant === maskVariant
}

/** The score of an image in a column; null where it has none, or none that is a number. */
export function scoreOf(row: ImageRow, column: ScoreColumn): number | null {
  return findScore(row, column)?.obalex ?? null
}

/** The entry of an image in a column, with the reason where there is no number. */
export function findScore({ results }: ImageRow, column: ScoreColumn): ImageScore | undefined {
  const result = results.find(({ model }) => model === column.model)
  return result?.scores.find((score) => isScoreOf(score, column))
}

/** The prediction that a filter means. */
export function resultOf({ results }: ImageRow, model: string | null): ImageResult | undefined {
  return model === null ? results[0] : results.find((result) => result.model === model)
}

/**
 * Keeps the images that a filter lets through, in their order.
 * @param columns as `scoreColumns` of all images; for the filter by score
 */
export function filterImages(
  rows: readonly ImageRow[],
  filter: ImageFilter,
  columns: readonly ScoreColumn[] = [],
): ImageRow[] {
  const column = filter.score === null ? null : (columns.find(({ key }) => key === filter.score?.column) ?? null)
  const words = filter.text.trim().toLowerCase()
  return rows.filter((row) => {
    if (filter.isToDoOnly && row.verdict !== null) return false
    if (filter.label !== null && row.label !== filter.label) return false
    if (filter.verdict !== null && row.verdict !== filter.verdict) return false
    if (filter.reason !== null && !row.reasons.includes(filter.reason)) return false
    if (filter.auditor !== null && row.auditor !== filter.auditor) return false
    if (filter.score !== null && (column === null || !isWithin(scoreOf(row, column), filter.score))) return false
    if (filter.isCorrectedOnly && !row.isCorrected) return false
    if (filter.prediction !== null && !isPredicted(row, filter)) return false
    return words === '' || row.file.toLowerCase().includes(words) || (row.label ?? '').toLowerCase().includes(words)
  })
}

function isWithin(score: number | null, { from, to }: { readonly from: number; readonly to: number }): boolean {
  return score !== null && score >= from && score <= to
}

function isPredicted(row: ImageRow, { model, prediction }: ImageFilter): boolean {
  const isCorrect = resultOf(row, model)?.isCorrect ?? null
  return isCorrect !== null && isCorrect === (prediction === 'right')
}

/**
 * Sorts images; equal ones keep their order, and those without a value (no label, no verdict, no score) come last in
 * both directions.
 */
export function sortImages(rows: readonly ImageRow[], sort: ImageSort, columns: readonly ScoreColumn[]): ImageRow[] {
  if (sort.by === 'order') return sort.isDescending ? [...rows].reverse() : [...rows]
  if (sort.by === 'file') return sortByName(rows, ({ file }) => file, sort.isDescending)
  if (sort.by === 'label') return sortByName(rows, ({ label }) => label, sort.isDescending)
  if (sort.by === 'verdict') {
    return sortByNumber(
      rows,
      ({ verdict }) => (verdict === null ? null : verdictOrder.indexOf(verdict)),
      sort.isDescending,
    )
  }
  const column = columns.find(({ key }) => key === sort.score)
  return column === undefined ? [...rows] : sortByNumber(rows, (row) => scoreOf(row, column), sort.isDescending)
}

function sortByNumber(
  rows: readonly ImageRow[],
  valueOf: (row: ImageRow) => number | null,
  isDescending: boolean,
): ImageRow[] {
  const sign = isDescending ? -1 : 1
  const values = Float64Array.from(rows, (row) => sign * (valueOf(row) ?? sign * Infinity))
  return sortedBy(rows, values)
}

function sortByName(
  rows: readonly ImageRow[],
  nameOf: (row: ImageRow) => string | null,
  isDescending: boolean,
): ImageRow[] {
  // the collator is slow: it ranks each different name once, and the rows are sorted by rank
  const distinct = [...new Set(rows.map(nameOf))].filter((name) => name !== null).sort(names.compare)
  const ranks = new Map(distinct.map((name, i) => [name, i]))
  return sortByNumber(rows, (row) => ranks.get(nameOf(row) ?? '') ?? null, isDescending)
}

function sortedBy(rows: readonly ImageRow[], values: Float64Array): ImageRow[] {
  const order = Uint32Array.from(rows, (_, i) => i)
  order.sort((a, b) => {
    const [x, y] = [values[a]!, values[b]!]
    return x < y ? -1 : x > y ? 1 : a - b
  })
  return Array.from(order, (i) => rows[i]!)
}
