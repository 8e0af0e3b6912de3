import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compressCounts, decompressCounts } from '#common/mask/rle-string.ts'
import { AppError } from '#common/contract/errors.ts'

const anyCounts = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5_000_000 })), {
  maxLength: 60,
})

function sumOf(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0)
}

describe('compressed counts', () => {
  it('writes groups of five bits, from the fourth count on as differences', () => {
    expect(compressCounts(Uint32Array.of(0, 6))).toBe('06')
    expect(compressCounts(Uint32Array.of(16, 31, 32, 33))).toBe('`0o0P12')
    expect(compressCounts(Uint32Array.of(5, 3, 5, 3, 5, 2))).toBe('53500O')
    expect(compressCounts(new Uint32Array(0))).toBe('')
  })

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyCounts, (counts) => {
        expect([...decompressCounts(compressCounts(Uint32Array.from(counts)), sumOf(counts))]).toEqual(counts)
      }),
    )
  })

  it('keeps differences that need more than 32 bits', () => {
    const counts = [0, 4_294_967_295, 0, 0, 0, 0]
    expect([...decompressCounts(compressCounts(Uint32Array.from(counts)), sumOf(counts))]).toEqual(counts)
  })
})

describe('damaged text', () => {
  it.each([
    ['a character below the code', '5/', 5],
    ['a character above the code', '5p', 5],
    ['a character beyond ASCII', '5\u{1F600}', 5],
    ['a number that is cut off', 'P', 16],
    ['a number that goes on and on', 'ooooooooooooooo0', 100],
    ['a first count below zero', 'O', 5],
    ['counts below zero by difference', '531O', 10],
    ['counts that are too many', '56', 10],
    ['counts that are too few', '54', 10],
    ['a text without counts', '', 10],
    ['more runs than pixels', '0'.repeat(1_000_000), 3],
  ])('refuses %s', (_, text, nPixels) => {
    expect(() => decompressCounts(text, nPixels)).toThrow(expect.objectContaining({ code: 'rle.counts' }))
  })

  it('only ever throws an AppError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(2000), (text, nPixels) => {
        try {
          expect(sumOf([...decompressCounts(text, nPixels)])).toBe(nPixels)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }),
    )
  })

  it('only ever throws an AppError on flipped characters', () => {
    const text = compressCounts(Uint32Array.from({ length: 40 }, (_, i) => (i * 37) % 101))
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 48, max: 111 }), (at, code) => {
        const flipped = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
        try {
          expect(sumOf([...decompressCounts(flipped, 2000)])).toBe(2000)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
        }
      }),
    )
  })
})
