import { describe, expect, it } from 'vitest'
import { spread } from '#common/statistics/spread.ts'

describe('the spread of values', () => {
  it('has the standard deviation of a sample', () => {
    expect(spread([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ min: 2, max: 9, mean: 5, sd: Math.sqrt(32 / 7) })
  })

  it('says nothing of too few values', () => {
    expect(spread([0.25])).toEqual({ min: 0.25, max: 0.25, mean: 0.25, sd: null })
    expect(spread([])).toEqual({ min: null, max: null, mean: null, sd: null })
  })
})
