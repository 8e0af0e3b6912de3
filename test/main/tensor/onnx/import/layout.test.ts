import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sizeOf } from '#main/tensor/graph.ts'
import {
  graphShape,
  isPlain,
  mapLayout,
  placesOf,
  plainLayout,
  reordered,
  reshaped,
  transposed,
  type Layout,
} from '#main/tensor/onnx/import/layout.ts'

/** A map's layout, and its numbers 0, 1, … in ONNX's order and as the graph has them. */
interface Value {
  readonly layout: Layout
  readonly onnx: readonly number[]
  readonly graph: readonly number[]
}

function mapOf(shape: readonly number[]): Value {
  const layout = mapLayout(shape)
  const onnx = Array.from({ length: sizeOf(shape) }, (_, i) => i)
  return { layout, onnx, graph: Array.from(placesOf(layout)) }
}

function transposeNumbers(values: readonly number[], shape: readonly number[], axes: readonly number[]): number[] {
  const places = placesOf({ shape, units: shape, order: axes })
  return Array.from(places, (place) => values[place]!)
}

/** What the layout says of the graph's numbers is true. */
function expectConsistent({ layout, onnx, graph }: Value): void {
  expect(sizeOf(graphShape(layout))).toBe(graph.length)
  expect(Array.from(placesOf(layout), (place) => onnx[place]!)).toEqual(graph)
  if (isPlain(layout)) expect(graph).toEqual(onnx)
}

const side = fc.integer({ min: 1, max: 4 })
const mapShape = fc.tuple(side, side, side)
/** A transposition by its seed, or a shape by the product of some axes. */
const step = fc.oneof(
  fc.record({ turn: fc.nat() }),
  fc.record({ split: fc.nat(), parts: fc.integer({ min: 1, max: 4 }) }),
)

function shapesOfSize(size: number, parts: number): number[][] {
  if (parts === 1) return [[size]]
  return Array.from({ length: size }, (_, i) => i + 1)
    .filter((n) => size % n === 0)
    .flatMap((n) => shapesOfSize(size / n, parts - 1).map((rest) => [n, ...rest]))
}

describe('the layout of a value', () => {
  it('stays true through transpositions and reshapes, as far as they are possible', () => {
    fc.assert(
      fc.property(mapShape, fc.array(step, { maxLength: 5 }), (shape, steps) => {
        let value = mapOf(shape)
        expectConsistent(value)
        for (const each of steps) {
          const { layout, onnx } = value
          if ('turn' in each) {
            const rank = layout.shape.length
            const axes = [...layout.shape.keys()].map((axis) => (axis + each.turn) % rank)
            if (each.turn % 2) axes.reverse()
            value = { ...value, layout: transposed(layout, axes), onnx: transposeNumbers(onnx, layout.shape, axes) }
          } else {
            const candidates = shapesOfSize(onnx.length, each.parts)
            const next = reshaped(layout, candidates[each.split % candidates.length]!)
            if (next) value = { ...value, layout: next }
          }
          expectConsistent(value)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('of a map is kept where it is flattened and made a map again', () => {
    const flat = reshaped(mapLayout([3, 4, 5]), [60])!
    expect(graphShape(flat)).toEqual([60])
    expect(isPlain(flat)).toBe(false)
    expect(reshaped(flat, [3, 4, 5])).toEqual(mapLayout([3, 4, 5]))
    expect(reshaped(flat, [3, 20])).toEqual({ shape: [3, 20], units: [3, 20], order: [1, 0] })
    expect(reshaped(flat, [12, 5])).toBeNull()
  })

  it('of a value in ONNX’s order is that of any shape; one of a single cell is a map', () => {
    expect(reshaped(plainLayout([6]), [6, 1, 1])).toEqual(mapLayout([6, 1, 1]))
    expect(reshaped(plainLayout([6]), [2, 3, 1])).toEqual(plainLayout([2, 3, 1]))
  })

  it('is another one where only axes of one cell change places', () => {
    expect(reordered(mapLayout([6, 1, 1]), [0, 1, 2])).toMatchObject({ order: [0, 1, 2] })
    expect(reordered(mapLayout([6, 2, 1]), [0, 1, 2])).toBeNull()
    expect(reordered(mapLayout([6, 2, 1]), [1, 0])).toBeNull()
  })
})
