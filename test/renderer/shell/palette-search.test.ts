import { expect, it } from 'vitest'
import { matchesWords } from '../../../renderer/shell/palette-search.ts'

it('finds words in any order and case, and everything without a query', () => {
  expect(matchesWords('Heat map opacity up', 'UP heat')).toBe(true)
  expect(matchesWords('Heat map opacity up', 'heat down')).toBe(false)
  expect(matchesWords('Fit photo', '  ')).toBe(true)
})
