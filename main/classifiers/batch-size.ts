import type { RuntimeId } from '#common/contract/procedures/models.ts'
import { macsOf, sizeOf, type Graph } from '#main/tensor/graph.ts'

/**
 * Multiply-adds that one call may take. ONNX Runtime computes on threads of its own, so a call may take half a second and
 * be walked away from; the others hold the thread that messages come in on: a tenth of a second on two cores.
 */
const macsPerCall: Readonly<Record<RuntimeId, number>> = { onnx: 6e10, tensorflow: 4e9, wasm: 7e8 }
/** Bytes that the values of a batch may take. */
const bytesPerCall = 1 << 29
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
