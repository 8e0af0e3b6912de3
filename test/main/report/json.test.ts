import { describe, expect, it } from 'vitest'
import type { ReportScore } from '#main/report/document.ts'
import { json } from '#main/report/json.ts'
import { aDocument, anExample, aReport, aResult, noAverage, textOf, writing } from './a-document.ts'

const aScore: ReportScore = {
  result: 0,
  image: 'cats/"0".jpg',
  label: null,
  predicted: 'tabby',
  probability: 0.1 + 0.2,
  isCorrect: null,
  obalex: null,
  areaShare: 0.25,
  lift: null,
  normalized: null,
  reason: 'no-evidence',
  pointingGame: 0,
  relevanceRank: 0.5,
  topK: 0.125,
  auc: 0.75,
}

describe('the JSON report', () => {
  it('holds the document as it is, without what pictures are drawn from, and every score', async () => {
    const example = anExample()
    const document = aDocument({
      results: [aResult(0, { best: [example] }), aResult(0, { ...noAverage, variant: 'paper' })],
    })
    const scores = Array.from({ length: 1203 }, (_, i) => ({ ...aScore, obalex: i / 1203 }))
    const text = await textOf(json.write(aReport(document, scores), writing))
    const { evidence, ...shown } = example
    expect(evidence.folder).toBe('/nowhere')
    expect(text).not.toContain('/nowhere')
    const parsed = JSON.parse(text) as Record<string, unknown>
    expect(parsed).toEqual({
      ...document,
      results: [{ ...document.results[0], best: [shown] }, document.results[1]],
      scores,
    })
    expect(text.split('\n').filter((line) => /^ {4}\{"result":/.test(line))).toHaveLength(1203)
  })

  it('is whole without a score', async () => {
    const text = await textOf(json.write(aReport(aDocument({ results: [] })), writing))
    expect(JSON.parse(text)).toMatchObject({ schemaVersion: 1, results: [], scores: [] })
    expect(text.endsWith('"scores": []\n}\n')).toBe(true)
  })

  it('ends when it is cancelled', async () => {
    const controller = new AbortController()
    const scores = Array.from({ length: 5000 }, () => aScore)
    const context = { signal: controller.signal, onProgress: () => controller.abort() }
    await expect(textOf(json.write(aReport(aDocument(), scores), context))).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})
