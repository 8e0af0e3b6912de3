import type { RuntimeId } from '#common/contract/procedures/models.ts'
import { macsOf, sizeOf, type Graph } from '#main/tensor/graph.ts'

/**
 * Multiply-adds that one call may take: up to a second on two cores, to whose end a cancelled call is not waited for.
 * Large networks take a fifth less a photo in batches. WebAssembly takes a batch apart by itself, for its threads or to let
 * messages in: the batch is to have work for all of them.
 */
const macsPerCall: Readonly<Record<RuntimeId, number>> = { onnx: 1.3e11, tensorflow: 3e10, wasm: 3.2e10 }
/** Bytes that the values of a batch may take. */
export const bytesPerCall = 1 << 29
const largest = 32

/**
 * Images that are computed in one call. The same on every machine: which images share a batch may change the last bit.
 * @param macs multiply-adds of one image, where the graph does not tell
 */
export function batchSizeOf(graph: Graph, runtime: RuntimeId, macs = macsOf(graph)): number {
  // an operation's input and output are there at once, and about one more that waits for a branch
  const largestValue = Math.max(...graph.nodes.map(({ shape }) => sizeOf(shape)))
  const fitting = Math.min(macsPerCall[runtime] / macs, bytesPerCall / (3 * 4 * largestValue))
  return Math.min(Math.max(Math.floor(fitting), 1), largest)
}
