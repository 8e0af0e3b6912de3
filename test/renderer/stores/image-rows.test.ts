import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImageRow } from '#common/contract/procedures/reviewing.ts'
import {
  filterImages,
  noFilter,
  projectOrder,
  scoreColumns,
  scoreOf,
  sortImages,
} from '../../../renderer/stores/image-rows.ts'

function image(id: number, change: Partial<ImageRow> = {}): ImageRow {
  return {
    id,
    file: `cat/${id}.jpg`,
    width: 4,
    height: 3,
    label: 'cat',
    split: null,
    nInstances: 1,
    verdict: null,
    reasons: [],
    auditor: null,
    isFlagged: false,
    isCorrected: false,
    results: [],
    ...change,
  }
}

function result(model: string, obalex: number | null, isCorrect: boolean | null = true): ImageRow['results'][number] {
  const score = { method: 'gradcam', variant: 'standard', maskVariant: 'standard', areaShare: 0.2 } as const
  return {
    model,
    predicted: 'cat',
    probability: 0.9,
    isCorrect,
    scores: [{ ...score, obalex, reason: obalex === null ? 'no-evidence' : null }],
  }
}

const ids = (rows: readonly ImageRow[]): number[] => rows.map(({ id }) => id)

describe('filterImages', () => {
  const rows = [
    image(1, { verdict: 'accept' }),
    image(2, { label: 'dog', file: 'dog/Rex.jpg', isCorrected: true }),
    image(3, { label: null, results: [result('a', 0.5, false), result('b', 0.5, true)] }),
  ]

  it('lets everything through without a filter', () => {
    expect(filterImages(rows, noFilter)).toEqual(rows)
  })

  it('keeps what has no verdict, one verdict, one class, or was corrected', () => {
    expect(ids(filterImages(rows, { ...noFilter, isToDoOnly: true }))).toEqual([2, 3])
    expect(ids(filterImages(rows, { ...noFilter, verdict: 'accept' }))).toEqual([1])
    expect(ids(filterImages(rows, { ...noFilter, label: 'dog' }))).toEqual([2])
    expect(ids(filterImages(rows, { ...noFilter, isCorrectedOnly: true }))).toEqual([2])
  })

  it('looks at the prediction of the classifier that is meant, the first one by default', () => {
    expect(ids(filterImages(rows, { ...noFilter, prediction: 'wrong' }))).toEqual([3])
    expect(ids(filterImages(rows, { ...noFilter, prediction: 'right', model: 'b' }))).toEqual([3])
    expect(ids(filterImages(rows, { ...noFilter, prediction: 'right' }))).toEqual([])
  })

  it('keeps images by reason, auditor and score', () => {
    const reviewed = [
      image(1, { verdict: 'minor', reasons: ['hole'], auditor: 'Ada', results: [result('a', 0.25)] }),
      image(2, { verdict: 'reject', reasons: ['hole', 'other'], auditor: 'Bob', results: [result('a', 0.75)] }),
      image(3, { results: [result('a', null)] }),
    ]
    const columns = scoreColumns(reviewed)
    const kept = (filter: Partial<typeof noFilter>): number[] =>
      ids(filterImages(reviewed, { ...noFilter, ...filter }, columns))
    expect(kept({ reason: 'hole' })).toEqual([1, 2])
    expect(kept({ reason: 'other' })).toEqual([2])
    expect(kept({ auditor: 'Ada' })).toEqual([1])
    const column = columns[0]!.key
    expect(kept({ score: { column, from: 0.25, to: 0.5 } })).toEqual([1])
    expect(kept({ score: { column, from: 0, to: 1 } })).toEqual([1, 2])
    expect(kept({ score: { column: 'another one', from: 0, to: 1 } })).toEqual([])
  })

  it('finds words in file and class, whatever their case', () => {
    expect(ids(filterImages(rows, { ...noFilter, text: ' REX ' }))).toEqual([2])
    expect(ids(filterImages(rows, { ...noFilter, text: 'dog' }))).toEqual([2])
  })
})

describe('sortImages', () => {
  it('sorts names by their numbers, in both directions', () => {
    const rows = [10, 9, 1].map((id) => image(id))
    expect(ids(sortImages(rows, { ...projectOrder, by: 'file' }, []))).toEqual([1, 9, 10])
    expect(ids(sortImages(rows, { ...projectOrder, by: 'file', isDescending: true }, []))).toEqual([10, 9, 1])
  })

  it('puts images without a score last in both directions', () => {
    const rows = [image(1), image(2, { results: [result('a', 0.2)] }), image(3, { results: [result('a', 0.7)] })]
    rows.push(image(4, { results: [result('a', null)] }))
    const columns = scoreColumns(rows)
    const sort = { by: 'score', score: columns[0]!.key, isDescending: false } as const
    expect(ids(sortImages(rows, sort, columns))).toEqual([2, 3, 1, 4])
    expect(ids(sortImages(rows, { ...sort, isDescending: true }, columns))).toEqual([3, 2, 1, 4])
  })

  it('orders as a plain stable sort does', () => {
    const scores = fc.array(fc.option(fc.integer({ min: 0, max: 5 }).map((n) => n / 5)), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(scores, (values) => {
        const rows = values.map((value, i) => image(i + 1, { results: [result('a', value)] }))
        const columns = scoreColumns(rows)
        const column = columns[0]!
        const sorted = sortImages(rows, { by: 'score', score: column.key, isDescending: false }, columns)
        const plain = [...rows].sort((a, b) => (scoreOf(a, column) ?? 2) - (scoreOf(b, column) ?? 2))
        expect(ids(sorted)).toEqual(ids(plain))
      }),
    )
  })

  it('filters and sorts 10,000 images within 50 ms', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) =>
      image(i + 1, {
        label: i % 2 === 0 ? 'cat' : 'dog',
        results: [result('a', ((i * 7919) % 10_007) / 10_007), result('b', ((i * 104_729) % 10_007) / 10_007)],
      }),
    )
    const columns = scoreColumns(rows)
    const sort = { by: 'score', score: columns[1]!.key, isDescending: true } as const
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now()
      const shown = sortImages(filterImages(rows, { ...noFilter, prediction: 'right', text: '.jpg' }), sort, columns)
      expect(shown).toHaveLength(10_000)
      return performance.now() - start
    })
    expect(times.sort((a, b) => a - b)[3]).toBeLessThan(50)
  })
})
