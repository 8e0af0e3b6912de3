import type { Pads, Pair } from './graph.ts'

export type PaddingMode = 'same' | 'valid'

/**
 * Cells of padding that TensorFlow adds for a window: `same` gives ceil(in / stride) outputs and puts the odd cell
 * after; `valid` adds none.
 * @see https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function paddingOf(mode: PaddingMode, input: Pair, size: Pair, strides: Pair, dilations: Pair = [1, 1]): Pads {
  if (mode === 'valid') return [0, 0, 0, 0]
  const [top, bottom] = sameAlong(input[0], size[0], strides[0], dilations[0])
  const [left, right] = sameAlong(input[1], size[1], strides[1], dilations[1])
  return [top, bottom, left, right]
}

function sameAlong(input: number, size: number, stride: number, dilation: number): Pair {
  const extent = (size - 1) * dilation + 1
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + extent - input, 0)
  const before = Math.floor(total / 2)
  return [before, total - before]
}
