import { describe, expect, it } from 'vitest'
import { count, listed, percent, range, score, settingName, utc } from '#main/report/words.ts'
import { aDocument, aResult } from './a-document.ts'

describe('numbers in words', () => {
  it('have the digits of their kind, and a dash where there is none', () => {
    expect([score(0.12345), score(-0.5, 2), score(null)]).toEqual(['0.123', '−0.50', '–'])
    expect([percent(1), percent(0.8324), percent(null)]).toEqual(['100.0\u00a0%', '83.2\u00a0%', '–'])
    expect([range([0.1, 0.25]), range(null)]).toEqual(['0.100 to 0.250', '–'])
    expect([count(999), count(1000), count(1234567)]).toEqual(['999', '1\u202f000', '1\u202f234\u202f567'])
  })

  it('and lists and times', () => {
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c'])
    expect(utc('2026-11-23T17:05:59.999Z')).toBe('2026-11-23 17:05 UTC')
  })
})

describe('settingName', () => {
  it('says no more than it must to tell settings apart', () => {
    const name = (results: ReturnType<typeof aResult>[]) => {
      const document = aDocument({ results })
      return results.map((result) => settingName(document, result))
    }
    expect(name([aResult(0)])).toEqual(['Occlusion'])
    expect(name([aResult(0, { method: 'other' })])).toEqual(['other'])
    expect(name([aResult(0), aResult(0, { variant: 'paper', maskVariant: 'paper' })])).toEqual([
      'Occlusion',
      'Occlusion (paper variant, paper’s mask rule)',
    ])
    expect(name([aResult(0), aResult(0, { options: { patch: 16, stride: 16, fill: 'mean' } })])).toEqual([
      'Occlusion (patch 32, fill 0)',
      'Occlusion (patch 16, fill mean)',
    ])
    expect(name([aResult(0, { options: {} }), aResult(0, { options: { layer: 'last' } })])).toEqual([
      'Occlusion (layer default)',
      'Occlusion (layer last)',
    ])
  })
})
