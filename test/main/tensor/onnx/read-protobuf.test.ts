import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ProtobufWriter } from '#main/tensor/onnx/protobuf.ts'
import { FileBytes } from '#main/tensor/onnx/read-bytes.ts'
import { ProtobufReader, type Field } from '#main/tensor/onnx/read-protobuf.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'

function readerOf(bytes: Uint8Array): ProtobufReader {
  const path = join(temporaryFolder(), 'message')
  writeFileSync(path, bytes)
  const file = new FileBytes(path)
  onTestFinished(() => file.close())
  return new ProtobufReader(file)
}

function fieldsOf(reader: ProtobufReader): Field[] {
  return [...reader.fields({ start: 0, end: reader.file.size })]
}

describe('the protocol-buffers reader', () => {
  it('reads what the writer wrote', () => {
    const text = fc.string({ unit: 'grapheme' })
    const number = fc.integer({ min: 1, max: 2 ** 29 - 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.oneof(fc.maxSafeInteger(), text)), { maxLength: 8 }), (written) => {
        const writer = new ProtobufWriter()
        for (const [field, value] of written) {
          if (typeof value === 'number') writer.integer(field, value)
          else writer.text(field, value)
        }
        const reader = readerOf(writer.finish())
        const read = fieldsOf(reader).map((field) => [
          field.number,
          field.wire === 'varint' ? reader.integer(field) : reader.text(field),
        ])
        expect(read).toEqual(written)
      }),
      { numRuns: 50 },
    )
  })

  it('reads the largest integers, lists in a row and one by one, and floats', () => {
    const row = Uint8Array.of(1, 0x96, 1, 2)
    const writer = new ProtobufWriter()
      .integer(1, -(2n ** 63n))
      .integer(1, 2n ** 63n - 1n)
      .bytes(1, row)
    writer.float(2, 0.5).bytes(2, new Uint8Array(Float32Array.of(1.5, -2).buffer))
    const reader = readerOf(writer.finish())
    const fields = fieldsOf(reader)
    expect(fields.slice(0, 3).flatMap((field) => reader.integers(field))).toEqual([-(2 ** 63), 2 ** 63, 1, 150, 2])
    expect(fields.slice(3).flatMap((field) => reader.floats(field))).toEqual([0.5, 1.5, -2])
  })

  it('finds what lies across the part of the file that it keeps', () => {
    const reader = readerOf(
      new ProtobufWriter()
        .bytes(1, new Uint8Array(200_000))
        .integer(3, 2 ** 40)
        .finish(),
    )
    expect(fieldsOf(reader).map(({ number, start, end, value }) => [number, end - start, value])).toEqual([
      [1, 200_000, 0],
      [3, 6, 2 ** 40],
    ])
  })

  it.each([
    ['a length beyond the end', [0x0a, 5, 1, 2]],
    ['a negative length', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a number without an end', [0x08, ...new Array<number>(11).fill(0xff)]],
    ['a number that is cut off', [0x08, 0x80]],
    ['a field without a value', [0x08]],
    ['a field number 0', [0x00, 1]],
    ['a group', [0x0b, 0x0c]],
    ['a fixed number that is cut off', [0x0d, 1, 2]],
  ])('refuses %s', (_, bytes) => {
    expect(() => fieldsOf(readerOf(Uint8Array.from(bytes)))).toThrow(
      expect.objectContaining({ code: 'model.format' }) as Error,
    )
  })

  it('refuses more fields, or more text, than a network has', () => {
    const many = readerOf(new Uint8Array(4_000_002).fill(0x08))
    expect(() => fieldsOf(many)).toThrow(expect.objectContaining({ code: 'model.format' }) as Error)
    const texts = readerOf(
      new ProtobufWriter()
        .bytes(1, new Uint8Array(1 << 26))
        .text(1, 'x')
        .finish(),
    )
    expect(() => fieldsOf(texts).map((field) => texts.text(field))).toThrow(
      expect.objectContaining({ code: 'model.format' }) as Error,
    )
  })
})
