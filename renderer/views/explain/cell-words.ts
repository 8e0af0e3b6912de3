import { readMap, type MapDetail } from '../../canvas/explain/cell-map.ts'
import type { Point } from '../../canvas/viewport.ts'
import { methodName } from '../../components/methods.ts'
import { text } from '../../messages/i18n.ts'
import { formatLift, formatPercent, formatScore, formatSignificant } from '../../messages/numbers.ts'
import type { ExplainCell } from '../../stores/explain-cells.ts'

/** What a cell shows, for those who do not see it. */
export function describeCell({ model, place, map, score, problem, work }: ExplainCell): string {
  const state = (): string => {
    if (problem !== null) return problem
    if (work !== null) return text(work === 'waiting' ? 'explain.waiting' : 'explain.underWay')
    if (map === null) return text('explain.noMap')
    if (score?.obalex == null) return scoreWord(score?.reason ?? null)
    const values = { score: formatScore(score.obalex) }
    if (score.areaShare === null || score.lift === null) return text('explain.cellPlain', values)
    return text('explain.cellScore', { ...values, area: formatScore(score.areaShare), lift: formatLift(score.lift) })
  }
  return text('explain.cell', { model, method: methodName(place.method), state: state() })
}

/** Why there is no number. */
export function scoreWord(reason: 'no-mask' | 'no-evidence' | null): string {
  if (reason === null) return text('images.notScored')
  return text(reason === 'no-evidence' ? 'images.noEvidence' : 'images.noMask')
}

/** What the map of a cell has at a place of the photo; null: it has no map. */
export function readingAt({ drawn }: ExplainCell, at: Point, detail: MapDetail): string | null {
  if (drawn === null) return null
  const reading = readMap(drawn, at, detail)
  if (reading === null) return text('explain.outside')
  const { segment, value, density } = reading
  if (segment !== null) {
    return text('explain.readingSegment', { n: segment.index, weight: formatSignificant(segment.weight) })
  }
  if (density === null) return text('explain.readingFlat', { value: formatSignificant(value) })
  const max = formatSignificant(drawn.max)
  return text('explain.reading', { value: formatSignificant(value), max, density: formatLift(density) })
}

/** What a classifier says of the photo; its probability where that is known. */
export function predictionWords({ prediction }: Pick<ExplainCell, 'prediction'>): string {
  if (prediction === null) return text('explain.noPrediction')
  const { label, probability } = prediction
  if (probability === null) return label
  return text('explain.prediction', { label, probability: formatPercent(probability) })
}
