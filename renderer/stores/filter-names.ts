import { methodName } from '../components/methods.ts'
import { text } from '../messages/i18n.ts'
import { formatScore } from '../messages/numbers.ts'
import type { ImageFilter, ScoreColumn } from './image-rows.ts'
import { reasonName, verdictName } from './verdict-draft.ts'

/** What a filter asks for, each in words as its control names it. */
export function filterNames(filter: ImageFilter, columns: readonly ScoreColumn[]): string[] {
  const { isToDoOnly, label, verdict, reason, auditor, score, isCorrectedOnly, prediction } = filter
  const names: (string | null)[] = [
    isToDoOnly ? text('images.toDo') : null,
    label === null ? null : text('review.class', { label }),
    verdict === null ? null : verdictName(verdict),
    reason === null ? null : reasonName(reason),
    auditor === null ? null : text('status.auditor', { name: auditor }),
    score === null ? null : scoreName(score, columns),
    isCorrectedOnly ? text('images.corrected') : null,
    prediction === null ? null : text(prediction === 'right' ? 'images.right' : 'images.wrong'),
    filter.text.trim() === '' ? null : text('images.named', { text: filter.text.trim() }),
  ]
  return names.filter((name) => name !== null)
}

function scoreName({ column, from, to }: NonNullable<ImageFilter['score']>, columns: readonly ScoreColumn[]): string {
  const found = columns.find(({ key }) => key === column)
  const range = { low: formatScore(from), high: formatScore(to) }
  return `${found === undefined ? text('canvas.score0') : methodName(found.method)} ${text('images.interval', range)}`
}
