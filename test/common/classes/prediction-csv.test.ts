import { describe, expect, it } from 'vitest'
import { parsePredictionCsv } from '#common/classes/prediction-csv.ts'
import type { AppError } from '#common/contract/errors.ts'

function codeOf(text: string): string {
  try {
    parsePredictionCsv(text)
  } catch (error) {
    return (error as AppError).code
  }
  return 'none'
}

describe('a table of predictions', () => {
  it('has an image, a label and maybe a probability a row, in any order', () => {
    const table = parsePredictionCsv('Probability,LABEL,image,more\n0.5,cat,a.jpg,x\n,"dog, big",b.jpg\n')
    expect([...table]).toEqual([
      ['a.jpg', { label: 'cat', probability: 0.5 }],
      ['b.jpg', { label: 'dog, big', probability: null }],
    ])
    expect([...parsePredictionCsv('image,label\na,cat')]).toEqual([['a', { label: 'cat', probability: null }]])
  })

  it.each([
    ['a column that is not there', 'image,class\na,cat'],
    ['nothing at all', ''],
    ['a row without a label', 'image,label\na,'],
    ['a row without an image', 'image,label\n,cat'],
    ['a probability that is none', 'image,label,probability\na,cat,often'],
    ['a probability above 1', 'image,label,probability\na,cat,90'],
    ['two rows for one image', 'image,label\na,cat\na,cat'],
  ])('is refused with %s', (_, text) => {
    expect(codeOf(text)).toBe('import.format')
  })
})
