import type { Graph, GraphNode } from '../../graph.ts'

/**
 * Swaps each activation that only a maximum reads with that maximum: for a function that never falls, the maximum of the
 * values is the value of the maximum, and fewer are left to apply it to.
 */
export function poolFirst(graph: Graph): Graph {
  const nodes = [...graph.nodes]
  const nReaders = new Uint32Array(nodes.length)
  for (const { inputs } of nodes) for (const index of inputs) nReaders[index]! += 1
  for (const [index, pool] of nodes.entries()) {
    if (pool.op !== 'max-pool') continue
    const from = pool.inputs[0]!
    const activation = nodes[from]!
    if (!neverFalls(activation) || nReaders[from] !== 1 || from === graph.output) continue
    nodes[from] = { ...pool, inputs: activation.inputs }
    nodes[index] = { ...activation, inputs: [from], shape: pool.shape }
  }
  return { ...graph, nodes }
}

function neverFalls(node: GraphNode): boolean {
  if (node.op === 'relu') return node.negativeSlope >= 0
  if (node.op === 'elu') return node.alpha >= 0
  return node.op === 'sigmoid' || node.op === 'tanh'
}
