import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProtobufWriter } from '#main/tensor/onnx/protobuf.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** An attribute: a whole number, a list of them, a text, a float as `{ float }`, or a tensor. */
export type FileAttribute = number | readonly number[] | string | { readonly float: number } | FileTensor

export interface FileTensor {
  readonly shape: readonly number[]
  /** ONNX's number; default 1, float32 */
  readonly type?: number
  /** raw bytes */
  readonly raw?: Uint8Array
  /** writes the values in another way, into the tensor's message */
  readonly write?: (tensor: ProtobufWriter) => void
}

export interface FileNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly name?: string
  readonly domain?: string
  readonly attributes?: Readonly<Record<string, FileAttribute>>
}

interface FileValue {
  readonly name: string
  /** a text names an axis of any length */
  readonly shape: readonly (number | string)[]
  /** default 1, float32 */
  readonly type?: number
}

/** What is left out is usual: one input `x`, one output `y`, opset 17. */
export interface FileModel {
  readonly nodes: readonly FileNode[]
  readonly tensors?: Readonly<Record<string, FileTensor>>
  /** more initialisers, for such as have a name that is taken */
  readonly moreTensors?: readonly (FileTensor & { readonly name: string })[]
  readonly inputs: readonly FileValue[]
  readonly outputs?: readonly FileValue[]
  readonly opsets?: Readonly<Record<string, number>>
  readonly metadata?: Readonly<Record<string, string>>
}

/** @returns the bytes of an ONNX file, right or wrong */
export function onnxBytes(model: FileModel): Uint8Array {
  const { nodes, tensors = {}, moreTensors = [], inputs, outputs = [{ name: 'y', shape: [] }] } = model
  const file = new ProtobufWriter().integer(1, 8)
  for (const [domain, version] of Object.entries(model.opsets ?? { '': 17 })) {
    file.message(8, (opset) => opset.text(1, domain).integer(2, version))
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    file.message(14, (entry) => entry.text(1, key).text(2, value))
  }
  file.message(7, (graph) => {
    for (const node of nodes) graph.message(1, (message) => writeNode(message, node))
    graph.text(2, 'test')
    const named = [...Object.entries(tensors).map(([name, tensor]) => ({ name, ...tensor })), ...moreTensors]
    for (const tensor of named) {
      graph.message(5, (message) => {
        writeTensor(message, tensor)
        message.text(8, tensor.name)
      })
    }
    for (const value of inputs) graph.message(11, (info) => writeValue(info, value, true))
    for (const value of outputs) graph.message(12, (info) => writeValue(info, value, value.shape.length > 0))
  })
  return file.finish()
}

/** Writes the model to a folder that is removed when the test ends. @returns its path */
export function writeOnnx(model: FileModel, folder = temporaryFolder()): string {
  const path = join(folder, 'model.onnx')
  writeFileSync(path, onnxBytes(model))
  return path
}

/** float32 values. */
export function floatTensor(shape: readonly number[], values: ArrayLike<number>): FileTensor {
  return { shape, raw: new Uint8Array(Float32Array.from(values).buffer) }
}

/** Says that a tensor's values lie in another file: `location`, and perhaps `offset` and `length`. */
export function inFile(entries: Readonly<Record<string, string>>): NonNullable<FileTensor['write']> {
  return (tensor) => {
    for (const [key, value] of Object.entries(entries)) {
      tensor.message(13, (entry) => entry.text(1, key).text(2, value))
    }
    tensor.integer(14, 1)
  }
}

/** A list of int64, or a single one. */
export function integerTensor(values: readonly number[] | number): FileTensor {
  const list = typeof values === 'number' ? [values] : values
  const raw = new Uint8Array(BigInt64Array.from(list, BigInt).buffer)
  return { shape: typeof values === 'number' ? [] : [list.length], type: 7, raw }
}

function writeNode(message: ProtobufWriter, node: FileNode): void {
  for (const input of node.inputs) message.text(1, input)
  for (const output of node.outputs) message.text(2, output)
  if (node.name !== undefined) message.text(3, node.name)
  message.text(4, node.type)
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message.message(5, (attribute) => writeAttribute(attribute.text(1, name), value))
  }
  if (node.domain !== undefined) message.text(7, node.domain)
}

function writeAttribute(attribute: ProtobufWriter, value: FileAttribute): void {
  if (typeof value === 'number') attribute.integer(3, value).integer(20, 2)
  else if (typeof value === 'string') attribute.text(4, value).integer(20, 3)
  else if ('float' in value) attribute.float(2, value.float).integer(20, 1)
  else if ('shape' in value) attribute.message(5, (tensor) => writeTensor(tensor, value)).integer(20, 4)
  else {
    for (const n of value) attribute.integer(8, n)
    attribute.integer(20, 7)
  }
}

function writeTensor(message: ProtobufWriter, { shape, type = 1, raw, write }: FileTensor): void {
  for (const n of shape) message.integer(1, n)
  message.integer(2, type)
  if (raw) message.bytes(9, raw)
  write?.(message)
}

function writeValue(info: ProtobufWriter, { name, shape, type = 1 }: FileValue, hasShape: boolean): void {
  info.text(1, name).message(2, (value) => {
    value.message(1, (tensor) => {
      tensor.integer(1, type)
      if (!hasShape) return
      tensor.message(2, (dims) => {
        for (const n of shape) dims.message(1, (dim) => (typeof n === 'string' ? dim.text(2, n) : dim.integer(1, n)))
      })
    })
  })
}
