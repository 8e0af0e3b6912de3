import { expect, it } from 'vitest'
import { parseLabelList } from '#common/classes/label-list.ts'

it('class names are a JSON list, or one a line', () => {
  expect(parseLabelList('["cat", "dog"]')).toEqual(['cat', 'dog'])
  expect(parseLabelList('cat\r\n\r\ndog\n\n')).toEqual(['cat', '', 'dog'])
  expect(parseLabelList(' {"cat": 1}')).toEqual({ cat: 1 })
  expect(() => parseLabelList('["cat"')).toThrow(SyntaxError)
})
