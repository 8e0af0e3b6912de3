import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRle, encodeRle, sameRle } from '#common/mask/rle.ts'
import { scaleRle } from '#common/mask/scale.ts'

const side = fc.integer({ min: 1, max: 12 })

describe('scaleRle', () => {
  it('gives each pixel what lies under its middle', () => {
    fc.assert(
      fc.property(fc.tuple(side, side, side, side), fc.infiniteStream(fc.boolean()), (sides, bits) => {
        const [width, height, newWidth, newHeight] = sides
        const data = Uint8Array.from({ length: width * height }, () => Number(bits.next().value))
        const scaled = decodeRle(scaleRle(encodeRle({ width, height, data }), newWidth, newHeight))
        const expected = Uint8Array.from({ length: newWidth * newHeight }, (_, i) => {
          const [x, y] = [(i % newWidth) + 0.5, Math.floor(i / newWidth) + 0.5]
          return data[Math.floor((y * height) / newHeight) * width + Math.floor((x * width) / newWidth)]!
        })
        expect(scaled).toEqual({ width: newWidth, height: newHeight, data: expected })
      }),
      { numRuns: 300 },
    )
  })

  it('comes back from a whole multiple as it was, and refuses sizes that cannot be', () => {
    const rle = encodeRle({ width: 3, height: 2, data: Uint8Array.of(0, 1, 1, 1, 0, 0) })
    expect(sameRle(scaleRle(scaleRle(rle, 12, 10), 3, 2), rle)).toBe(true)
    expect(() => scaleRle(rle, -1, 2)).toThrow(expect.objectContaining({ code: 'rle.size' }))
  })
})
