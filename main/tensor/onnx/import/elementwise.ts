import { sizeOf, type Operation } from '../../graph.ts'
import { batchNormOperation } from '../../batch-norm.ts'
import { graphShape, isPlain, placesOf, type Layout } from './layout.ts'
import type { OperatorInput, OperatorRule } from './operator-input.ts'
import { finiteValues, singleValue, type ComputedValue, type ConstantValue } from './values.ts'

/** Operators that compute each number of a value by itself, or with one of another value, by name. */
export const elementwiseRules: Readonly<Record<string, OperatorRule>> = {
  Identity: (input) => input.result({ op: 'identity' }, [input.computed(0)]),
  Dropout: dropout,
  Cast: (input) => {
    if (![1, 10, 11, 16].includes(input.number('to', 1))) throw input.noPlace('makes whole numbers of values')
    return input.result({ op: 'identity' }, [input.computed(0)])
  },
  Relu: (input) => input.result(relu(), [input.computed(0)]),
  LeakyRelu: (input) => input.result(relu({ negativeSlope: input.number('alpha', 0.01) }), [input.computed(0)]),
  PRelu: (input) => {
    const negativeSlope = singleValue(input.weights(1))
    if (negativeSlope === null) throw input.noPlace('has a slope for each channel')
    return input.result(relu({ negativeSlope }), [input.computed(0)])
  },
  Elu: (input) => input.result({ op: 'elu', alpha: input.number('alpha', 1) }, [input.computed(0)]),
  Sigmoid: (input) => input.result({ op: 'sigmoid' }, [input.computed(0)]),
  Tanh: (input) => input.result({ op: 'tanh' }, [input.computed(0)]),
  Clip: clip,
  Max: (input) => {
    const [value, other] = valueAndConstant(input)
    if (singleValue(other) !== 0) throw input.noPlace('compares with something else than 0')
    return input.result(relu(), [value])
  },
  Min: (input) => {
    const [value, other] = valueAndConstant(input)
    const max = singleValue(other)
    const from = input.graph.nodes[value.node]!
    if (max === null || max <= 0 || from.op !== 'relu' || from.max !== null) {
      throw input.noPlace('compares with something else than a ReLU’s maximum')
    }
    const before: ComputedValue = { ...value, node: from.inputs[0]! }
    return input.result(relu({ max, negativeSlope: from.negativeSlope }), [before])
  },
  HardSigmoid: (input) =>
    input.result(relu({ max: 1 }), [
      line(input, input.computed(0), input.number('alpha', 0.2), input.number('beta', 0.5)),
    ]),
  HardSwish: (input) => {
    const value = input.computed(0)
    const gate = input.step(relu({ max: 1 }), [line(input, value, 1 / 6, 0.5)])
    return input.result({ op: 'multiply' }, [value, gate])
  },
  Neg: (input) => input.result(scale(input.computed(0).layout, -1, 0), [input.computed(0)]),
  Add: (input) => combine(input, 'add'),
  Sum: (input) =>
    input.values.length === 1 ? input.result({ op: 'identity' }, [input.computed(0)]) : combine(input, 'add'),
  Mul: (input) => combine(input, 'multiply'),
  Sub: subtract,
  Div: (input) => {
    const divisor = channelValues(input, input.computed(0).layout, input.weights(1))
    return input.result(
      scale(
        input.computed(0).layout,
        divisor.map((d) => 1 / d),
        0,
      ),
      [input.computed(0)],
    )
  },
  BatchNormalization: batchNormalization,
  Softmax: softmax,
  LogSoftmax: softmax,
}

const largestFloat = 3.4e38

function relu({ max = null, negativeSlope = 0 }: { max?: number | null; negativeSlope?: number } = {}): Operation {
  return { op: 'relu', max, negativeSlope }
}

function dropout(input: OperatorInput): ComputedValue {
  if (input.values[2] && singleValue(input.weights(2)) !== 0) throw input.noPlace('is in training')
  return input.result({ op: 'identity' }, [input.computed(0)])
}

function clip(input: OperatorInput): ComputedValue {
  const value = input.computed(0)
  const [min, max] = (['min', 'max'] as const).map((name, i) => {
    const sign = i === 0 ? -1 : 1
    if (input.opset < 11) return input.number(name, sign * Infinity)
    const bound = input.constant(i + 1)
    return bound ? (singleValue(bound) ?? NaN) : sign * Infinity
  }) as [number, number]
  if (!(min > -largestFloat && max > min)) throw input.noPlace('has no lower bound, or none of its own')
  const atMost = max < largestFloat ? max - min : null
  if (min === 0) return input.result(relu({ max: atMost }), [value])
  const above = input.step(relu({ max: atMost }), [line(input, value, 1, -min)])
  return input.result(scale(value.layout, 1, min), [above])
}

/** factor · x + offset, a number each or one a channel of the graph. */
function scale({ ...layout }: Layout, factor: number | Float32Array, offset: number | Float32Array): Operation {
  const channels = graphShape(layout).at(-1)!
  const constant = (value: number | Float32Array): { shape: number[]; data: Float32Array } => ({
    shape: [channels],
    data: typeof value === 'number' ? new Float32Array(channels).fill(value) : value,
  })
  return { op: 'scale', factor: constant(factor), offset: constant(offset) }
}

function line(input: OperatorInput, value: ComputedValue, factor: number, offset: number): ComputedValue {
  return input.step(scale(value.layout, factor, offset), [value])
}

/** The value and the constant of a commutative operator. */
function valueAndConstant(input: OperatorInput): [ComputedValue, ConstantValue] {
  if (input.values.length !== 2) throw input.noPlace('combines more than two values')
  const index = input.values[0]?.kind === 'computed' ? 0 : 1
  return [input.computed(index), input.weights(1 - index)]
}

