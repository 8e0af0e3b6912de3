import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '#common/classes/csv.ts'
import { AppError } from '#common/contract/errors.ts'

describe('parseCsv', () => {
  it('reads quoted fields with commas, quotes and line ends in them', () => {
    expect(parseCsv('image,label\r\n"a, b.jpg","say ""cat"""\r\n"two\nlines",x\r\n')).toEqual([
      ['image', 'label'],
      ['a, b.jpg', 'say "cat"'],
      ['two\nlines', 'x'],
    ])
  })

  it('takes any line end, a byte order mark, empty fields and a last line without an end', () => {
    expect(parseCsv('\uFEFFa,b\nc,\rd,,e')).toEqual([
      ['a', 'b'],
      ['c', ''],
      ['d', '', 'e'],
    ])
    expect(parseCsv('')).toEqual([])
    expect(parseCsv('a\n\n\nb\n')).toEqual([['a'], ['b']])
    expect(parseCsv('""')).toEqual([['']])
  })

  it('names the line of a quote that is not closed, and of text behind a closing one', () => {
    expect(() => parseCsv('a,b\nc,"d\ne')).toThrow(
      expect.objectContaining({ code: 'import.format', data: { line: 2 } }),
    )
    expect(() => parseCsv('a,b\nc,"d"e')).toThrow(expect.objectContaining({ code: 'import.format', data: { line: 2 } }))
  })

  it('gives back what was written, whatever the fields hold', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') })
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 }), (records) => {
        const text = records
          .map((record) => record.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
          .join('\r\n')
        expect(parseCsv(text)).toEqual(records)
      }),
    )
  })

  it('ends with records or an AppError on any text, in time that grows with its length only', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), (text) => {
        try {
          parseCsv(text)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }),
    )
    expect(parseCsv(`"${'""'.repeat(500_000)}"`)[0]![0]).toHaveLength(500_000)
  })
})
