import type { Pads } from '../../graph.ts'
import { isPlain, plainLayout, reshaped, transposed } from './layout.ts'
import type { OperatorInput, OperatorRule } from './operator-input.ts'
import { axesOf, flattenedShape, squeezedShape, targetShape, unsqueezedShape } from './shape-arguments.ts'
import { singleValue, type ComputedValue } from './values.ts'

/** Operators that move numbers about, or give them another shape, by name. */
export const shapeRules: Readonly<Record<string, OperatorRule>> = {
  Reshape: reshape(targetShape),
  Flatten: reshape(flattenedShape),
  Squeeze: reshape(squeezedShape),
  Unsqueeze: reshape(unsqueezedShape),
  Transpose: (input) => {
    const value = input.computed(0)
    const [batch, ...axes] = axesOf(input, value.layout.shape.length + 1)
    if (batch !== 0) throw input.noPlace('moves the axis of photos')
    return input.renamed(
      value,
      transposed(
        value.layout,
        axes.map((axis) => axis - 1),
      ),
    )
  },
  Concat: concat,
  Pad: pad,
}

function reshape(shapeOf: (input: OperatorInput, shape: readonly number[]) => readonly number[]): OperatorRule {
  return (input) => {
    const value = input.computed(0)
    const [batch, ...shape] = shapeOf(input, [input.batch, ...value.layout.shape])
    if (batch !== input.batch) throw input.noPlace('mixes the axis of photos with others')
    const layout = reshaped(value.layout, shape)
    if (!layout) throw input.noPlace('transposes feature maps')
    return input.renamed(value, layout)
  }
}

function concat(input: OperatorInput): ComputedValue {
  const parts = input.values.map((_, i) => input.computed(i))
  const { layout } = parts[0]!
  const rank = layout.shape.length
  const [axis = 0] = input.axes([input.number('axis', 1)], rank + 1)
  if (axis === 0) throw input.noPlace('joins along the axis of photos')
  if (parts.some((part) => part.layout.shape.length !== rank)) throw input.noPlace('joins values of different ranks')
  const length = parts.reduce((sum, part) => sum + part.layout.shape[axis - 1]!, 0)
  const shape = layout.shape.map((n, i) => (i === axis - 1 ? length : n))
  if (parts.some((part) => part.layout.shape.some((n, i) => i !== axis - 1 && n !== shape[i]))) {
    throw input.noPlace('joins values that do not fit')
  }
  if (rank === 1) {
    if (!parts.every((part) => isPlain(part.layout))) throw input.noPlace('joins flattened feature maps')
    return input.result({ op: 'concatenate', axis: 0 }, parts, plainLayout(shape))
  }
  const { order } = parts.reduce((a, b) => (isPlain(a.layout) ? b : a)).layout
  const laidOut = parts.map((part) => input.laidOut(part, order))
  return input.result({ op: 'concatenate', axis: order.indexOf(axis - 1) }, laidOut, { shape, units: shape, order })
}

function pad(input: OperatorInput): ComputedValue {
  const value = input.computed(0)
  const { shape, order } = value.layout
  const rank = shape.length + 1
  const mode = input.attribute('mode', 'string') ?? 'constant'
  const filling = input.opset < 11 ? input.number('value', 0) : fillingOf(input)
  if (mode !== 'constant' || filling !== 0) throw input.noPlace('pads with something else than 0')
  const asked = input.integersAt('pads', 1) ?? []
  const axes = input.axes(input.integersAt('axes', 3) ?? Array.from({ length: rank }, (_, i) => i), rank)
  if (asked.length !== 2 * axes.length || asked.some((n) => n < 0)) throw input.noPlace('cuts off instead of padding')
  const around = Array.from({ length: rank }, () => [0, 0])
  axes.forEach((axis, i) => (around[axis] = [asked[i]!, asked[i + axes.length]!]))
  if (rank !== 4) throw input.noPlace('pads something else than feature maps')
  const [rows, columns, last] = order.map((axis) => around[axis + 1]!) as [number[], number[], number[]]
  if ([...around[0]!, ...last].some((n) => n > 0)) throw input.noPlace('pads other axes than height and width')
  const pads = [...rows, ...columns] as unknown as Pads
  const padded = shape.map((n, axis) => n + around[axis + 1]![0]! + around[axis + 1]![1]!)
  return input.result({ op: 'zero-pad', pads }, [value], { shape: padded, units: padded, order })
}

function fillingOf(input: OperatorInput): number {
  const value = input.constant(2)
  return value ? (singleValue(value) ?? NaN) : 0
}
