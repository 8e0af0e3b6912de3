import { AppError } from '#common/contract/errors.ts'
import type { Graph, GraphNode } from '../../graph.ts'
import type { OnnxFile } from '../read-onnx-file.ts'
import type { OnnxNode } from '../read-model.ts'
import { ConstantFolder, constantOfTensor } from './constants.ts'
import { elementwiseRules } from './elementwise.ts'
import { enlargingRules } from './enlarging.ts'
import { isPlain, mapLayout, type Layout } from './layout.ts'
import { neededNodes } from './needed-nodes.ts'
import { noClassifier, type NetworkEnds } from './network-ends.ts'
import { GraphBuilder, OperatorInput, type OperatorRule } from './operator-input.ts'
import { productRules } from './products.ts'
import { shapeRules } from './shapes.ts'
import { NoPlace, type ComputedValue, type Value } from './values.ts'
import { windowRules } from './windows.ts'

/** What each operator does in the graph; a new one is a line in one of these tables. */
const rules: Readonly<Record<string, OperatorRule>> = {
  ...elementwiseRules,
  ...enlargingRules,
  ...productRules,
  ...shapeRules,
  ...windowRules,
}

/** Before it, operators said otherwise how they combine values. */
const oldestOpset = 7

export interface ImportedGraph {
  readonly graph: Graph
  /** true: the file gives logarithms of probabilities, the graph the probabilities */
  readonly isLogarithm: boolean
}

/**
 * Translates an ONNX network into a graph, for photos of one size. Its nodes have the names of the ONNX nodes, or of
 * their output where they have none. Weights are read from the file when they are needed.
 * @param side of the photos, where the file leaves it open
 * @throws NoPlace for an operator that has no place in the graph; AppError 'model.format' for a network that is broken,
 *   or that cannot take such photos; 'model.weights-not-finite'
 */
export function importGraph(
  file: OnnxFile,
  ends: NetworkEnds,
  [height, width]: readonly [height: number, width: number],
): ImportedGraph {
  const { name } = ends.input
  return importFrom(file, ends, { value: name, name, layout: imageLayout(ends, height, width) })
}

/** Where a graph begins. */
export interface GraphStart {
  /** the network's name for it */
  readonly value: string
  /** the graph's name for it */
  readonly name: string
  readonly layout: Layout
}

/**
 * Translates what follows a value of the network, as `importGraph` does from the photo on.
 * @throws as `importGraph`; AppError 'model.format' also where a way from the photo to the output leads past the value
 */
export function importFrom(file: OnnxFile, ends: NetworkEnds, start: GraphStart): ImportedGraph {
  const { model } = file
  const constants = constantsOf(file)
  // what gives the value is not looked at any more
  const behind =
    start.value === ends.input.name ? model.nodes : model.nodes.filter(({ outputs }) => !outputs.includes(start.value))
  const nodes = neededNodes({ nodes: behind }, ends.output, new Set([start.value, ...constants.keys()]))
  const context = { opset: model.opsets.get('') ?? 1, batch: ends.input.batch ?? 1, graph: new GraphBuilder() }
  const values = new Map<string, Value>(constants)
  values.set(start.value, context.graph.add({ op: 'input' }, start.name, [], start.layout))
  const folder = new ConstantFolder(file)
  const logarithms = new Set<number>()
  const read = new Set([ends.output, ...nodes.flatMap(({ inputs }) => inputs)])
  for (const node of nodes) {
    const input = new OperatorInput(
      node,
      context,
      node.inputs.map((name) => (name === '' ? null : values.get(name)!)),
    )
    const value = valueOf(input, folder)
    values.set(node.outputs[0] ?? '', value)
    if (node.type === 'LogSoftmax' && value.kind === 'computed') logarithms.add(value.node)
    const extra = node.outputs.slice(1).find((name) => name !== '' && read.has(name))
    if (extra !== undefined) throw input.noPlace('has more than one output')
  }
  const output = values.get(ends.output)!
  if (output.kind === 'constant' || output.node === 0) throw noClassifier('its output does not depend on the photo')
  requireScores(output)
  const graph = { nodes: context.graph.nodes, input: 0, output: output.node }
  return {
    graph,
    isLogarithm: endsIn(
      graph,
      logarithms,
      nodes.find(({ type }) => type === 'LogSoftmax'),
    ),
  }
}

function constantsOf(file: OnnxFile): Map<string, Value> {
  const constants = new Map<string, Value>()
  for (const tensor of file.model.initializers) {
    if (constants.has(tensor.name)) {
      throw new AppError('model.format', `its network is broken: the value “${tensor.name}” is given twice`)
    }
    constants.set(tensor.name, constantOfTensor(file, tensor))
  }
  return constants
}

function imageLayout({ input: { isChannelsFirst } }: NetworkEnds, height: number, width: number): Layout {
  if (isChannelsFirst) return mapLayout([3, height, width])
  const shape = [height, width, 3]
  return { shape, units: shape, order: [0, 1, 2] }
}

function valueOf(input: OperatorInput, folder: ConstantFolder): Value {
  const { type, domain } = input.node
  if (domain !== '') throw input.noPlace('is not one of ONNX’s own')
  if (input.opset < oldestOpset) throw input.noPlace(`is of opset ${input.opset}`)
  const constant = folder.fold(input)
  if (constant) return constant
  const rule = Object.hasOwn(rules, type) ? rules[type] : undefined
  if (!rule) throw input.noPlace('has no counterpart')
  return rule(input)
}

function requireScores({ layout }: ComputedValue): void {
  const { shape } = layout
  if (shape.filter((n) => n > 1).length > 1) {
    throw noClassifier(`it gives values of shape [${shape.join(', ')}], not one score for each class`)
  }
  if (!isPlain(layout)) throw noClassifier('it gives a feature map, not one score for each class')
}

/**
 * Whether the output is a logarithm of probabilities, which the graph has as the probabilities themselves.
 * @throws NoPlace where something computes with logarithms
 */
function endsIn({ nodes, output }: Graph, logarithms: ReadonlySet<number>, operator: OnnxNode | undefined): boolean {
  if (logarithms.size === 0) return false
  const passes = ({ op }: GraphNode): boolean => op === 'identity' || op === 'reshape' || op === 'flatten'
  let index = output
  while (passes(nodes[index]!)) index = nodes[index]!.inputs[0]!
  const isOnlyEnd = logarithms.size === 1 && logarithms.has(index)
  const readers = nodes.filter((node) => node.inputs.includes(index))
  if (isOnlyEnd && readers.every(passes)) return true
  throw new NoPlace(operator!, 'is followed by others')
}
