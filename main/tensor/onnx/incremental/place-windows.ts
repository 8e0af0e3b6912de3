import { sizeOf, type Graph, type GraphNode, type Pads, type Window } from '../../graph.ts'
import type { PatchGrid } from '../../runtime.ts'
import {
  axisWindow,
  isInside,
  isWhole,
  paddedAlike,
  seeing,
  seenBy,
  shifted,
  sumOf,
  unionOf,
  wholeSpan,
  type AlikePadding,
  type Area,
  type AxisWindow,
  type Span,
} from './span.ts'
import { copied } from './window-costs.ts'

/** An operation that is computed in windows. */
export interface WindowedNode {
  /** of each input */
  readonly reads: readonly Area[]
  /** of a convolution on what it reads */
  readonly pads: Pads
  /** what the operation gives */
  readonly made: Area
  /** what is kept of it: the same, or its windows put into whole rows where they are as wide */
  readonly area: Area
  /** false: what lies past the map's ends is no zero, and operations with a window of their own must not see it */
  readonly isZeroOutside: boolean
}

/** Finds the windows of one operation after the other. */
export class WindowPlacer {
  readonly #graph: Graph
  readonly #grid: PatchGrid
  readonly #alignment: number

  /** @param alignment the columns of the photo's windows begin at multiples of it */
  constructor(graph: Graph, grid: PatchGrid, alignment: number) {
    this.#graph = graph
    this.#grid = grid
    this.#alignment = alignment
  }

  /** @param inputs those of the node's inputs. Null: it cannot be computed in windows */
  place(node: GraphNode, inputs: readonly WindowedNode[]): WindowedNode | null {
    if (node.shape.length !== 3) return null
    if (node.op === 'input') return this.#input(node)
    const [x] = inputs
    switch (node.op) {
      case 'conv2d':
      case 'depthwise-conv2d':
        return this.#convolution(node, x!)
      case 'max-pool':
      case 'average-pool':
        return this.#pool(node, x!)
      case 'scale':
        return this.#kept(node, x!.area, { reads: [x!.area], isZeroOutside: x!.isZeroOutside })
      case 'relu':
      case 'sigmoid':
      case 'tanh':
      case 'swish':
      case 'elu':
        return this.#kept(node, x!.area, { reads: [x!.area], isZeroOutside: true })
      case 'zero-pad': {
        const area = { rows: shifted(x!.area.rows, node.pads[0]), cols: shifted(x!.area.cols, node.pads[2]) }
        return x!.isZeroOutside ? this.#kept(node, area, { reads: [x!.area], isZeroOutside: true }) : null
      }
      case 'add':
        return this.#together(node, inputs)
      case 'concatenate':
        return node.axis === 2 ? this.#together(node, inputs) : null
      default:
        return null
    }
  }

