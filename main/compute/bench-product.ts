import type { Graph } from '#main/tensor/graph.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { quietestMs, type Effort } from './quietest.ts'

/** [rows, depth] × [depth, columns] */
export interface MatrixProduct {
  readonly rows: number
  readonly depth: number
  readonly columns: number
}

/** Large enough that little but multiplying is left, small enough for a few runs a second on WebAssembly. */
export const largeProduct: MatrixProduct = { rows: 1024, depth: 1024, columns: 2048 }

/** GFLOP/s of a matrix product by the runtime itself, in its quietest run: what networks can reach at most, near enough. */
export async function productGflops(
  runtime: Runtime,
  { rows, depth, columns }: MatrixProduct,
  work: { readonly effort: Effort; readonly signal: AbortSignal },
): Promise<number> {
  const kernel = { shape: [depth, columns], data: new Float32Array(depth * columns).fill(0.01) }
  const graph: Graph = {
    nodes: [
      { op: 'input', name: 'input', inputs: [], shape: [depth] },
      { op: 'dense', name: 'product', inputs: [0], shape: [columns], kernel, bias: null },
    ],
    input: 0,
    output: 1,
  }
  const network = await runtime.load(graph, new Map([['product', 1]]))
  try {
    const input = new Float32Array(rows * depth).fill(0.5)
    const ms = await quietestMs(() => network.run(input, rows, ['product']), work)
    return (2 * rows * depth * columns) / 1e6 / ms
  } finally {
    await network.dispose()
  }
}
