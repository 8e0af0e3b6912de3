import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareResults } from '#main/report/compare.ts'
import { aResult } from './a-document.ts'

const images = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i)

function pairOf(first: Parameters<typeof aResult>[1], second: Parameters<typeof aResult>[1]) {
  return compareResults([aResult(0, first), aResult(1, second)], [images(1, 100), images(1, 100)])[0]
}

describe('compareResults', () => {
  it('tells intervals apart only where they share nothing, not even an end', () => {
    expect(pairOf({ interval: [0.2, 0.4] }, { interval: [0.4, 0.6] })).toMatchObject({ obalex: 'overlapping' })
    expect(pairOf({ interval: [0.2, 0.4] }, { interval: [0.41, 0.6] })).toMatchObject({ obalex: 'apart' })
    expect(pairOf({ interval: [0.41, 0.6] }, { interval: [0.2, 0.4] })).toMatchObject({ obalex: 'apart' })
    expect(pairOf({ interval: [0.2, 0.9] }, { interval: [0.3, 0.4] })).toMatchObject({ obalex: 'overlapping' })
    expect(pairOf({ interval: null }, { interval: [0.3, 0.4] })).toMatchObject({ obalex: null })
    expect(pairOf({ accuracyInterval: [0.5, 0.6] }, { accuracyInterval: [0.7, 0.8] })).toMatchObject({
      accuracy: 'apart',
    })
  })

  it('compares each pair once, and only within one setting', () => {
    const results = [
      aResult(0),
      aResult(0, { variant: 'paper' }),
      aResult(1),
      aResult(1, { options: { patch: 16, stride: 16, fill: 0 } }),
      aResult(2, { options: { stride: 16, fill: 0, patch: 32 } }),
      aResult(2, { maskVariant: 'paper' }),
    ]
    const pairs = compareResults(
      results,
      results.map(() => images(1, 9)),
    )
    expect(pairs.map(({ a, b }) => [a, b])).toEqual([
      [0, 2],
      [0, 4],
      [2, 4],
    ])
  })

  it('does not hold results of different images against each other, but a few that failed are no matter', () => {
    const results = [aResult(0), aResult(1)]
    const of = (a: number[], b: number[]) => compareResults(results, [a, b])[0]
    expect(of(images(1, 100), images(1, 95))).toMatchObject({ nShared: 95, isComparable: true })
    expect(of(images(1, 60), images(41, 100))).toMatchObject({ nShared: 20, isComparable: false })
    expect(of([], images(1, 3))).toMatchObject({ nShared: 0, isComparable: false })
  })

  it('counts shared images as a set would', () => {
    const ascending = fc.uniqueArray(fc.nat(60)).map((list) => list.sort((a, b) => a - b))
    fc.assert(
      fc.property(ascending, ascending, (a, b) => {
        const [pair] = compareResults([aResult(0), aResult(1)], [a, b])
        expect(pair!.nShared).toBe(a.filter((id) => b.includes(id)).length)
      }),
    )
  })
})
