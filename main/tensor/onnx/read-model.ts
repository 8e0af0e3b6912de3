import { append, damaged, type Field, type ProtobufReader, type Span } from './read-protobuf.ts'
import { readEntry, readTensor, type OnnxTensor } from './read-tensor.ts'

/** An attribute's value; of a kind that nothing here needs, such as a network inside the network: null. */
export type OnnxAttribute = number | string | readonly number[] | readonly string[] | OnnxTensor | null

export interface OnnxNode {
  readonly name: string
  readonly type: string
  /** '' is ONNX's own */
  readonly domain: string
  /** names of values; '' is one left out */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, OnnxAttribute>
}

/** An input or output of the network. */
export interface OnnxValueInfo {
  readonly name: string
  /** ONNX's number for the type of its values; 0: not said */
  readonly type: number
  /** null for an axis that is left open; null altogether: not said */
  readonly shape: readonly (number | null)[] | null
}

/** What an ONNX file describes. Values of tensors stay in the file. */
export interface OnnxModel {
  /** version of the operators, by domain; '' is ONNX's own */
  readonly opsets: ReadonlyMap<string, number>
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValueInfo[]
  readonly outputs: readonly OnnxValueInfo[]
  readonly metadata: ReadonlyMap<string, string>
}

/**
 * Reads the description of a network. Field numbers are those of onnx.proto3.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 * @throws AppError 'model.format'
 */
export function readModel(reader: ProtobufReader): OnnxModel {
  const opsets = new Map<string, number>()
  const metadata = new Map<string, string>()
  const graph: GraphParts = { nodes: [], initializers: [], inputs: [], outputs: [], hasSparse: false }
  let hasGraph = false
  for (const field of reader.fields({ start: 0, end: reader.file.size })) {
    if (field.number === 7) {
      readGraph(reader, reader.message(field), graph)
      hasGraph = true
    } else if (field.number === 8) {
      const { domain, version } = readOpset(reader, reader.message(field))
      opsets.set(domain, version)
    } else if (field.number === 14) {
      const [key, value] = readEntry(reader, reader.message(field))
      metadata.set(key, value)
    }
  }
  if (!hasGraph || graph.nodes.length === 0) throw damaged('there is no network in it')
  if (graph.hasSparse) throw damaged('it keeps weights as sparse tensors, which are not read')
  return { opsets, metadata, ...graph }
}

interface GraphParts {
  readonly nodes: OnnxNode[]
  readonly initializers: OnnxTensor[]
  readonly inputs: OnnxValueInfo[]
  readonly outputs: OnnxValueInfo[]
  hasSparse: boolean
}

function readGraph(reader: ProtobufReader, span: Span, graph: GraphParts): void {
  for (const field of reader.fields(span)) {
    switch (field.number) {
      case 1:
        graph.nodes.push(readNode(reader, reader.message(field)))
        break
      case 5:
        graph.initializers.push(readTensor(reader, reader.message(field)))
        break
      case 11:
        graph.inputs.push(readValueInfo(reader, reader.message(field)))
        break
      case 12:
        graph.outputs.push(readValueInfo(reader, reader.message(field)))
        break
      case 15:
        graph.hasSparse = true
    }
  }
}

/** ONNX's own domain has two names. */
function domainOf(text: string): string {
  return text === 'ai.onnx' ? '' : text
}

function readOpset(reader: ProtobufReader, span: Span): { domain: string; version: number } {
  const opset = { domain: '', version: 1 }
  for (const field of reader.fields(span)) {
    if (field.number === 1) opset.domain = domainOf(reader.text(field))
    else if (field.number === 2) opset.version = reader.integer(field)
  }
  return opset
}

function readNode(reader: ProtobufReader, span: Span): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, OnnxAttribute>()
  let [name, type, domain] = ['', '', '']
  for (const field of reader.fields(span)) {
    switch (field.number) {
      case 1:
        inputs.push(reader.text(field))
        break
      case 2:
        outputs.push(reader.text(field))
        break
      case 3:
        name = reader.text(field)
        break
      case 4:
        type = reader.text(field)
        break
      case 5: {
        const attribute = readAttribute(reader, reader.message(field))
        attributes.set(attribute.name, attribute.value)
        break
      }
      case 7:
        domain = domainOf(reader.text(field))
    }
  }
  return { name, type, domain, inputs, outputs, attributes }
}

/** What fields of an attribute hold its value, by ONNX's number for its type. */
const attributeKinds = [undefined, 'f', 'i', 's', 't', undefined, 'floats', 'ints', 'strings'] as const

function readAttribute(reader: ProtobufReader, span: Span): { name: string; value: OnnxAttribute } {
  let name = ''
  let type = 0
  const lists = { floats: [] as number[], ints: [] as number[], strings: [] as string[] }
  const single: { f?: number; i?: number; s?: string; t?: OnnxTensor } = {}
  for (const field of reader.fields(span)) {
    switch (field.number) {
      case 1:
        name = reader.text(field)
        break
      case 2:
        single.f = reader.float(field)
        break
      case 3:
        single.i = reader.integer(field)
        break
      case 4:
        single.s = reader.text(field)
        break
      case 5:
        single.t = readTensor(reader, reader.message(field))
        break
      case 7:
        append(lists.floats, reader.floats(field))
        break
      case 8:
        append(lists.ints, reader.integers(field))
        break
      case 9:
        lists.strings.push(reader.text(field))
        break
      case 20:
        type = reader.integer(field)
    }
  }
  const kind = attributeKinds[type]
  if (kind === 'floats' || kind === 'ints' || kind === 'strings') return { name, value: lists[kind] }
  const zero = { f: 0, i: 0, s: '', t: null }
  return { name, value: kind === undefined ? null : (single[kind] ?? zero[kind]) }
}

function readValueInfo(reader: ProtobufReader, span: Span): OnnxValueInfo {
  let name = ''
  let tensor: Pick<OnnxValueInfo, 'type' | 'shape'> = { type: 0, shape: null }
  for (const field of reader.fields(span)) {
    if (field.number === 1) name = reader.text(field)
    else if (field.number === 2) {
      for (const inner of reader.fields(reader.message(field))) {
        if (inner.number === 1) tensor = readTensorType(reader, reader.message(inner))
      }
    }
  }
  return { name, ...tensor }
}

function readTensorType(reader: ProtobufReader, span: Span): Pick<OnnxValueInfo, 'type' | 'shape'> {
  let type = 0
  let shape: (number | null)[] | null = null
  for (const field of reader.fields(span)) {
    if (field.number === 1) type = reader.integer(field)
    else if (field.number === 2) {
      shape = []
      for (const axis of reader.fields(reader.message(field))) {
        if (axis.number === 1) shape.push(readAxis(reader, axis))
      }
    }
  }
  return { type, shape }
}

/** Open axes have a name, no value, or one that is no length: exporters write 0 and −1 as well. */
function readAxis(reader: ProtobufReader, field: Field): number | null {
  let length: number | null = null
  for (const inner of reader.fields(reader.message(field))) {
    if (inner.number === 1) length = reader.integer(inner)
  }
  return length !== null && length > 0 ? length : null
}
