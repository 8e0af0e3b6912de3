import { readFile } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { readingError, regularFile } from './regular-file.ts'

/** The element types that are read; int64 becomes float64 (exact up to 2⁵³), bool becomes 0 and 1. */
type NpyData = Float32Array | Float64Array | Uint8Array | Int16Array | Int32Array

/** An array of a NumPy `.npy` file: C order (last axis fastest), whatever the file's own order was. */
export interface NpyArray {
  readonly data: NpyData
  /** Length of each axis; empty for a single number. `data.length` is their product. */
  readonly shape: readonly number[]
}

interface Header {
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

interface ElementType {
  readonly size: number
  /** Reads little-endian bytes that start at a multiple of the size. */
  read(bytes: Uint8Array<ArrayBuffer>, name: string): NpyData
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const
const magicText = String.fromCharCode(...magic)
/** NumPy 1.26 allows 32 axes; more only makes products overflow. */
const maxAxes = 32
/** Far above what a plain array needs (about 120 bytes); keeps a hostile header length from costing time. */
const maxHeaderBytes = 65_536

/** By NumPy's kind and size. Typed arrays are little-endian on every platform that this program is built for. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  b1: { size: 1, read: (bytes) => bytes.map((byte) => (byte === 0 ? 0 : 1)) },
  u1: { size: 1, read: (bytes) => bytes },
  i2: { size: 2, read: (bytes) => new Int16Array(bytes.buffer) },
  i4: { size: 4, read: (bytes) => new Int32Array(bytes.buffer) },
  i8: { size: 8, read: (bytes, name) => exactFloat64(new BigInt64Array(bytes.buffer), name) },
  f4: { size: 4, read: (bytes) => new Float32Array(bytes.buffer) },
  f8: { size: 8, read: (bytes) => new Float64Array(bytes.buffer) },
}

/**
 * Reads a NumPy `.npy` file: formats 1 to 3, C or Fortran order, either byte order, float32, float64, uint8, bool,
 * int16, int32, int64.
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a device, no permission, above 2 GiB); 'npy.format'
 */
export async function readNpy(path: string): Promise<NpyArray> {
  await regularFile(path)
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw readingError(path, cause)
  })
  return parseNpy(bytes, path)
}

/**
 * Parses the bytes of a `.npy` file; the result shares no memory with them.
 * @param name what errors call the array: its path
 * @throws AppError 'npy.format' for anything that is not exactly one array of a known type
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const { text, dataOffset } = headerText(bytes, name)
  const { descr, fortranOrder, shape } = parseHeader(text, name)
  const { type, isBigEndian } = elementType(descr, name)
  const count = elementCount(shape, name)
  const available = bytes.length - dataOffset
  const needed = count * type.size
  if (available !== needed) {
    const what = available < needed ? 'its data are cut short' : 'it is longer than its header says'
    throw broken(name, `${what}: shape (${shape.join(', ')}) needs ${needed} bytes, there are ${available}`)
  }
  const own = new Uint8Array(needed)
  own.set(bytes.subarray(dataOffset))
  if (isBigEndian) swapBytes(own, type.size)
  const stored = type.read(own, name)
  return { data: fortranOrder ? fromFortranOrder(stored, shape) : stored, shape }
}

/**
 * The bytes of a `.npy` file (format 1.0, little-endian float32, C order), the same that `numpy.save` writes.
 * @param data C order, as many numbers as the product of `shape`
 * @throws AppError 'shape.mismatch'
 */
export function formatNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1)
  if (count !== data.length) {
    throw new AppError('shape.mismatch', `shape (${shape.join(', ')}) has ${count} cells, there are ${data.length}`)
  }
  const tuple = shape.length === 1 ? `(${shape.join()},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`
  const preludeBytes = magic.length + 4
  const headerBytes = Math.ceil((preludeBytes + dictionary.length + 1) / 64) * 64
  const bytes = new Uint8Array(headerBytes + data.byteLength)
  bytes.set(magic)
  bytes[magic.length] = 1
  new DataView(bytes.buffer).setUint16(magic.length + 2, headerBytes - preludeBytes, true)
  bytes.set(new TextEncoder().encode(dictionary.padEnd(headerBytes - preludeBytes - 1) + '\n'), preludeBytes)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerBytes)
  return bytes
}

function broken(name: string, what: string, hint?: string): AppError {
  return new AppError('npy.format', `${name} is not a usable .npy file: ${what}`, hint === undefined ? {} : { hint })
}

