import { sizeOf } from '../../graph.ts'
import { placesOf } from './layout.ts'
import type { OperatorInput } from './operator-input.ts'
import { axesOf, flattenedShape, squeezedShape, targetShape, unsqueezedShape } from './shape-arguments.ts'
import type { ConstantValue } from './values.ts'

type Rearrangement = (input: OperatorInput, value: ConstantValue) => ConstantValue

/** Operators that keep the numbers of a constant, however large: they are read when they are needed. */
export const rearrangements: Readonly<Record<string, Rearrangement>> = {
  Identity: (_, value) => value,
  Dropout: (_, value) => value,
  Reshape: (input, value) => ({ ...value, shape: targetShape(input, value.shape) }),
  Flatten: (input, value) => ({ ...value, shape: flattenedShape(input, value.shape) }),
  Squeeze: (input, value) => ({ ...value, shape: squeezedShape(input, value.shape) }),
  Unsqueeze: (input, value) => ({ ...value, shape: unsqueezedShape(input, value.shape) }),
  Transpose: (input, value) => {
    const { shape } = value
    const axes = axesOf(input, shape.length)
    return {
      ...value,
      shape: axes.map((axis) => shape[axis]!),
      depth: value.depth + 1,
      read: () => {
        const values = value.read()
        const places = placesOf({ shape, units: shape, order: axes })
        const result = new Float32Array(sizeOf(shape))
        places.forEach((place, i) => (result[i] = values[place]!))
        return result
      },
    }
  },
}
