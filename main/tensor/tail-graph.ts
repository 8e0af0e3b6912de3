import { dependencies, type Graph, type GraphNode } from './graph.ts'

/**
 * What follows a layer: a graph whose input is that layer's value, with the same names.
 * @param layer index of the node
 * @returns null where a way from the photo to the output leads past the layer, so that its value does not decide the output
 */
export function tailGraph(graph: Graph, layer: number): Graph | null {
  const needed = dependencies(graph, [graph.output], [layer])
  if (!needed.includes(layer) || (needed.includes(graph.input) && layer !== graph.input)) return null
  const places = new Map(needed.map((index, place) => [index, place]))
  const nodes = needed.map((index): GraphNode => {
    const { name, shape, ...operation } = graph.nodes[index]!
    if (index === layer) return { op: 'input', name, shape, inputs: [] }
    return { ...operation, name, shape, inputs: operation.inputs.map((input) => places.get(input)!) }
  })
  return { nodes, input: places.get(layer)!, output: places.get(graph.output)! }
}