  #input({ shape: [height, width] }: GraphNode): WindowedNode {
    const { rows, cols, patch, stride } = this.#grid
    const tops = Array.from({ length: rows }, (_, i) => i * stride)
    const lefts = Array.from({ length: cols }, (_, i) => i * stride)
    const starts = lefts.map((left) => left - (left % this.#alignment))
    const size = Math.max(...lefts.map((left, i) => left + patch - starts[i]!))
    const colSpan = size >= width! ? wholeSpan(width!, cols) : { starts, sizes: Array<number>(cols).fill(size) }
    const rowSpan = patch >= height! ? wholeSpan(height!, rows) : { starts: tops, sizes: tops.map(() => patch) }
    const area = { rows: rowSpan, cols: colSpan }
    return { reads: [], pads: noPads, made: area, area, isZeroOutside: true }
  }

  #convolution(node: Convolution, x: WindowedNode): WindowedNode | null {
    const [rowWindow, colWindow] = [
      axisWindow(node.window, node.dilations, 'rows'),
      axisWindow(node.window, node.dilations, 'cols'),
    ]
    const isPointwise = [rowWindow, colWindow].every(({ size, before, after }) => size === 1 && before + after === 0)
    if (!x.isZeroOutside && !isPointwise) return null
    const [height, width] = this.#graph.nodes[node.inputs[0]!]!.shape as [number, number]
    const cols = alike(x.area.cols, colWindow, { extent: width, outputs: node.shape[1]! })
    if (!cols) return null
    const nCols = cols.made.sizes[0]!
    const perRow = nCols * sizeOf(node.kernel.shape)
    const rows = this.#convolutionRows(x.area.rows, rowWindow, {
      extent: height,
      outputs: node.shape[0]!,
      // copying a row of the input against computing a row of the output
      share: (copied * x.area.cols.sizes[0]! * node.kernel.shape[2]!) / perRow,
    })
    const made = { rows: rows.made, cols: cols.made }
    const isOverhanging = !isInside(made.rows, node.shape[0]!) || !isInside(made.cols, node.shape[1]!)
    return this.#kept(node, made, {
      reads: [{ rows: rows.reads, cols: cols.reads }],
      pads: [rows.before, rows.after, cols.before, cols.after],
      isZeroOutside: !isOverhanging || (isPointwise && x.isZeroOutside),
    })
  }

  /**
   * With the same padding everywhere, which computes rows past the map's ends; or from input rows that are cut out and
   * padded for each patch row by itself, where copying them takes less time.
   */
  #convolutionRows(
    span: Span,
    window: AxisWindow,
    { extent, outputs, share }: { extent: number; outputs: number; share: number },
  ): AlikePadding {
    const made = seeing(span, window, outputs)
    const reads = seenBy(made, window)
    const padded = alike(span, window, { extent, outputs })
    if (padded && sumOf(padded.made.sizes) - sumOf(made.sizes) <= share * sumOf(reads.sizes)) {
      return padded
    }
    return { reads, before: 0, after: 0, made }
  }

  #pool(node: Pool, x: WindowedNode): WindowedNode | null {
    const isMax = node.op === 'max-pool'
    // the average of a window at the border has fewer terms
    if (!isMax && (!x.isZeroOutside || node.window.pads.some((pad) => pad > 0))) return null
    const [rowWindow, colWindow] = [axisWindow(node.window, [1, 1], 'rows'), axisWindow(node.window, [1, 1], 'cols')]
    const made = {
      rows: seeing(x.area.rows, rowWindow, node.shape[0]!),
      cols: isWhole(x.area.cols, this.#graph.nodes[node.inputs[0]!]!.shape[1]!)
        ? wholeSpan(node.shape[1]!, this.#grid.cols)
        : seeing(x.area.cols, colWindow, null),
    }
    const reads = { rows: seenBy(made.rows, rowWindow), cols: seenBy(made.cols, colWindow) }
    if (!lieAlike(x.area.cols, reads.cols)) return null
    const isOverhanging = !isInside(made.rows, node.shape[0]!) || !isInside(made.cols, node.shape[1]!)
    return this.#kept(node, made, {
      reads: [reads],
      isZeroOutside: !isOverhanging || (isMax && !seesAcross(this.#graph, node)),
    })
  }

  /** Of several values that are added or stacked. */
  #together(node: GraphNode, inputs: readonly WindowedNode[]): WindowedNode | null {
    const width = node.shape[1]!
    if (inputs.some((_, i) => this.#graph.nodes[node.inputs[i]!]!.shape[1] !== width)) return null
    if (inputs.some((_, i) => this.#graph.nodes[node.inputs[i]!]!.shape[0] !== node.shape[0])) return null
    const areas = inputs.map(({ area }) => area)
    const isOneWhole = areas.some(({ cols }) => isWhole(cols, width))
    const cols = isOneWhole ? wholeSpan(width, this.#grid.cols) : unionOf(areas.map((area) => area.cols))
    if (!isOneWhole && !areas.every((area) => lieAlike(area.cols, cols))) return null
    const area = { rows: unionOf(areas.map(({ rows }) => rows)), cols }
    return this.#kept(node, area, {
      reads: areas.map(() => area),
      isZeroOutside: inputs.every(({ isZeroOutside }) => isZeroOutside),
    })
  }

  #kept(
    node: GraphNode,
    made: Area,
    { reads, pads = noPads, isZeroOutside }: { reads: readonly Area[]; pads?: Pads; isZeroOutside: boolean },
  ): WindowedNode {
    const width = node.shape[1]!
    const isWide = made.cols.sizes[0]! >= width
    const area = isWide ? { ...made, cols: wholeSpan(width, this.#grid.cols) } : made
    const isClean = isZeroOutside || (isWide && isInside(made.rows, node.shape[0]!))
    return { reads, pads, made, area, isZeroOutside: isClean }
  }
}

type Convolution = GraphNode & { readonly op: 'conv2d' | 'depthwise-conv2d' }
type Pool = GraphNode & { readonly window: Window }

const noPads: Pads = [0, 0, 0, 0]

/** Whether windows of a pooling that lie past a map's ends see some of its input. */
export function seesAcross(graph: Graph, node: Pool): boolean {
  const input = graph.nodes[node.inputs[0]!]!
  return (['rows', 'cols'] as const).some((axis, i) => {
    const { size, stride, before } = axisWindow(node.window, [1, 1], axis)
    return size > stride + before || node.shape[i]! * stride - before < input.shape[i]!
  })
}

function alike(
  span: Span,
  window: AxisWindow,
  { extent, outputs }: { extent: number; outputs: number },
): AlikePadding | null {
  if (!isWhole(span, extent)) return paddedAlike(span, window)
  return { reads: span, before: window.before, after: window.after, made: wholeSpan(outputs, span.starts.length) }
}

/** Whether two spans are apart by the same at every position. */
function lieAlike(a: Span, b: Span): boolean {
  const before = a.starts[0]! - b.starts[0]!
  const larger = a.sizes[0]! - b.sizes[0]!
  return a.starts.every((start, i) => start - b.starts[i]! === before && a.sizes[i]! - b.sizes[i]! === larger)
}