function combine(input: OperatorInput, op: 'add' | 'multiply'): ComputedValue {
  if (input.values.every((value) => value?.kind === 'computed')) return combineValues(input, op, input.values)
  const [value, constant] = valueAndConstant(input)
  const values = channelValues(input, value.layout, constant)
  const operation = op === 'add' ? scale(value.layout, 1, values) : scale(value.layout, values, 0)
  return input.result(operation, [value])
}

function subtract(input: OperatorInput): ComputedValue {
  const [first, second] = input.values
  if (second?.kind === 'constant') {
    const values = channelValues(input, input.computed(0).layout, second)
    return input.result(
      scale(
        input.computed(0).layout,
        1,
        values.map((x) => -x),
      ),
      [input.computed(0)],
    )
  }
  const subtrahend = input.computed(1)
  if (first?.kind === 'constant') {
    return input.result(scale(subtrahend.layout, -1, channelValues(input, subtrahend.layout, first)), [subtrahend])
  }
  return combineValues(input, 'add', [input.computed(0), line(input, subtrahend, -1, 0)])
}

/** Values of the same rank, laid out alike; axes of one cell are repeated. */
function combineValues(input: OperatorInput, op: 'add' | 'multiply', values: readonly ComputedValue[]): ComputedValue {
  const shapes = values.map(({ layout }) => layout.shape)
  const shape = shapes[0]!.map((_, axis) => shapes.reduce((most, each) => Math.max(most, each[axis] ?? 0), 0))
  const fits = shapes.every((each) => each.length === shape.length && each.every((n, i) => n === 1 || n === shape[i]))
  if (!fits) throw input.noPlace('combines values that do not fit')
  const leading =
    values.find(({ layout }) => !isPlain(layout)) ?? values.find((v) => sizeOf(v.layout.shape) > 1) ?? values[0]!
  if (shape.length < 2) {
    const isAlike = ({ layout }: ComputedValue): boolean =>
      isPlain(leading.layout) ? isPlain(layout) : sameFlattening(layout, leading.layout) || sizeOf(layout.shape) === 1
    if (!values.every(isAlike)) throw input.noPlace('combines feature maps that were flattened in different ways')
    return input.result({ op }, values, { ...leading.layout, shape })
  }
  const { order } = leading.layout
  const laidOut = values.map((value) => input.laidOut(value, order))
  return input.result({ op }, laidOut, { shape, units: shape, order })
}

function sameFlattening(a: Layout, b: Layout): boolean {
  return a.units.join() === b.units.join() && a.order.join() === b.order.join()
}

/**
 * A constant that ONNX combines with a value, as one number for each channel of the graph.
 * @throws NoPlace where it differs along other axes, or makes the value larger
 */
function channelValues(input: OperatorInput, layout: Layout, constant: ConstantValue): Float32Array {
  const channels = graphShape(layout).at(-1)!
  const { shape } = layout
  const own = [...new Array<number>(Math.max(shape.length + 1 - constant.shape.length, 0)).fill(1), ...constant.shape]
  const [batch, ...lengths] = own
  if (lengths.length !== shape.length || batch !== 1) throw input.noPlace('combines values of different ranks')
  const long = lengths.flatMap((n, axis) => (n > 1 ? [axis] : []))
  if (long.some((axis) => lengths[axis] !== shape[axis])) throw input.noPlace('repeats a value')
  if (long.length === 0) return new Float32Array(channels).fill(finiteValues(constant)[0]!)
  const channelAxis = shape.length < 2 ? 0 : layout.order.at(-1)
  if (long.length > 1 || long[0] !== channelAxis) throw input.noPlace('has another constant in each place')
  return alongChannels(layout, finiteValues(constant))
}

/** @param values one for each number of the axis that the graph has last */
function alongChannels(layout: Layout, values: Float32Array): Float32Array {
  return layout.shape.length < 2 ? Float32Array.from(placesOf(layout), (place) => values[place]!) : values
}

function batchNormalization(input: OperatorInput): ComputedValue {
  const value = input.computed(0)
  const { layout } = value
  const channelAxis = layout.shape.length < 2 ? 0 : layout.order.at(-1)
  const isTraining = input.number('training_mode', 0) !== 0 || input.number('spatial', 1) !== 1
  if (channelAxis !== 0 || isTraining) throw input.noPlace('does not normalise channels by what was learnt')
  const nChannels = layout.shape[0]!
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => {
    const values = finiteValues(input.weights(i))
    if (values.length !== nChannels) throw input.noPlace(`has ${values.length} weights for ${nChannels} channels`)
    return { shape: [nChannels], data: alongChannels(layout, values) }
  })
  const epsilon = input.number('epsilon', 1e-5)
  return input.result(batchNormOperation({ gamma, beta, mean: mean!, variance: variance!, epsilon }), [value])
}

/** Over what the graph has as its channels. Before opset 13, all axes from the given one on belong to it. */
function softmax(input: OperatorInput): ComputedValue {
  const value = input.computed(0)
  const { shape, order } = value.layout
  const rank = shape.length + 1
  const [axis = 0] = input.axes([input.number('axis', input.opset < 13 ? 1 : -1)], rank)
  const axes = input.opset < 13 ? [...shape.keys()].filter((i) => i + 1 >= axis) : [axis - 1]
  const long = axes.filter((i) => i >= 0 && shape[i]! > 1)
  const channelAxis = shape.length < 2 ? 0 : order.at(-1)
  if (axis === 0 || long.length !== 1 || long[0] !== channelAxis) throw input.noPlace('is not over the channels')
  return input.result({ op: 'softmax' }, [value])
}