function headerText(bytes: Uint8Array, name: string): { text: string; dataOffset: number } {
  if (String.fromCharCode(...bytes.subarray(0, magic.length)) !== magicText) {
    throw broken(name, 'it does not begin like one', "Write it with numpy.save('name.npy', array).")
  }
  const version = bytes[magic.length] ?? 0
  if (version < 1 || version > 3) throw broken(name, `format version ${version} is unknown`)
  const lengthBytes = version === 1 ? 2 : 4
  const headerOffset = magic.length + 2 + lengthBytes
  if (bytes.length < headerOffset) throw broken(name, 'its header is cut short')
  const view = new DataView(bytes.buffer, bytes.byteOffset + magic.length + 2, lengthBytes)
  const length = version === 1 ? view.getUint16(0, true) : view.getUint32(0, true)
  const dataOffset = headerOffset + length
  if (length > maxHeaderBytes) throw broken(name, `a header of ${length} bytes is too long for a plain array`)
  if (bytes.length < dataOffset) throw broken(name, 'its header is cut short')
  // Version 3 differs from 2 by UTF-8 instead of Latin-1; the keys and types that we accept are ASCII in both.
  return { text: new TextDecoder('latin1').decode(bytes.subarray(headerOffset, dataOffset)), dataOffset }
}

/** Reads the Python dictionary of a header: exactly the keys descr, fortran_order and shape, in any order. */
function parseHeader(text: string, name: string): Header {
  const body = /^\s*\{([^{}]*)\}\s*$/.exec(text)?.[1]?.trim()
  if (body === undefined) throw broken(name, 'its header is not a dictionary')
  if (/['"]descr['"]\s*:\s*\[/.test(body)) {
    throw broken(name, 'it holds records, not numbers', 'Save one field as a plain array.')
  }
  const entry = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\d\s,L]*)\))\s*(?:,|$)/y
  const found: { descr?: string; fortranOrder?: boolean; shape?: number[] } = {}
  while (entry.lastIndex < body.length) {
    const match = entry.exec(body)
    if (match === null) throw broken(name, 'its header cannot be read')
    const [, , key, , string, truth, tuple] = match
    if (key === 'descr' && string !== undefined) found.descr = string
    else if (key === 'fortran_order' && truth !== undefined) found.fortranOrder = truth === 'True'
    else if (key === 'shape' && tuple !== undefined) found.shape = parseShape(tuple, name)
    else throw broken(name, `its header has an unusable entry ${key ?? ''}`)
  }
  const { descr, fortranOrder, shape } = found
  if (descr === undefined || fortranOrder === undefined || shape === undefined) {
    throw broken(name, 'its header lacks descr, fortran_order or shape')
  }
  return { descr, fortranOrder, shape }
}

/** NumPy under Python 2 wrote long integers, `(3L, 4L)`. */
function parseShape(tuple: string, name: string): number[] {
  const parts = tuple.split(',').map((part) => part.trim())
  if (parts.at(-1) === '') parts.pop()
  return parts.map((part) => {
    if (!/^\d{1,16}L?$/.test(part)) throw broken(name, `its shape (${tuple.slice(0, 80)}) cannot be read`)
    return Number.parseInt(part, 10)
  })
}

function elementType(descr: string, name: string): { type: ElementType; isBigEndian: boolean } {
  const match = /^([<>|=]?)([a-zA-Z]\d*)$/.exec(descr)
  const type = Object.hasOwn(elementTypes, match?.[2] ?? '') ? elementTypes[match?.[2] ?? ''] : undefined
  if (type === undefined) {
    const what = match?.[2]?.startsWith('O') === true ? 'it holds Python objects' : `its type '${descr}' is not read`
    throw broken(name, what, "Save it as numbers: numpy.save(path, array.astype('float32')).")
  }
  return { type, isBigEndian: match?.[1] === '>' }
}

function elementCount(shape: readonly number[], name: string): number {
  const count = shape.reduce((product, length) => product * length, 1)
  if (shape.length > maxAxes || !Number.isSafeInteger(count)) {
    throw broken(name, `its shape (${shape.join(', ').slice(0, 80)}) is too large`)
  }
  return count
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!
      bytes[low] = bytes[high]!
      bytes[high] = byte
    }
  }
}

function exactFloat64(values: BigInt64Array, name: string): Float64Array {
  const result = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]!)
    if (!Number.isSafeInteger(value)) throw broken(name, `the integer ${values[i]!} is beyond ±2⁵³`)
    result[i] = value
  }
  return result
}

/** Reorders from first axis fastest to last axis fastest. */
function fromFortranOrder(source: NpyData, shape: readonly number[]): NpyData {
  const result = source.slice()
  const index = new Array<number>(shape.length).fill(0)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1))
  let from = 0
  for (let to = 0; to < result.length; to++) {
    result[to] = source[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++
      from += strides[axis]!
      if (index[axis]! < shape[axis]!) break
      from -= strides[axis]! * index[axis]!
      index[axis] = 0
    }
  }
  return result
}
