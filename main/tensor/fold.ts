import { lazyConstant, type Constant, type Graph, type GraphNode, type Pads } from './graph.ts'

/**
 * Folds what costs a pass over memory without computing anything new: batch normalisation into the convolution or
 * dense layer before it, zero padding into the convolution after it, identities away. A node in `keep` keeps its
 * value: nothing is folded across it. Node names and order stay; folded nodes become identities.
 */
export function foldGraph(graph: Graph, keep: ReadonlySet<number>): Graph {
  const nodes: GraphNode[] = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((index) => skipIdentities(graph.nodes, index)),
  }))
  const kept = new Set([...keep, graph.output].map((index) => skipIdentities(graph.nodes, index)))
  const nUses = countUses(nodes)

  for (const [index, node] of nodes.entries()) {
    const inputIndex = skipIdentities(nodes, node.inputs[0] ?? -1)
    const input = nodes[inputIndex]
    if (!input || nUses[inputIndex] !== 1 || kept.has(inputIndex)) continue
    if (node.op === 'scale') {
      const scaled = foldScale(input, node.factor, node.offset)
      if (!scaled) continue
      nodes[inputIndex] = scaled
      nodes[index] = { op: 'identity', name: node.name, inputs: [inputIndex], shape: node.shape }
      nUses[inputIndex] = nUses[index]!
      if (kept.has(index)) kept.add(inputIndex)
    } else if ((node.op === 'conv2d' || node.op === 'depthwise-conv2d') && input.op === 'zero-pad') {
      const pads = addPads(node.window.pads, input.pads)
      nodes[index] = { ...node, inputs: input.inputs, window: { ...node.window, pads } }
    }
  }
  return {
    ...graph,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map((i) => skipIdentities(nodes, i)) })),
  }
}

/** How many operations read each value; identities stand aside, their readers were moved past them. */
function countUses(nodes: readonly GraphNode[]): Uint32Array {
  const nUses = new Uint32Array(nodes.length)
  for (const node of nodes) if (node.op !== 'identity') for (const index of node.inputs) nUses[index]! += 1
  return nUses
}

function skipIdentities(nodes: readonly GraphNode[], start: number): number {
  let index = start
  while (nodes[index]?.op === 'identity') index = nodes[index]!.inputs[0]!
  return index
}

function addPads(a: Pads, b: Pads): Pads {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

/** (k·x + b)·f + o = (k·f)·x + (b·f + o), channel by channel. The kernel is multiplied when it is asked for. */
function foldScale(node: GraphNode, factor: Constant, offset: Constant): GraphNode | null {
  if (node.op !== 'conv2d' && node.op !== 'depthwise-conv2d' && node.op !== 'dense') return null
  const factors = factor.data
  const bias = offset.data.slice()
  if (node.bias) node.bias.data.forEach((value, c) => (bias[c]! += value * factors[c]!))
  const { kernel } = node
  return {
    ...node,
    kernel: lazyConstant(kernel.shape, () => scaledKernel(kernel.data, factors)),
    bias: { shape: offset.shape, data: bias },
  }
}

/** The output channel is the last axis of the kernel; for depthwise kernels the last two axes run through it in order. */
function scaledKernel(kernel: Float32Array, factors: Float32Array): Float32Array {
  const scaled = new Float32Array(kernel.length)
  for (let i = 0; i < scaled.length; i++) scaled[i] = kernel[i]! * factors[i % factors.length]!
  return scaled
}
