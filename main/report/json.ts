import type { ReportFormat } from './document.ts'

/** Scores that go into one write. */
const batchSize = 500

/**
 * The report as JSON: the document's fields as they are, and behind them `scores`, one a line, so that the file can be
 * read by line too. Pictures are left out.
 */
export const json: ReportFormat = {
  ending: '.json',
  listsScores: true,
  async *write({ document, scores }, { signal, onProgress }) {
    const text = JSON.stringify(document, (key, value: unknown) => (key === 'evidence' ? undefined : value), 2)
    yield `${text.replace(/\n\}$/, '')},\n  "scores": [`
    let n = 0
    let batch = ''
    for await (const score of scores()) {
      batch += `${n === 0 ? '' : ','}\n    ${JSON.stringify(score)}`
      n++
      if (n % batchSize !== 0) continue
      signal.throwIfAborted()
      onProgress('writing scores', n, null)
      yield batch
      batch = ''
    }
    yield `${batch}${n === 0 ? '' : '\n  '}]\n}\n`
  },
}
