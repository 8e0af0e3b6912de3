import { isSpatial } from '../../graph.ts'
import type { OnnxModel, OnnxNode } from '../read-model.ts'
import type { OnnxFile } from '../read-onnx-file.ts'
import { importFrom, type ImportedGraph } from './import-graph.ts'
import { mapLayout } from './layout.ts'
import { neededNodes } from './needed-nodes.ts'
import type { NetworkEnds } from './network-ends.ts'
import { NoPlace } from './values.ts'

/** The end of a network, from a feature map on that every way from the photo to the output leads through. */
export interface ImportedTail extends ImportedGraph {
  /** name of that feature map in the network */
  readonly value: string
}

/** Operators that give a feature map, the channels before its height and width. */
const mapMakers = new Set(['Conv', 'MaxPool', 'AveragePool', 'BatchNormalization', 'InstanceNormalization'])
/** Operators that give what is laid out as what they are given. */
const passing = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Neg', 'Pow', 'Sqrt', 'Max', 'Min', 'Clip', 'Concat', 'Pad'],
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Gelu', 'Erf', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh'],
  ...['Softplus', 'Mish', 'Identity', 'Dropout', 'Cast'],
])

/**
 * The values of a network that every way from the photo to the output leads through, and that are feature maps by the
 * operators that they come from: names, in order.
 * @throws AppError 'model.format' for a network that is broken
 */
export function bottlenecks(model: OnnxModel, ends: NetworkEnds): readonly string[] {
  const way = wayThrough(model, ends)
  const lastReader = new Map<string, number>()
  for (const [i, { inputs }] of way.entries()) for (const name of inputs) lastReader.set(name, i)
  const maps = new Set<string>()
  const found: string[] = []
  let reach = lastReader.get(ends.input.name) ?? -1 // the last node that looks past the one at hand
  for (const [i, { type, domain, inputs, outputs }] of way.entries()) {
    const [value = ''] = outputs
    const isMap = mapMakers.has(type) || (passing.has(type) && inputs.some((name) => maps.has(name)))
    if (isMap && domain === '') {
      maps.add(value)
      if (reach <= i) found.push(value)
    }
    for (const name of outputs) reach = Math.max(reach, lastReader.get(name) ?? -1)
  }
  return found
}

/** The nodes whose values depend on the photo, in order. */
function wayThrough(model: OnnxModel, { input, output }: NetworkEnds): readonly OnnxNode[] {
  const given = new Set([input.name, ...model.initializers.map(({ name }) => name)])
  const ofPhoto = new Set([input.name])
  return neededNodes(model, output, given).filter(({ inputs, outputs }) => {
    const isOnWay = inputs.some((name) => ofPhoto.has(name))
    if (isOnWay) for (const name of outputs) ofPhoto.add(name)
    return isOnWay
  })
}

/**
 * Translates as much of a network's end as has a place in the graph, from one of its bottlenecks on; null where not even
 * what follows the last one has, or where that is a single cell.
 * @param shapes of the bottlenecks by name, without the batch
 * @throws AppError 'model.format', 'model.weights-not-finite' as `importGraph`
 */
export function importTail(
  file: OnnxFile,
  ends: NetworkEnds,
  shapes: ReadonlyMap<string, readonly number[]>,
): ImportedTail | null {
  const way = wayThrough(file.model, ends)
  let obstacle = -1
  for (const value of bottlenecks(file.model, ends)) {
    const place = way.findIndex(({ outputs }) => outputs.includes(value))
    const shape = shapes.get(value)
    if (place < obstacle || shape?.length !== 3) continue
    try {
      const tail = importFrom(file, ends, { value, name: way[place]!.name || value, layout: mapLayout(shape) })
      return isSpatial(tail.graph.nodes[0]!) ? { ...tail, value } : null
    } catch (error) {
      if (!(error instanceof NoPlace)) throw error
      // whatever begins before it meets it, too
      obstacle = way.indexOf(error.node)
    }
  }
  return null
}
