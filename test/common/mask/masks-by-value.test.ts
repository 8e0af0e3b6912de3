import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { masksByValue } from '#common/mask/masks-by-value.ts'
import { encodeRle } from '#common/mask/rle.ts'

describe('masks by the numbers of pixels', () => {
  it('are those that each number would give alone', () => {
    const picture = fc
      .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
      .chain(([width, height]) =>
        fc
          .array(fc.nat({ max: 5 }), { minLength: width * height, maxLength: width * height })
          .map((values) => ({ width, height, values: Uint8Array.from(values) })),
      )
    fc.assert(
      fc.property(picture, ({ width, height, values }) => {
        const masks = masksByValue({ width, height, values }, (value) => value > 1)
        const numbers = [...new Set(values)].filter((value) => value > 1).sort((a, b) => a - b)
        expect([...masks.keys()]).toEqual(numbers)
        for (const number of numbers) {
          const data = values.map((value) => (value === number ? 1 : 0))
          expect(masks.get(number)).toEqual(encodeRle({ width, height, data }))
        }
      }),
    )
  })

  it('are refused where there are more than asked for', () => {
    const values = Uint32Array.of(0, 7, 8, 9)
    expect(() => masksByValue({ width: 2, height: 2, values }, (value) => value > 0, 2)).toThrow(
      expect.objectContaining({ code: 'rle.counts' }),
    )
    expect(masksByValue({ width: 2, height: 2, values }, (value) => value > 0, 3).size).toBe(3)
    expect(masksByValue({ width: 0, height: 0, values: new Uint32Array() }, () => true).size).toBe(0)
  })
})
