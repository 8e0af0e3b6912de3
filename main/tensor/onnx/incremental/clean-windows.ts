import { dependencies, type Graph, type GraphNode } from '../../graph.ts'
import { ForwardCompiler, inputName, windowAttributes } from '../forward.ts'
import type { ModelInput, WeightStore } from '../model-builder.ts'
import { overhang, type Span } from './span.ts'

/** Stands past the ends of a map that an activation or a maximum sees: whatever is added to it is lost in rounding. */
const farBelow = -1e30

/** Values of the clean photo at one node, cut into the windows of the patch columns. */
export interface CleanWindows {
  /** of the input of the one model and of the output of the other */
  readonly name: string
  readonly node: number
  /** of a maximum: past the map's ends stand maxima too, of what the windows there see; else values far below all others */
  readonly isPooledBeyond: boolean
  /** null: whole rows, the same for all patches */
  readonly cols: Span | null
  /** rows added to the map before and after */
  readonly top: number
  readonly bottom: number
}

/** Takes the windows of the patch columns out of whole rows: a matrix [map, window] of zeros and ones for each patch. */
export interface Gathering {
  readonly name: string
  readonly cols: Span
  /** columns that are added to the map before and after */
  readonly left: number
  readonly right: number
  readonly width: number
}

/**
 * Compiles the pass over the clean photo that gives the windows of it, [1 or patches, channels, height, width] each.
 * @returns the model, and by `gatherings` what it takes beside the photo
 */
export function compileCleanWindows(
  graph: Graph,
  cleans: readonly CleanWindows[],
  store: WeightStore | null,
): { model: Uint8Array; gatherings: readonly Gathering[] } {
  return new CleanCompiler(graph, store).compile(cleans)
}

class CleanCompiler {
  readonly #graph: Graph
  readonly #forward: ForwardCompiler
  readonly #gatherings: Gathering[] = []

  constructor(graph: Graph, store: WeightStore | null) {
    this.#graph = graph
    this.#forward = new ForwardCompiler(graph, store)
  }

  compile(cleans: readonly CleanWindows[]): { model: Uint8Array; gatherings: readonly Gathering[] } {
    const nodes = cleans.map(({ node }) => node)
    for (const index of dependencies(this.#graph, nodes)) this.#forward.compile(index)
    const outputs = new Map(cleans.map((clean) => [clean.name, this.#windows(clean)]))
    const photo: ModelInput = { name: inputName, shape: [1, ...this.#graph.nodes[this.#graph.input]!.shape] }
    const matrices = this.#gatherings.map(({ name, cols, left, right, width }) => ({
      name,
      shape: [null, left + width + right, cols.sizes[0]!],
    }))
    return { model: this.#forward.builder.finish([photo, ...matrices], outputs), gatherings: this.#gatherings }
  }

  #windows({ node: index, isPooledBeyond, cols, top, bottom }: CleanWindows): string {
    const node = this.#graph.nodes[index]!
    const [height, width, channels] = node.shape as [number, number, number]
    const [left, right] = cols ? overhang(cols, width) : [0, 0]
    const beyond = [top, bottom, left, right] as const
    const x = isPooledBeyond ? this.#maxima(node as MaxPool, beyond) : this.#padded(this.#forward.value(index), beyond)
    if (!cols) return x
    const b = this.#forward.builder
    const lines = b.node('Reshape', [x, b.integers([1, -1, left + width + right])])
    const windows = b.node('MatMul', [lines, this.#gathering({ cols, left, right, width })])
    return b.node('Reshape', [windows, b.integers([-1, channels, height + top + bottom, cols.sizes[0]!])])
  }

  #padded(x: string, [top, bottom, left, right]: Beyond): string {
    if (top + bottom + left + right === 0) return x
    const b = this.#forward.builder
    return b.node('Pad', [x, b.integers([0, 0, top, left, 0, 0, bottom, right]), b.scalar(farBelow)])
  }

  #maxima(node: MaxPool, [top, bottom, left, right]: Beyond): string {
    const { size, strides, pads } = node.window
    const from = this.#graph.nodes[node.inputs[0]!]!
    const after = (axis: 0 | 1, more: number): number =>
      Math.max((node.shape[axis]! - 1 + more) * strides[axis] + size[axis] - pads[2 * axis]! - from.shape[axis]!, 0)
    const x = this.#padded(this.#forward.value(node.inputs[0]!), [
      top * strides[0] + pads[0],
      after(0, bottom),
      left * strides[1] + pads[2],
      after(1, right),
    ])
    return this.#forward.builder.node('MaxPool', [x], { ...windowAttributes(node.window), pads: [0, 0, 0, 0] })
  }

  #gathering(wanted: Omit<Gathering, 'name'>): string {
    const key = JSON.stringify(wanted)
    const known = this.#gatherings.find(({ name: _, ...other }) => JSON.stringify(other) === key)
    if (known) return known.name
    const name = `#gathering${this.#gatherings.length}`
    this.#gatherings.push({ name, ...wanted })
    return name
  }
}

type MaxPool = GraphNode & { readonly op: 'max-pool' }
type Beyond = readonly [top: number, bottom: number, left: number, right: number]
