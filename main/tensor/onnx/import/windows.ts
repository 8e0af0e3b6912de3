import type { Pads, Pair, Window } from '../../graph.ts'
import { paddingOf } from '../../padding.ts'
import { mapLayout, plainLayout } from './layout.ts'
import type { OperatorInput, OperatorRule } from './operator-input.ts'
import { finiteValues, weightOf, type ComputedValue, type ConstantValue } from './values.ts'

/** Convolutions and poolings, by name. */
export const windowRules: Readonly<Record<string, OperatorRule>> = {
  Conv: convolution,
  MaxPool: (input) => {
    if (input.number('storage_order', 0) !== 0) throw input.noPlace('orders its values by columns')
    const map = input.map(0)
    const { window, cells } = poolWindow(input, map)
    return input.result({ op: 'max-pool', window }, [map], pooled(map, cells))
  },
  AveragePool: averagePool,
  GlobalAveragePool: (input) => globalPool(input, 'global-average-pool', true),
  GlobalMaxPool: (input) => globalPool(input, 'global-max-pool', true),
  ReduceMean: (input) => reduce(input, 'global-average-pool'),
  ReduceMax: (input) => reduce(input, 'global-max-pool'),
}

function convolution(input: OperatorInput): ComputedValue {
  const map = input.map(0)
  const kernel = input.weights(1)
  const bias = input.constant(2)
  const [nOut, nIn, kh, kw] = kernel.shape as [number, number, number, number]
  const channels = map.layout.shape[0]!
  const groups = input.number('group', 1)
  if (kernel.shape.length !== 4 || nIn * groups !== channels || nOut % groups !== 0) {
    throw input.noPlace(`has a kernel of [${kernel.shape.join(', ')}] for ${channels} channels in ${groups} groups`)
  }
  if (groups !== 1 && groups !== channels) throw input.noPlace(`has ${groups} groups of channels`)
  if (bias && bias.shape.join() !== String(nOut)) throw input.noPlace('has another number of biases than of channels')
  const dilations = pairAt(input, 'dilations') ?? [1, 1]
  const { window, cells } = windowOf(input, map, [kh, kw], dilations)
  const isDepthwise = groups > 1
  return input.result(
    {
      op: isDepthwise ? 'depthwise-conv2d' : 'conv2d',
      kernel: isDepthwise ? depthwiseKernel(kernel, groups) : convolutionKernel(kernel),
      bias: bias && { shape: [nOut], data: finiteValues(bias) },
      window,
      dilations,
    },
    [map],
    mapLayout([nOut, ...cells]),
  )
}

/** [out, in, kh, kw] → [kh, kw, in, out] */
function convolutionKernel(kernel: ConstantValue): ReturnType<typeof weightOf> {
  const [nOut, nIn, kh, kw] = kernel.shape as [number, number, number, number]
  const nTaps = kh * kw
  return weightOf(kernel, [kh, kw, nIn, nOut], (values) => {
    const result = new Float32Array(values.length)
    for (let o = 0, from = 0; o < nOut; o++) {
      for (let i = 0; i < nIn; i++) {
        for (let tap = 0; tap < nTaps; tap++, from++) result[(tap * nIn + i) * nOut + o] = values[from]!
      }
    }
    return result
  })
}

/** [in · multiplier, 1, kh, kw] → [kh, kw, in, multiplier] */
function depthwiseKernel(kernel: ConstantValue, nIn: number): ReturnType<typeof weightOf> {
  const [nOut, , kh, kw] = kernel.shape as [number, number, number, number]
  const nTaps = kh * kw
  return weightOf(kernel, [kh, kw, nIn, nOut / nIn], (values) => {
    const result = new Float32Array(values.length)
    for (let o = 0, from = 0; o < nOut; o++) {
      for (let tap = 0; tap < nTaps; tap++, from++) result[tap * nOut + o] = values[from]!
    }
    return result
  })
}

function averagePool(input: OperatorInput): ComputedValue {
  const map = input.map(0)
  const { window, cells, asked } = poolWindow(input, map)
  const countsPadding = input.number('count_include_pad', 0) !== 0 && asked.some((n) => n > 0)
  if (!countsPadding) return input.result({ op: 'average-pool', window }, [map], pooled(map, cells))
  // the graph's average leaves padding out, so that what counts is made a part of the map
  const [top, bottom, left, right] = asked
  const [channels, height, width] = map.layout.shape as [number, number, number]
  const layout = mapLayout([channels, height + top + bottom, width + left + right])
  const padded = input.step({ op: 'zero-pad', pads: asked }, [map], layout)
  const beyond = window.pads.map((n, i) => n - asked[i]!) as unknown as Pads
  return input.result({ op: 'average-pool', window: { ...window, pads: beyond } }, [padded], pooled(map, cells))
}

