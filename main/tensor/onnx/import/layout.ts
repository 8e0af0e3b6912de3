import { sizeOf } from '../../graph.ts'

/**
 * How a value of an ONNX network lies in the graph. ONNX has feature maps as [batch, channels, height, width], the graph
 * as [height, width, channels]; a transposition or a flattening in the ONNX network then is another name for the same
 * numbers, and whoever reads them reads its weights in their order.
 */
export interface Layout {
  /** the value's shape in the ONNX network, without the batch */
  readonly shape: readonly number[]
  /** lengths of the axes that the value was last laid out by, in ONNX's order; `shape`, or what was flattened to it */
  readonly units: readonly number[]
  /** for each axis of the graph's layout, which of the units it is */
  readonly order: readonly number[]
}

const channelsLast = [1, 2, 0]

/** The layout of a value whose numbers are in ONNX's own order in the graph; one of a single cell counts as a map. */
export function plainLayout(shape: readonly number[]): Layout {
  const isCell = shape.length === 3 && inOrder(shape, channelsLast)
  return { shape, units: shape, order: isCell ? channelsLast : [...shape.keys()] }
}

/** The layout of a feature map [channels, height, width]. */
export function mapLayout(shape: readonly number[]): Layout {
  return { shape, units: shape, order: channelsLast }
}

/** Shape of the value in the graph, without the batch. */
export function graphShape({ shape, units, order }: Layout): readonly number[] {
  return shape.length < 2 ? [sizeOf(shape)] : order.map((unit) => units[unit]!)
}

/** Whether the graph has the numbers in ONNX's own order. */
export function isPlain({ units, order }: Layout): boolean {
  return inOrder(units, order)
}

/** Units of one cell can stand anywhere. */
function inOrder(units: readonly number[], order: readonly number[]): boolean {
  const long = longOf(units, order)
  return long.every((unit, i) => i === 0 || long[i - 1]! < unit)
}

function longOf(units: readonly number[], order: readonly number[]): readonly number[] {
  return order.filter((unit) => units[unit]! > 1)
}

/** For each number of the value as the graph has it, its place among them in ONNX's order. */
export function placesOf({ units, order }: Layout): Uint32Array {
  const places = new Uint32Array(sizeOf(units))
  const strides = units.map((_, unit) => sizeOf(units.slice(unit + 1)))
  for (let i = 0; i < places.length; i++) {
    let rest = i
    for (let axis = order.length - 1; axis >= 0; axis--) {
      const unit = order[axis]!
      places[i]! += (rest % units[unit]!) * strides[unit]!
      rest = Math.floor(rest / units[unit]!)
    }
  }
  return places
}

/** The layout after `Transpose`; the graph's numbers stay where they are. @param axes without the batch */
export function transposed({ shape, units, order }: Layout, axes: readonly number[]): Layout {
  const moved = axes.map((axis) => shape[axis]!)
  if (shape.length < 2) return { shape: moved, units, order }
  return { shape: moved, units: moved, order: order.map((unit) => axes.indexOf(unit)) }
}

/** The layout after `Reshape`; null where the numbers would have to change places. @param shape of the same size */
export function reshaped(layout: Layout, shape: readonly number[]): Layout | null {
  if (isPlain(layout)) return plainLayout(shape)
  if (shape.length === 1) return { ...layout, shape }
  const order = orderAfter(layout, shape)
  return order && { shape, units: shape, order }
}

/**
 * The order of units that are split or merged; null where a merged one would not be one in the graph. Units of one cell
 * stand where a map has them, or first.
 */
function orderAfter({ units, order }: Layout, shape: readonly number[]): readonly number[] | null {
  const parts = longOf(units, [...units.keys()])
  const targets = longOf(shape, [...shape.keys()])
  /** by old unit: the new ones that it is split into; several old units that are merged share one */
  const became = new Map<number, readonly number[]>()
  for (let [p, t] = [0, 0]; p < parts.length || t < targets.length;) {
    const [part, target] = [units[parts[p]!], shape[targets[t]!]]
    if (part === undefined || target === undefined) return null
    const [merged, split] = [[parts[p++]!], [targets[t++]!]]
    let [from, to] = [part, target]
    while (from !== to) {
      if (from < to && p < parts.length) from *= units[merged[merged.push(parts[p++]!) - 1]!]!
      else if (from > to && t < targets.length) to *= shape[split[split.push(targets[t++]!) - 1]!]!
      else return null
    }
    if (merged.length > 1 && split.length > 1) return null
    if (!standTogether(merged, longOf(units, order))) return null
    merged.forEach((unit, i) => became.set(unit, i === 0 ? split : []))
  }
  const long = longOf(units, order).flatMap((unit) => became.get(unit)!)
  const single = [...shape.keys()].filter((unit) => shape[unit] === 1)
  if (shape.length === 3 && channelsLast.filter((unit) => shape[unit]! > 1).join() === long.join()) return channelsLast
  return [...single, ...long]
}

function standTogether(units: readonly number[], order: readonly number[]): boolean {
  const first = order.indexOf(units[0]!)
  return units.every((unit, i) => order[first + i] === unit)
}

/** The same numbers laid out in another order of the units, which only those of one cell tell apart; else null. */
export function reordered(layout: Layout, order: readonly number[]): Layout | null {
  const { units } = layout
  if (order.length !== layout.order.length) return null
  return longOf(units, order).join() === longOf(units, layout.order).join() ? { ...layout, order } : null
}
