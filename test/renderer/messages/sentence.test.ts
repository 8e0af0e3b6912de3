import { expect, it } from 'vitest'
import { asSentence } from '../../../renderer/messages/sentence.ts'

it('words become a sentence, and an address at their begin stays one', () => {
  expect(asSentence('works, 7 GFLOP/s')).toBe('Works, 7 GFLOP/s.')
  expect(asSentence('Is it there?')).toBe('Is it there?')
  expect(asSentence('http://127.0.0.1/a.h5 has nothing in it')).toBe('http://127.0.0.1/a.h5 has nothing in it.')
})
