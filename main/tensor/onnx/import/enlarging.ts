import type { Pads, Pair } from '../../graph.ts'
import { mapLayout } from './layout.ts'
import type { OperatorInput, OperatorRule } from './operator-input.ts'
import { finiteValues, weightOf, type ComputedValue, type ConstantValue } from './values.ts'

/** Operators that make feature maps larger, by name. */
export const enlargingRules: Readonly<Record<string, OperatorRule>> = {
  ConvTranspose: transposedConvolution,
  Resize: (input) => resize(input, scalesOf(input)),
  Upsample: (input) => resize(input, input.constant(1)?.read() ?? null),
}

function transposedConvolution(input: OperatorInput): ComputedValue {
  const map = input.map(0)
  const kernel = input.weights(1)
  const bias = input.constant(2)
  const [nIn, nOut, ...size] = kernel.shape as [number, number, number, number]
  const [channels, ...extents] = map.layout.shape as [number, number, number]
  if (kernel.shape.length !== 4 || nIn !== channels) {
    throw input.noPlace(`has a kernel of [${kernel.shape.join(', ')}] for ${channels} channels`)
  }
  if (bias && bias.shape.join() !== String(nOut)) throw input.noPlace('has another number of biases than of channels')
  const isPlain = (name: string, usual: number): boolean => input.integers(name)?.every((n) => n === usual) !== false
  if (input.number('group', 1) !== 1) throw input.noPlace('has groups of channels')
  if (!isPlain('dilations', 1) || !isPlain('output_padding', 0) || input.integers('output_shape') !== null) {
    throw input.noPlace('has gaps, or a size of its own')
  }
  if ((input.attribute('auto_pad', 'string') ?? 'NOTSET') !== 'NOTSET') throw input.noPlace('pads by itself')
  const steps = input.integers('strides') ?? [1, 1]
  const [top, left, bottom, right] = (input.integers('pads') ?? [0, 0, 0, 0]) as [number, number, number, number]
  const pads: Pads = [top, bottom, left, right]
  if (steps.length !== 2 || steps.some((n) => n < 1) || pads.some((n) => !(n >= 0))) {
    throw input.noPlace('has strange strides or padding')
  }
  const strides = steps as unknown as Pair
  const cells = ([0, 1] as const).map(
    (axis) =>
      (extents[axis] - 1) * strides[axis] + size[axis] - pads[(2 * axis) as 0 | 2] - pads[(2 * axis + 1) as 1 | 3],
  )
  return input.result(
    {
      op: 'conv2d-transpose',
      kernel: transposedKernel(kernel),
      bias: bias && { shape: [nOut], data: finiteValues(bias) },
      window: { size: size, strides, pads },
    },
    [map],
    mapLayout([nOut, ...cells]),
  )
}

/** [in, out, kh, kw] → [kh, kw, out, in] */
function transposedKernel(kernel: ConstantValue): ReturnType<typeof weightOf> {
  const [nIn, nOut, kh, kw] = kernel.shape as [number, number, number, number]
  const nTaps = kh * kw
  return weightOf(kernel, [kh, kw, nOut, nIn], (values) => {
    const result = new Float32Array(values.length)
    for (let i = 0, from = 0; i < nIn; i++) {
      for (let o = 0; o < nOut; o++) {
        for (let tap = 0; tap < nTaps; tap++, from++) result[(tap * nOut + o) * nIn + i] = values[from]!
      }
    }
    return result
  })
}

/** How many times as large each axis becomes, the batch counted; null where it is said in another way. */
function scalesOf(input: OperatorInput): ArrayLike<number> | null {
  const scales = input.opset < 11 ? input.constant(1) : input.constant(2)
  if (scales !== null && scales.shape.join() !== '0') return scales.read()
  const sizes = input.values.length > 3 ? input.constant(3) : null
  if (sizes === null) return null
  const [, ...own] = [input.batch, ...input.map(0).layout.shape]
  const [, ...wanted] = Array.from(sizes.read())
  return [1, ...wanted.map((n, i) => n / own[i]!)]
}

/** By whole factors, each cell as many times over; everything else interpolates, or takes its neighbours otherwise. */
function resize(input: OperatorInput, scales: ArrayLike<number> | null): ComputedValue {
  const map = input.map(0)
  const [batch, channel, rows, columns] = Array.from(scales ?? [])
  const isWhole = [rows, columns].every((n) => n !== undefined && Number.isInteger(n) && n >= 1)
  if (!isWhole || batch !== 1 || channel !== 1 || scales!.length !== 4)
    throw input.noPlace('resizes by no whole factors')
  if ((input.attribute('mode', 'string') ?? 'nearest') !== 'nearest') throw input.noPlace('interpolates')
  if (!takesCellItself(input)) throw input.noPlace('takes other neighbours than the cell itself')
  const [channels, height, width] = map.layout.shape as [number, number, number]
  const layout = mapLayout([channels, height * rows!, width * columns!])
  return input.result({ op: 'upsample', factor: [rows!, columns!] }, [map], layout)
}

/** Whether `nearest` gives every new cell the old one that it lies in, for whole factors. */
function takesCellItself(input: OperatorInput): boolean {
  if (input.opset < 11 || input.node.type === 'Upsample') return true
  const place = input.attribute('coordinate_transformation_mode', 'string') ?? 'half_pixel'
  const rounding = input.attribute('nearest_mode', 'string') ?? 'round_prefer_floor'
  // in the middle of cells, what is nearest is the cell itself however a half would be rounded
  if (place === 'half_pixel' || place === 'pytorch_half_pixel') return rounding.startsWith('round_prefer')
  return place === 'asymmetric' && rounding === 'floor'
}
