import type { Hdf5Module } from './hdf5-library.ts'

const kinds = [
  'float16',
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
] as const

/** How the numbers of a dataset are stored. */
export type NumberKind = (typeof kinds)[number]

/** What h5wasm says of a type. */
interface TypeFacts {
  readonly type: number
  /** bytes */
  readonly size: number
  readonly signed: boolean
}

/** The kind of a stored type; null where it is no number, or one of another length. */
export function numberKind(h5: Hdf5Module, { type, size, signed }: TypeFacts): NumberKind | null {
  const { H5T_FLOAT, H5T_INTEGER } = h5.H5T_class_t
  if (type !== H5T_FLOAT.value && type !== H5T_INTEGER.value) return null
  const stem = type === H5T_FLOAT.value ? 'float' : signed ? 'int' : 'uint'
  return kinds.find((kind) => kind === `${stem}${size * 8}`) ?? null
}

type Reader = (bytes: ArrayBufferLike, at: number, n: number) => ArrayLike<number>

/** Views into memory where the numbers are as JavaScript has them; `at` is a multiple of their size. */
const readers: Readonly<Record<NumberKind, Reader>> = {
  float16: (bytes, at, n) => Float32Array.from(new Uint16Array(bytes, at, n), float16),
  float32: (bytes, at, n) => new Float32Array(bytes, at, n),
  float64: (bytes, at, n) => new Float64Array(bytes, at, n),
  int8: (bytes, at, n) => new Int8Array(bytes, at, n),
  int16: (bytes, at, n) => new Int16Array(bytes, at, n),
  int32: (bytes, at, n) => new Int32Array(bytes, at, n),
  int64: (bytes, at, n) => Float64Array.from(new BigInt64Array(bytes, at, n), Number),
  uint8: (bytes, at, n) => new Uint8Array(bytes, at, n),
  uint16: (bytes, at, n) => new Uint16Array(bytes, at, n),
  uint32: (bytes, at, n) => new Uint32Array(bytes, at, n),
  uint64: (bytes, at, n) => Float64Array.from(new BigUint64Array(bytes, at, n), Number),
}

/** The numbers in memory, little-endian; where it can be, a view that is gone with the memory. */
export function numbersOf(memory: Uint8Array, kind: NumberKind, at: number, n: number): ArrayLike<number> {
  return readers[kind](memory.buffer, memory.byteOffset + at, n)
}

/** The value of an IEEE half-precision number. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
