import { AppError } from '#common/contract/errors.ts'
import { sizeOf } from '../graph.ts'
import type { FileBytes } from './read-bytes.ts'
import { append, damaged, type ProtobufReader, type Field, type Span } from './read-protobuf.ts'

/** Where a tensor in another file is: what ONNX calls external data. */
interface ExternalPlace {
  /** path relative to the model's folder */
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** A tensor of a file; its values are read when they are asked for. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly number[]
  /** true for whole numbers and truth values */
  readonly isInteger: boolean
  readonly external: ExternalPlace | null
  /**
   * Reads them, row-major, each time anew; half and double precision as float32.
   * @param external the file of its external data
   * @throws AppError 'model.format'
   */
  read(external?: FileBytes): Float32Array | number[]
}

interface ElementType {
  readonly bytes: number
  readonly isInteger: boolean
  readonly get: (view: DataView, at: number) => number
  /** field of a TensorProto that holds such values where they are not raw bytes */
  readonly field: number
}

const [floatData, int32Data, int64Data, rawData, doubleData, uint64Data] = [4, 5, 7, 9, 10, 11] as const

const elementTypes: Readonly<Record<number, ElementType>> = {
  1: { bytes: 4, isInteger: false, field: floatData, get: (view, at) => view.getFloat32(at, true) },
  2: { bytes: 1, isInteger: true, field: int32Data, get: (view, at) => view.getUint8(at) },
  3: { bytes: 1, isInteger: true, field: int32Data, get: (view, at) => view.getInt8(at) },
  4: { bytes: 2, isInteger: true, field: int32Data, get: (view, at) => view.getUint16(at, true) },
  5: { bytes: 2, isInteger: true, field: int32Data, get: (view, at) => view.getInt16(at, true) },
  6: { bytes: 4, isInteger: true, field: int32Data, get: (view, at) => view.getInt32(at, true) },
  7: { bytes: 8, isInteger: true, field: int64Data, get: (view, at) => Number(view.getBigInt64(at, true)) },
  9: { bytes: 1, isInteger: true, field: int32Data, get: (view, at) => (view.getUint8(at) ? 1 : 0) },
  10: { bytes: 2, isInteger: false, field: int32Data, get: (view, at) => halfToNumber(view.getUint16(at, true)) },
  11: { bytes: 8, isInteger: false, field: doubleData, get: (view, at) => view.getFloat64(at, true) },
  12: { bytes: 4, isInteger: true, field: uint64Data, get: (view, at) => view.getUint32(at, true) },
  13: { bytes: 8, isInteger: true, field: uint64Data, get: (view, at) => Number(view.getBigUint64(at, true)) },
  16: { bytes: 2, isInteger: false, field: int32Data, get: (view, at) => bfloat16ToNumber(view.getUint16(at, true)) },
}

/** The value of IEEE's half precision. @param bits of 16 bits */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** bfloat16: the upper half of a float32. @param bits of 16 bits */
function bfloat16ToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint16(0, bits)
  return view.getFloat32(0)
}

const mostAxes = 16
/** 8 GB of float32: larger than any file that runs here. */
const mostValues = 2 ** 31

/**
 * Reads what a TensorProto says of itself, and checks that its shape is as large as its data.
 * @throws AppError 'model.format'
 */
export function readTensor(reader: ProtobufReader, span: Span): OnnxTensor {
  const shape: number[] = []
  const typed = new Map<number, Field[]>()
  const entries = new Map<string, string>()
  let [name, type, isExternal] = ['', 0, false]
  for (const field of reader.fields(span)) {
    switch (field.number) {
      case 1:
        append(shape, reader.integers(field))
        break
      case 2:
        type = reader.integer(field)
        break
      case 8:
        name = reader.text(field)
        break
      case 13: {
        const [key, value] = readEntry(reader, reader.message(field))
        entries.set(key, value)
        break
      }
      case 14:
        isExternal = reader.integer(field) === 1
        break
      default:
        if (!typed.has(field.number)) typed.set(field.number, [])
        typed.get(field.number)!.push(field)
    }
  }
  const size = sizeOf(shape)
  if (shape.length > mostAxes || shape.some((n) => n < 0) || !(size <= mostValues)) {
    throw damaged(`the tensor ${name} has the shape [${shape.slice(0, mostAxes).join(', ')}]`)
  }
  const element = elementTypes[type]
  const facts = { name, shape, isInteger: element?.isInteger ?? true }
  // texts, complex or quarter-precision numbers: whoever reads them finds out
  if (!element) return { ...facts, external: null, read: () => unreadable(name, type) }
  if (isExternal) return externalTensor({ ...facts, size, element }, entries)
  const raw = typed.get(rawData)?.at(-1)
  if (raw) {
    const bytes = reader.message(raw)
    if (bytes.end - bytes.start !== size * element.bytes) throw misfit(name, shape)
    return { ...facts, external: null, read: () => decode(element, reader.file.slice(bytes.start, bytes.end)) }
  }
  const fields = typed.get(element.field) ?? []
  const nBytes = fields.reduce((sum, { start, end }) => sum + end - start, 0)
  if (size > nBytes) throw misfit(name, shape)
  return { ...facts, external: null, read: () => readTyped(reader, { name, shape, type, element }, fields) }
}

