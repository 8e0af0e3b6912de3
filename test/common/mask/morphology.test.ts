import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erode } from '#common/mask/morphology.ts'
import { decodeRle, emptyRle, encodeRle } from '#common/mask/rle.ts'
import { naiveErode } from './oracles.ts'
import { anyMask, blobMask, drawnMask } from './sample-masks.ts'

function eroded(times: number, ...rows: string[]) {
  return decodeRle(erode(encodeRle(drawnMask(...rows)), times))
}

describe('erode', () => {
  it('takes one pixel from every side, image borders included', () => {
    const full = ['#####', '#####', '#####', '#####']
    expect(eroded(1, ...full)).toEqual(drawnMask('.....', '.###.', '.###.', '.....'))
    expect(eroded(2, ...full)).toEqual(drawnMask('.....', '.....', '.....', '.....'))
    expect(eroded(0, ...full)).toEqual(drawnMask(...full))
  })

  it('opens a hole by its corners too', () => {
    const withHole = ['#######', '#######', '#######', '###.###', '#######', '#######', '#######']
    const opened = ['.......', '.#####.', '.#...#.', '.#...#.', '.#...#.', '.#####.', '.......']
    expect(eroded(1, ...withHole)).toEqual(drawnMask(...opened))
  })

  it('equals repeated erosion by nine neighbours', () => {
    fc.assert(
      fc.property(anyMask, fc.integer({ min: 0, max: 4 }), (mask, times) => {
        expect(erode(encodeRle(mask), times)).toEqual(encodeRle(naiveErode(mask, times)))
      }),
      { numRuns: 200 },
    )
    const blob = blobMask(97, 64)
    expect(erode(encodeRle(blob), 5)).toEqual(encodeRle(naiveErode(blob, 5)))
  })

  it('leaves nothing when the square is larger than the image', () => {
    const full = encodeRle(drawnMask('####', '####', '####'))
    expect(erode(full, 40)).toEqual(emptyRle(4, 3))
  })

  it('leaves the code it was given alone', () => {
    const code = encodeRle(drawnMask('###', '###', '###'))
    const before = Uint32Array.from(code.counts)
    erode(code, 1)
    expect(code.counts).toEqual(before)
  })

  it('refuses counts that do not fit the size', () => {
    expect(() => erode({ width: 2, height: 3, counts: Uint32Array.of(1, 9) }, 1)).toThrow(
      expect.objectContaining({ code: 'rle.counts' }),
    )
  })
})