function pooled(map: ComputedValue, cells: Pair): ReturnType<typeof mapLayout> {
  return mapLayout([map.layout.shape[0]!, ...cells])
}

function poolWindow(input: OperatorInput, map: ComputedValue): ReturnType<typeof windowOf> {
  const size = pairAt(input, 'kernel_shape')
  if (!size) throw input.noPlace('does not say how large its window is')
  const dilations = pairAt(input, 'dilations')
  if (dilations?.some((n) => n !== 1)) throw input.noPlace('has gaps in its window')
  return windowOf(input, map, size, [1, 1])
}

/**
 * @returns the window with all its padding, the cells of the output, and the padding without what `ceil_mode` adds:
 *   a last window that begins inside and reaches out
 */
function windowOf(
  input: OperatorInput,
  map: ComputedValue,
  size: Pair,
  dilations: Pair,
): { readonly window: Window; readonly cells: Pair; readonly asked: Pads } {
  const [, ...extents] = map.layout.shape as [number, number, number]
  const strides = pairAt(input, 'strides') ?? [1, 1]
  if ([...size, ...strides, ...dilations].some((n) => n < 1)) throw input.noPlace('has a window without cells')
  const asked = padsOf(input, extents, { size, strides, dilations })
  const isCeil = input.number('ceil_mode', 0) !== 0
  const beyond = [0, 0]
  const cells = ([0, 1] as const).map((axis) => {
    const before = asked[(2 * axis) as 0 | 2]
    const padded = extents[axis] + before + asked[(2 * axis + 1) as 1 | 3]
    const steps = (padded - ((size[axis] - 1) * dilations[axis] + 1)) / strides[axis]
    if (!isCeil) return Math.floor(steps) + 1
    const last = Math.ceil(steps)
    // a window that would begin in the padding behind is left out
    const n = last * strides[axis] >= extents[axis] + before ? last : last + 1
    beyond[axis] = Math.max((n - 1) * strides[axis] + (size[axis] - 1) * dilations[axis] + 1 - padded, 0)
    return n
  }) as unknown as Pair
  const [top, bottom, left, right] = asked
  const pads: Pads = [top, bottom + beyond[0]!, left, right + beyond[1]!]
  return { window: { size, strides, pads }, cells, asked }
}

function padsOf(
  input: OperatorInput,
  extents: readonly number[],
  { size, strides, dilations }: { readonly size: Pair; readonly strides: Pair; readonly dilations: Pair },
): Pads {
  const mode = input.attribute('auto_pad', 'string') ?? 'NOTSET'
  if (mode === 'VALID') return [0, 0, 0, 0]
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const [before, after, left, right] = paddingOf('same', extents as unknown as Pair, size, strides, dilations)
    return mode === 'SAME_UPPER' ? [before, after, left, right] : [after, before, right, left]
  }
  const pads = input.integers('pads') ?? [0, 0, 0, 0]
  if (mode !== 'NOTSET' || pads.length !== 4 || pads.some((n) => n < 0)) throw input.noPlace('has a strange padding')
  const [top, left, bottom, right] = pads as [number, number, number, number]
  return [top, bottom, left, right]
}

function pairAt(input: OperatorInput, name: string): Pair | null {
  const values = input.integers(name)
  if (values === null) return null
  if (values.length !== 2) throw input.noPlace('works along another number of axes than height and width')
  return values as unknown as Pair
}

type GlobalPool = 'global-average-pool' | 'global-max-pool'

function globalPool(input: OperatorInput, op: GlobalPool, keepDims: boolean): ComputedValue {
  const map = input.map(0)
  const channels = map.layout.shape[0]!
  const layout = keepDims ? mapLayout([channels, 1, 1]) : plainLayout([channels])
  return input.result({ op, keepDims }, [map], layout)
}

/** A reduction over what the graph has as height and width. */
function reduce(input: OperatorInput, op: GlobalPool): ComputedValue {
  const value = input.computed(0)
  const { shape, order } = value.layout
  const asked = input.integersAt('axes', 1)
  const axes = asked && [...input.axes(asked, shape.length + 1)].sort((a, b) => a - b)
  const expected = order.slice(0, 2).map((axis) => axis + 1)
  if (shape.length !== 3 || !axes || axes.join() !== expected.sort((a, b) => a - b).join()) {
    throw input.noPlace('is not over height and width')
  }
  const keepDims = input.number('keepdims', 1) !== 0
  const channelAxis = order[2]!
  if (!keepDims) return input.result({ op, keepDims }, [value], plainLayout([shape[channelAxis]!]))
  const kept = shape.map((n, axis) => (axis === channelAxis ? n : 1))
  return input.result({ op, keepDims }, [value], { shape: kept, units: kept, order })
}
