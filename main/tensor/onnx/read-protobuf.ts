import { AppError } from '#common/contract/errors.ts'
import type { FileBytes } from './read-bytes.ts'

/** A part of a file. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** One field of a message: its number, and its value or the place of its bytes. */
export interface Field extends Span {
  readonly number: number
  readonly wire: 'varint' | 'fixed64' | 'bytes' | 'fixed32'
  /** of a varint: the two's-complement integer, rounded beyond 2⁵³; else 0 */
  readonly value: number
}

/** Far more than the largest networks need; what is within it takes some 100 MB at most. */
const mostFields = 2_000_000
const mostTextBytes = 1 << 26

/**
 * Reads the protocol-buffers wire format from a file: just what an ONNX file needs. Every length is checked against what
 * surrounds it, and all fields of a file are counted, so that a file of a few bytes cannot ask for memory or time.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufReader {
  readonly file: FileBytes
  #nFieldsLeft = mostFields
  #nTextBytesLeft = mostTextBytes

  constructor(file: FileBytes) {
    this.file = file
  }

  /** The fields of a message, in order. @throws AppError 'model.format' where they are damaged or cut off */
  *fields({ start, end }: Span): Generator<Field, undefined, undefined> {
    for (let at = start; at < end;) {
      const tag = this.#varint(at, end)
      const number = tag.value >>> 3
      if (tag.value < 8 || tag.value > 0xffff_ffff) throw damaged('it has a field without a number')
      const field = this.#field(number, tag.value & 7, tag.end, end)
      this.#count(1)
      yield field
      at = field.end
    }
  }

  /** @throws AppError 'model.format' where the field holds something else, as the other readers */
  text(field: Field): string {
    const { start, end } = this.message(field)
    this.#nTextBytesLeft -= end - start
    if (this.#nTextBytesLeft < 0) throw damaged('its description is larger than any network’s')
    return new TextDecoder().decode(this.file.slice(start, end))
  }

  /** The place of a message, or of bytes. */
  message(field: Field): Span {
    if (field.wire !== 'bytes') throw damaged('a field has another type than ONNX’s')
    return field
  }

  integer(field: Field): number {
    if (field.wire !== 'varint') throw damaged('a field has another type than ONNX’s')
    return field.value
  }

  float(field: Field): number {
    if (field.wire !== 'fixed32') throw damaged('a field has another type than ONNX’s')
    return new DataView(this.file.slice(field.start, field.end).buffer).getFloat32(0, true)
  }

  /** Integers of a repeated field: one, or many in a row. */
  integers(field: Field): number[] {
    if (field.wire === 'varint') return [field.value]
    const span = this.message(field)
    this.#count(span.end - span.start)
    return [...this.varints(span)]
  }

  /** Floats of a repeated field: one, or many in a row. */
  floats(field: Field): number[] {
    if (field.wire === 'fixed32') return [this.float(field)]
    const { start, end } = this.message(field)
    this.#count((end - start) / 4)
    if ((end - start) % 4 !== 0) throw damaged('a list of numbers is cut off')
    const view = new DataView(this.file.slice(start, end).buffer)
    return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true))
  }

  /** Integers in a row, however many. */
  *varints({ start, end }: Span): Generator<number, undefined, undefined> {
    for (let at = start; at < end;) {
      const varint = this.#varint(at, end)
      yield varint.value
      at = varint.end
    }
  }

  #count(n: number): void {
    this.#nFieldsLeft -= n
    if (this.#nFieldsLeft < 0) throw damaged('its description is larger than any network’s')
  }

  #field(number: number, wire: number, at: number, end: number): Field {
    switch (wire) {
      case 0: {
        const { value, end: next } = this.#varint(at, end)
        return { number, wire: 'varint', value, start: at, end: next }
      }
      case 1:
        return { number, wire: 'fixed64', value: 0, ...within(at, 8, end) }
      case 2: {
        const length = this.#varint(at, end)
        return { number, wire: 'bytes', value: 0, ...within(length.end, length.value, end) }
      }
      case 5:
        return { number, wire: 'fixed32', value: 0, ...within(at, 4, end) }
      default:
        throw damaged('it has a field of an unknown type')
    }
  }

  #varint(start: number, end: number): { readonly value: number; readonly end: number } {
    let [low, high] = [0, 0]
    for (let at = start, shift = 0; at < end && shift < 70; at++, shift += 7) {
      const byte = this.file.byte(at)
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) return { value: high * 2 ** 32 + (low >>> 0), end: at + 1 }
    }
    throw damaged(start < end ? 'it is cut off, or a number in it has no end' : 'it is cut off')
  }
}

function within(start: number, length: number, end: number): Span {
  if (length < 0 || length > end - start) throw damaged('a part of it is longer than what is left of the file')
  return { start, end: start + length }
}

/** Not `push(...more)`: as arguments, a long list does not fit on the stack. */
export function append(list: number[], more: readonly number[]): void {
  for (const value of more) list.push(value)
}

/** @param why part of a sentence */
export function damaged(why: string): AppError {
  return new AppError('model.format', `it is no ONNX model, or damaged: ${why}`, {
    hint: 'Copy the file again, or export the model once more.',
  })
}
