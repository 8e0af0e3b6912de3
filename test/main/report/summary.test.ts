import { describe, expect, it } from 'vitest'
import type { ReportResult } from '#main/report/document.ts'
import { aClassifier, aDocument, aResult, noAverage } from './a-document.ts'

const two = [aClassifier('one'), aClassifier('two')]

function summaryOf(
  first: Partial<ReportResult>,
  second: Partial<ReportResult>,
  more: Parameters<typeof aDocument>[0] = {},
) {
  return aDocument({ classifiers: two, results: [aResult(0, first), aResult(1, second)], ...more }).summary
}

describe('summarise', () => {
  it('says first what this is for: as often right, but not on the same evidence', () => {
    const summary = summaryOf({}, { avgObalex: 0.7, interval: [0.65, 0.75] })
    expect(summary.map(({ kind }) => kind)).toEqual(['scope', 'finding'])
    expect(summary[1]!.text).toMatch(/By Occlusion, one and two are right about equally often .* differ in how much/)
    expect(summary[1]!.text).toContain('0.500 (0.450 to 0.550) and 0.700 (0.650 to 0.750)')
  })

  it('claims no difference where intervals overlap or touch, and no equality either', () => {
    for (const interval of [
      [0.5, 0.6],
      [0.55, 0.6],
    ] as const) {
      const summary = summaryOf({}, { avgObalex: 0.58, interval })
      expect(summary.map(({ kind }) => kind)).toEqual(['scope', 'statement'])
      expect(summary[1]!.text).toContain('overlap')
      expect(summary[1]!.text).toContain('no difference is shown')
      expect(summary[1]!.text).not.toMatch(/differ(s)? in|equal(?!ly)|same/)
    }
  })

  it('says where accuracies differ', () => {
    const far = { accuracy: 0.6, accuracyInterval: [0.5, 0.69] } as const
    expect(summaryOf({}, far)[1]!.text).toContain('Their accuracies differ: 90.0\u00a0% and 60.0\u00a0%.')
    const both = summaryOf({}, { ...far, interval: [0.65, 0.75] })[1]!
    expect(both.kind).toBe('finding')
    expect(both.text).not.toContain('equally often')
  })

  it('does not compare scores of different images', () => {
    const images = [
      [1, 2, 3],
      [4, 5, 6],
    ]
    const summary = summaryOf({}, { interval: [0.65, 0.75] }, { images })
    expect(summary.map(({ kind }) => kind)).toEqual(['scope', 'caution'])
    expect(summary[1]!.text).toContain('not compared')
  })

  it('says of evidence without preference that it is that, and nothing of an interval above the area share', () => {
    const of = (interval: readonly [number, number]) =>
      aDocument({ results: [aResult(0, { interval })] })
        .summary.slice(1)
        .map(({ text }) => text)
    expect(of([0.26, 0.4])).toEqual([])
    expect(of([0.2, 0.3])[0]).toContain('is not told apart from a map without any preference')
    expect(of([0.1, 0.2])[0]).toContain('less evidence on the object than a map without any preference')
  })

  it('is careful with few images, with none, and with failures', () => {
    const texts = (results: ReportResult[], failed = 0) => {
      const { data } = aDocument()
      const run = { job: 1, state: 'done', startedAt: '', finishedAt: '', done: 1, total: 1, failed } as const
      return aDocument({ results, data: { ...data, runs: [run] } })
        .summary.slice(1)
        .map(({ text }) => text)
    }
    expect(texts([aResult(0, { n: 12 })])[0]).toContain('Few images count for one by Occlusion (12)')
    expect(texts([aResult(0, noAverage)])).toEqual(['No image counts for the average of one by Occlusion.'])
    expect(texts([aResult(0)], 3)).toEqual([
      '3 times a run could not do an image; “What was examined” names the first of them.',
    ])
  })

  it('speaks of the images that were scored, and of classifiers without scores', () => {
    const classifiers = [aClassifier('one', { nImages: 60 }), aClassifier('two', { nImages: 0 })]
    const { text } = aDocument({ classifiers }).summary[0]!
    expect(text).toBe(
      'The project holds 100 images (100 cat); 1 classifier was explained by Occlusion, on 60 of them. 1 more classifier has no scores.',
    )
    expect(aDocument({ results: [], classifiers: [] }).summary).toEqual([
      { kind: 'scope', text: expect.stringContaining('no scores yet') as string },
    ])
  })

  it('leaves many comparisons to the table, and many labels to their number', () => {
    const classifiers = Array.from({ length: 8 }, (_, i) => aClassifier(`model ${i}`))
    const { data } = aDocument()
    const labels = Array.from({ length: 40 }, (_, i) => ({ label: `label ${i}`, nImages: 1 }))
    const { summary } = aDocument({
      classifiers,
      results: classifiers.map((_, i) => aResult(i)),
      data: { ...data, labels },
    })
    expect(summary).toHaveLength(8)
    expect(summary[0]!.text).toContain('(40 labels)')
    expect(summary[7]!.text).toContain('22 more comparisons')
  })
})
