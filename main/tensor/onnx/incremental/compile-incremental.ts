import type { Graph, GraphNode } from '../../graph.ts'
import {
  ForwardCompiler,
  channelVector,
  convolutionAttributes,
  inputName,
  kernelForm,
  windowAttributes,
} from '../forward.ts'
import type { Attributes, ModelInput, WeightStore } from '../model-builder.ts'
import type { CleanWindows } from './clean-windows.ts'
import { seesAcross, type WindowedNode } from './place-windows.ts'
import type { WindowPlan } from './plan-windows.ts'
import { endsOf, isWhole, overhang, wholeSpan, type Area, type Span } from './span.ts'

/** Puts the windows of a row into whole rows: a matrix [window, map] of zeros and ones for each patch. */
export interface Placement {
  readonly name: string
  readonly cols: Span
  readonly width: number
}

/** What the model of a plan takes beside the changed pixels and how it comes about. */
export interface IncrementalInputs {
  readonly cleans: readonly CleanWindows[]
  readonly placements: readonly Placement[]
  /** int64, by patch row */
  readonly integers: readonly { readonly name: string; readonly byRow: readonly (readonly number[])[] }[]
}

/** Name of the model's output, [patches, …shape of the target]. */
export const targetName = 'target'

/** A value in windows: its change, or itself, of which its change can be made. */
interface WindowedValue {
  readonly area: Area
  change?: string
  /** past the map's ends far below any other value */
  value?: string
}

/**
 * Compiles a plan to an ONNX model that computes the patches of one row of the grid from what they change. Linear
 * operations run on the differences alone, whose zeros are their own padding; the others add the clean values first.
 * @returns the model, and by `inputs` what it takes: [patches, channels, height, width] of the changed pixels too
 */
export function compileIncremental(
  graph: Graph,
  target: number,
  plan: WindowPlan,
  store: WeightStore | null,
): { model: Uint8Array; inputs: IncrementalInputs } {
  return new IncrementalCompiler(graph, plan, store).compile(target)
}

class IncrementalCompiler {
  readonly #forward: ForwardCompiler
  readonly #graph: Graph
  readonly #plan: WindowPlan
  readonly #values = new Map<number, WindowedValue>()
  readonly #inputs: ModelInput[] = []
  readonly #cleans: CleanWindows[] = []
  readonly #cut = new Map<string, string>()
  readonly #placements: Placement[] = []
  readonly #integers: { name: string; byRow: (readonly number[])[] }[] = []

  constructor(graph: Graph, plan: WindowPlan, store: WeightStore | null) {
    this.#graph = graph
    this.#plan = plan
    this.#forward = new ForwardCompiler(graph, store)
  }

