import { sizeOf } from '../../graph.ts'
import type { OperatorInput } from './operator-input.ts'

/** What operators that only change a value's shape say of the new one. Shapes have the batch in front. */

/** @throws NoPlace where the numbers do not fit, as the others */
export function targetShape(input: OperatorInput, shape: readonly number[]): readonly number[] {
  const asked = input.integersAt('shape', 1)
  if (!asked) throw input.noPlace('does not say to which shape')
  const keepsZeros = input.number('allowzero', 0) === 0
  const known = asked.map((n, axis) => (n === 0 && keepsZeros ? (shape[axis] ?? 0) : n))
  const rest = sizeOf(shape) / sizeOf(known.filter((n) => n !== -1))
  const target = known.map((n) => (n === -1 ? rest : n))
  if (target.every((n) => Number.isInteger(n) && n >= 0) && sizeOf(target) === sizeOf(shape)) return target
  throw input.noPlace(`makes [${asked.join(', ')}] of [${shape.join(', ')}]`)
}

export function flattenedShape(input: OperatorInput, shape: readonly number[]): readonly number[] {
  const axis = input.number('axis', 1)
  const own = axis < 0 ? axis + shape.length : axis
  return [sizeOf(shape.slice(0, own)), sizeOf(shape.slice(own))]
}

export function squeezedShape(input: OperatorInput, shape: readonly number[]): readonly number[] {
  const asked = input.integersAt('axes', 1)
  const axes = asked ? input.axes(asked, shape.length) : [...shape.keys()].filter((axis) => shape[axis] === 1)
  if (axes.some((axis) => shape[axis] !== 1)) throw input.noPlace('takes away an axis that is longer than 1')
  return shape.filter((_, axis) => !axes.includes(axis))
}

export function unsqueezedShape(input: OperatorInput, shape: readonly number[]): readonly number[] {
  const asked = input.integersAt('axes', 1) ?? []
  const rank = shape.length + asked.length
  const axes = input.axes(asked, rank)
  const rest = [...shape]
  return Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1)))
}

/** The axes of a Transpose. */
export function axesOf(input: OperatorInput, rank: number): readonly number[] {
  const asked = input.integers('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const axes = input.axes(asked, rank)
  if (axes.length === rank && new Set(axes).size === rank) return axes
  throw input.noPlace('has another number of axes than its input')
}
