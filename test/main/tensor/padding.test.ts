import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paddingOf, type PaddingMode } from '#main/tensor/padding.ts'

describe('padding', () => {
  it.each<[PaddingMode, number, number, number, number, number[]]>([
    // mode, input, size, stride, dilation, cells before and after, as in TensorFlow's notes on padding
    ['valid', 13, 6, 5, 1, [0, 0]],
    ['same', 13, 6, 5, 1, [1, 2]],
    ['same', 224, 3, 2, 1, [0, 1]],
    ['same', 225, 3, 2, 1, [1, 1]],
    ['same', 7, 3, 1, 2, [2, 2]],
    ['same', 7, 2, 1, 1, [0, 1]],
    ['same', 5, 1, 2, 1, [0, 0]],
    ['same', 2, 2, 3, 1, [0, 0]],
  ])('%s, input %i, window %i, stride %i, dilation %i', (mode, input, size, stride, dilation, expected) => {
    const other = [9, 4, 2, 1] as const
    const pads = paddingOf(mode, [input, other[0]], [size, other[1]], [stride, other[2]], [dilation, other[3]])
    expect(pads.slice(0, 2)).toEqual(expected)
    expect(pads.slice(2)).toEqual(mode === 'same' ? [1, 2] : [0, 0])
  })

  it('“same” gives a window for every stride that begins in the input, with the odd cell after it', () => {
    const side = fc.integer({ min: 1, max: 40 })
    const small = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(side, small, small, small, (input, size, stride, dilation) => {
        const pair = (n: number) => [n, n] as const
        const [before, after] = paddingOf('same', pair(input), pair(size), pair(stride), pair(dilation))
        expect(after - before === 0 || after - before === 1).toBe(true)
        const extent = (size - 1) * dilation + 1
        const nWindows = Math.floor((input + before + after - extent) / stride) + 1
        expect(nWindows).toBe(Math.ceil(input / stride))
      }),
    )
  })
})
