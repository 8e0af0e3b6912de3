import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskFingerprint, NumberSet, textFingerprint } from '#main/datasets/fingerprint.ts'

describe('NumberSet', () => {
  it('adds what a Set adds', () => {
    const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger())
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 200 }), (values) => {
        const set = new NumberSet()
        const oracle = new Set<number>()
        for (const value of [...values, ...values.toReversed()]) {
          expect(set.add(value)).toBe(!oracle.has(value))
          oracle.add(value)
        }
      }),
    )
  })

  it('keeps its numbers while it grows, in reasonable time', () => {
    const set = new NumberSet()
    const started = performance.now()
    // ids in a row, ids that differ in their upper bits only, and negative ones
    const ids = [1, 2 ** 32, -7].flatMap((step) => Array.from({ length: 100_000 }, (_, i) => (i + 1) * step))
    const nNew = ids.filter((id) => set.add(id)).length
    expect(nNew).toBe(new Set(ids).size)
    expect(ids.some((id) => set.add(id))).toBe(false)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('maskFingerprint', () => {
  const rle = { width: 4, height: 4, counts: Uint32Array.of(3, 5, 8) }

  it('is the same for the same mask and differs with counts, size and what else is given', () => {
    expect(maskFingerprint({ ...rle, counts: Uint32Array.of(3, 5, 8) }, [1])).toBe(maskFingerprint(rle, [1]))
    const others = [
      maskFingerprint({ ...rle, counts: Uint32Array.of(5, 3, 8) }, [1]),
      maskFingerprint({ ...rle, width: 2, height: 8 }, [1]),
      maskFingerprint(rle, [2]),
      maskFingerprint(rle, [1, 0]),
      maskFingerprint(rle, [1]),
    ]
    expect(new Set(others).size).toBe(5)
    expect(others.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
  })

  it('does not meet among many similar masks', () => {
    const seen = new Set<number>()
    for (let a = 0; a < 300; a++) {
      for (let b = 0; b < 300; b++)
        seen.add(maskFingerprint({ width: 300, height: 300, counts: Uint32Array.of(a, b) }, []))
    }
    expect(seen.size).toBe(90_000)
  })
})

describe('textFingerprint', () => {
  it('differs with the order and the number of characters', () => {
    const texts = ['', 'a', 'aa', 'ab', 'ba', 'ä', '\0', '\0\0']
    expect(new Set(texts.map(textFingerprint)).size).toBe(texts.length)
  })
})
