import { AppError } from '#common/contract/errors.ts'

/** A data element: its type's number, and where its bytes are. */
export interface Element {
  readonly type: number
  readonly start: number
  readonly end: number
  /** Where the next one begins: inside arrays they are padded to 8 bytes. */
  readonly next: number
}

/** Bytes of a MAT-file with the order of theirs; `name` is what errors call the file. */
export interface MatBytes {
  readonly view: DataView
  readonly isLittleEndian: boolean
  readonly name: string
}

/** Numbers as they were stored, which is often smaller than their class; int64 as float64, exact up to ±2⁵³. */
export type MatNumbers =
  Float64Array | Float32Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array

/** The types of elements that hold no numbers. */
export const elementType = { matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 } as const

const uint32 = 6

interface NumberType {
  readonly size: number
  readonly make: (count: number) => MatNumbers
  readonly get: (view: DataView, at: number, isLittleEndian: boolean) => number
}

/** By the numbers that the format gives them (miINT8 = 1 …). */
const numberTypes: Readonly<Record<number, NumberType>> = {
  1: { size: 1, make: (n) => new Int8Array(n), get: (view, at) => view.getInt8(at) },
  2: { size: 1, make: (n) => new Uint8Array(n), get: (view, at) => view.getUint8(at) },
  3: { size: 2, make: (n) => new Int16Array(n), get: (view, at, little) => view.getInt16(at, little) },
  4: { size: 2, make: (n) => new Uint16Array(n), get: (view, at, little) => view.getUint16(at, little) },
  5: { size: 4, make: (n) => new Int32Array(n), get: (view, at, little) => view.getInt32(at, little) },
  6: { size: 4, make: (n) => new Uint32Array(n), get: (view, at, little) => view.getUint32(at, little) },
  7: { size: 4, make: (n) => new Float32Array(n), get: (view, at, little) => view.getFloat32(at, little) },
  9: { size: 8, make: (n) => new Float64Array(n), get: (view, at, little) => view.getFloat64(at, little) },
  12: { size: 8, make: (n) => new Float64Array(n), get: (view, at, little) => Number(view.getBigInt64(at, little)) },
  13: { size: 8, make: (n) => new Float64Array(n), get: (view, at, little) => Number(view.getBigUint64(at, little)) },
}

/** 'file.format'; `what` continues the sentence that names the file. */
export function unusable(name: string, what: string, options: { hint?: string; cause?: unknown } = {}): AppError {
  return new AppError('file.format', `${name} is not a usable MAT-file: ${what}`, {
    data: { file: name },
    ...options,
  })
}

/**
 * The element at a place. Up to four bytes may stand inside the tag (a small element).
 * @param end where what contains it ends
 * @throws AppError 'file.format' for one that is not wholly in there
 */
export function elementAt({ view, isLittleEndian, name }: MatBytes, at: number, end: number): Element {
  if (at + 8 > end) throw unusable(name, 'it is cut short')
  const first = view.getUint32(at, isLittleEndian)
  const smallSize = first >>> 16
  if (smallSize > 4) throw unusable(name, `a small element says it has ${smallSize} bytes; 4 is the most`)
  if (smallSize > 0) return { type: first & 0xffff, start: at + 4, end: at + 4 + smallSize, next: at + 8 }
  const size = view.getUint32(at + 4, isLittleEndian)
  const start = at + 8
  if (size > end - start) throw unusable(name, `an element says it has ${size} bytes, there are ${end - start}`)
  const padded = first === elementType.compressed ? size : Math.ceil(size / 8) * 8
  // the last one need not be padded
  return { type: first, start, end: start + size, next: Math.min(start + padded, end) }
}

/**
 * The numbers of an element, in the order of the file: first axis fastest.
 * @throws AppError 'file.format' where it holds no numbers, not whole ones, or integers beyond ±2⁵³
 */
export function numbersOf({ view, isLittleEndian, name }: MatBytes, element: Element): MatNumbers {
  const type = numberTypes[element.type]
  if (type === undefined) throw unusable(name, `an element has type ${element.type} where numbers belong`)
  const count = (element.end - element.start) / type.size
  if (!Number.isInteger(count)) throw unusable(name, 'the size of an element is no multiple of its numbers’')
  const numbers = type.make(count)
  const isWide = element.type === 12 || element.type === 13
  for (let i = 0; i < count; i++) {
    const value = type.get(view, element.start + i * type.size, isLittleEndian)
    if (isWide && !Number.isSafeInteger(value)) throw unusable(name, 'it holds an integer beyond ±2⁵³')
    numbers[i] = value
  }
  return numbers
}

/** The bytes of an element, not copied. */
export function bytesOf({ view }: MatBytes, { start, end }: Element): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start)
}

/**
 * The text of an element of any type of letters, or of numbers that stand for letters (UTF-16).
 * @throws AppError 'file.format' as `numbersOf`
 */
export function textOf(bytes: MatBytes, element: Element): string {
  switch (element.type) {
    case elementType.utf8:
      return new TextDecoder().decode(bytesOf(bytes, element))
    case elementType.utf16:
      return new TextDecoder(bytes.isLittleEndian ? 'utf-16le' : 'utf-16be').decode(bytesOf(bytes, element))
    case elementType.utf32:
      return spell(numbersOf(bytes, { ...element, type: uint32 }), (code) =>
        code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD',
      )
    default:
      return spell(numbersOf(bytes, element), (code) => String.fromCharCode(code))
  }
}

function spell(codes: MatNumbers, letter: (code: number) => string): string {
  let text = ''
  for (const code of codes) text += letter(code)
  return text
}