  compile(target: number): { model: Uint8Array; inputs: IncrementalInputs } {
    const inFull = new Set<number>()
    for (const index of this.#plan.needed) {
      const windowed = this.#plan.windowed.get(index)
      if (windowed) {
        this.#values.set(index, this.#emit(index, windowed))
        continue
      }
      for (const input of this.#graph.nodes[index]!.inputs) {
        if (this.#values.has(input) && !inFull.has(input)) this.#forward.define(input, this.#inFull(input))
        inFull.add(input)
      }
      this.#forward.compile(index)
    }
    const model = this.#forward.builder.finish(
      this.#inputs,
      new Map([[targetName, this.#forward.channelsLast(target)]]),
    )
    return { model, inputs: { cleans: this.#cleans, placements: this.#placements, integers: this.#integers } }
  }

  #emit(index: number, windowed: WindowedNode): WindowedValue {
    const b = this.#forward.builder
    const node = this.#graph.nodes[index]!
    const { made, area } = windowed
    const linear = (change: string): WindowedValue => ({
      area,
      change: this.#fit(change, made, { area, width: node.shape[1]! }),
    })
    const changes = (): string[] => node.inputs.map((input, i) => this.#changeIn(input, windowed.reads[i]!))
    switch (node.op) {
      case 'input': {
        this.#inputs.push({ name: inputName, shape: [null, node.shape[2]!, null, null] })
        return linear(inputName)
      }
      case 'conv2d':
      case 'depthwise-conv2d': {
        const [top, bottom, left, right] = windowed.pads
        const attributes: Attributes = { ...convolutionAttributes(node), pads: [top, left, bottom, right] }
        return linear(b.node('Conv', [...changes(), b.weights(node.kernel, kernelForm(node))], attributes))
      }
      case 'average-pool':
        return linear(b.node('AveragePool', changes(), windowAttributes(node.window)))
      case 'scale':
        return linear(b.node('Mul', [...changes(), channelVector(b, node, node.factor.data)]))
      case 'zero-pad':
        return linear(changes()[0]!)
      case 'add':
        return linear(changes().reduce((sum, change) => b.node('Add', [sum, change])))
      case 'concatenate':
        return linear(b.node('Concat', changes(), { axis: 1 }))
      case 'max-pool': {
        const [input, reads] = [node.inputs[0]!, windowed.reads[0]!]
        const x = b.node('Add', [this.#changeIn(input, reads), this.#clean(input, reads)])
        const value = b.node('MaxPool', [x], { ...windowAttributes(node.window), pads: [0, 0, 0, 0] })
        if (made === area && !seesAcross(this.#graph, node)) return { area, value }
        return linear(b.node('Sub', [value, this.#clean(index, made, seesAcross(this.#graph, node))]))
      }
      case 'relu':
      case 'sigmoid':
      case 'tanh':
      case 'swish':
      case 'elu':
        return linear(this.#activated(node))
      default:
        throw new Error(`${node.op} cannot be computed in windows`)
    }
  }

  /** f(x + change) − f(x), which is 0 past the map's ends: x is so small there that no change is seen. */
  #activated(node: GraphNode): string {
    const b = this.#forward.builder
    const input = node.inputs[0]!
    const { area, change, value } = this.#values.get(input)!
    const clean = this.#clean(input, area)
    const changed = this.#forward.activation(node, value ?? b.node('Add', [change!, clean]))
    return b.node('Sub', [changed, this.#forward.activation(node, clean)])
  }

  #change(index: number): string {
    const at = this.#values.get(index)!
    return (at.change ??= this.#forward.builder.node('Sub', [at.value!, this.#clean(index, at.area)]))
  }

  #changeIn(index: number, area: Area): string {
    return this.#fit(this.#change(index), this.#values.get(index)!.area, {
      area,
      width: this.#graph.nodes[index]!.shape[1]!,
    })
  }

  /** The node's value in full, channels first. */
  #inFull(index: number): string {
    const [height, width] = this.#graph.nodes[index]!.shape as [number, number]
    const { rows, cols } = this.#plan.grid
    const area = { rows: wholeSpan(height, rows), cols: wholeSpan(width, cols) }
    return this.#forward.builder.node('Add', [this.#changeIn(index, area), this.#clean(index, area)])
  }

  /** Cuts or pads a change with zeros to another area, or puts it into whole rows. */
  #fit(change: string, from: Area, { area: to, width }: { area: Area; width: number }): string {
    let { cols } = from
    let x = change
    if (isWhole(to.cols, width) && !isWhole(cols, width)) {
      x = this.#place(x, { cols, width })
      cols = to.cols
    }
    const pads = from.rows.starts.map((start, i) => [
      ...[0, 0, start - to.rows.starts[i]!, cols.starts[0]! - to.cols.starts[0]!, 0, 0],
      to.rows.starts[i]! + to.rows.sizes[i]! - start - from.rows.sizes[i]!,
      to.cols.starts[0]! + to.cols.sizes[0]! - cols.starts[0]! - cols.sizes[0]!,
    ])
    if (pads.every((row) => row.every((n) => n === 0))) return x
    return this.#forward.builder.node('Pad', [x, this.#byRow(pads)])
  }

  #place(x: string, { cols, width }: { cols: Span; width: number }): string {
    const b = this.#forward.builder
    const known = this.#placements.find((placement) => placement.width === width && isSame(placement.cols, cols))
    const placement = known ?? { name: `#place${this.#placements.length}`, cols, width }
    const size = cols.sizes[0]!
    if (!known) {
      this.#placements.push(placement)
      this.#inputs.push({ name: placement.name, shape: [null, size, width] })
    }
    const shape = b.node('Shape', [x])
    const lines = b.node('Reshape', [x, b.integers([0, -1, size])])
    const placed = b.node('MatMul', [lines, placement.name])
    const outer = b.node('Slice', [shape, b.integers([0]), b.integers([3])])
    return b.node('Reshape', [placed, b.node('Concat', [outer, b.integers([width])], { axis: 0 })])
  }

  /** The clean values of an area, [1 or patches, channels, height, width]. */
  #clean(index: number, { rows, cols }: Area, isPooledBeyond = false): string {
    const [height, width] = this.#graph.nodes[index]!.shape as [number, number]
    const columns = isWhole(cols, width) ? null : cols
    const key = JSON.stringify([index, isPooledBeyond, rows, columns])
    const known = this.#cut.get(key)
    if (known !== undefined) return known
    const [top, bottom] = overhang(rows, height)
    const clean = { name: `clean${this.#cleans.length}`, node: index, isPooledBeyond, cols: columns, top, bottom }
    this.#cleans.push(clean)
    this.#inputs.push({
      name: clean.name,
      shape: [columns ? null : 1, this.#graph.nodes[index]!.shape[2]!, height + top + bottom, cols.sizes[0]!],
    })
    const cut = isWhole(rows, height)
      ? clean.name
      : this.#forward.builder.node('Slice', [
          clean.name,
          this.#byRow(rows.starts.map((start) => [start + top])),
          this.#byRow(endsOf(rows).map((end) => [end + top])),
          this.#forward.builder.integers([2]),
        ])
    this.#cut.set(key, cut)
    return cut
  }

  /** Integers that differ from patch row to patch row. */
  #byRow(byRow: (readonly number[])[]): string {
    const b = this.#forward.builder
    if (byRow.every((row) => row.every((n, i) => n === byRow[0]![i]))) return b.integers(byRow[0]!)
    const known = this.#integers.find((other) => JSON.stringify(other.byRow) === JSON.stringify(byRow))
    if (known) return known.name
    const name = `#rows${this.#integers.length}`
    this.#integers.push({ name, byRow })
    this.#inputs.push({ name, shape: [byRow[0]!.length], type: 'int64' })
    return name
  }
}

function isSame(a: Span, b: Span): boolean {
  return a.starts.every((start, i) => start === b.starts[i]! && a.sizes[i] === b.sizes[i])
}