function externalTensor(
  { element, size, ...facts }: Omit<OnnxTensor, 'external' | 'read'> & { size: number; element: ElementType },
  entries: ReadonlyMap<string, string>,
): OnnxTensor {
  const { name } = facts
  const [offset, length] = ['offset', 'length'].map((key) => {
    const text = entries.get(key)
    if (text !== undefined && !/^\d{1,15}$/.test(text)) throw damaged(`the ${key} of the tensor ${name} is “${text}”`)
    return text === undefined ? null : Number(text)
  })
  const needed = size * element.bytes
  if (length !== null && length !== undefined && length !== needed) throw misfit(name, facts.shape)
  const external = { location: entries.get('location') ?? '', offset: offset ?? 0, length: needed }
  return {
    ...facts,
    external,
    read: (file) => {
      if (!file) throw new Error(`the file of the tensor ${name} was not opened`)
      return decode(element, file.slice(external.offset, external.offset + needed))
    },
  }
}

function decode(element: ElementType, bytes: Uint8Array<ArrayBuffer>): Float32Array | number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.byteLength / element.bytes
  if (element.isInteger) return Array.from({ length }, (_, i) => element.get(view, i * element.bytes))
  const isPlain = element.field === floatData && isLittleEndian
  const values = isPlain ? new Float32Array(bytes.buffer) : new Float32Array(length)
  if (!isPlain) for (let i = 0; i < length; i++) values[i] = element.get(view, i * element.bytes)
  return values
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

interface TypedFacts {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: number
  readonly element: ElementType
}

/** Values that are no raw bytes: floats in a row, or whole numbers, which also hold the bits of half precision. */
function readTyped(
  reader: ProtobufReader,
  { name, shape, type, element }: TypedFacts,
  fields: readonly Field[],
): Float32Array | number[] {
  const size = sizeOf(shape)
  const values: Float32Array | number[] = element.isInteger ? [] : new Float32Array(size)
  const ofBits = { 10: halfToNumber, 16: bfloat16ToNumber }[type]
  let n = 0
  for (const { wire, start, end, value } of fields) {
    const isFixed = wire.startsWith('fixed') || element.field === floatData || element.field === doubleData
    const row = isFixed
      ? decode(element, wholeNumbers(reader, { start, end }, { name, shape, bytes: element.bytes }))
      : wire === 'varint'
        ? [value]
        : reader.varints({ start, end })
    for (const one of row) {
      if (n === size) throw misfit(name, shape)
      values[n++] = ofBits ? ofBits(one) : one
    }
  }
  if (n !== size) throw misfit(name, shape)
  return values
}

function wholeNumbers(
  reader: ProtobufReader,
  { start, end }: Span,
  { name, shape, bytes }: { readonly name: string; readonly shape: readonly number[]; readonly bytes: number },
): Uint8Array<ArrayBuffer> {
  if ((end - start) % bytes !== 0) throw misfit(name, shape)
  return reader.file.slice(start, end)
}

function misfit(name: string, shape: readonly number[]): AppError {
  return damaged(`the tensor ${name} has the shape [${shape.join(', ')}], and another number of values`)
}

function unreadable(name: string, type: number): never {
  throw new AppError('model.format', `the tensor ${name} holds values of a type that is not read (ONNX’s type ${type})`)
}

/** A StringStringEntryProto. */
export function readEntry(reader: ProtobufReader, span: Span): [key: string, value: string] {
  const entry: [string, string] = ['', '']
  for (const field of reader.fields(span)) {
    if (field.number === 1 || field.number === 2) entry[field.number - 1] = reader.text(field)
  }
  return entry
}
