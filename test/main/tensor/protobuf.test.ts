import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtobufWriter } from '#main/tensor/onnx/protobuf.ts'

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString('hex')

describe('the protocol-buffers writer', () => {
  it('writes the examples of the encoding’s documentation', () => {
    expect(hex(new ProtobufWriter().integer(1, 150))).toBe('089601')
    expect(hex(new ProtobufWriter().text(2, 'testing'))).toBe('120774657374696e67')
    expect(hex(new ProtobufWriter().message(3, (message) => message.integer(1, 150)))).toBe('1a03089601')
  })

  it('writes negative integers in ten bytes, floats in four, and fields above 15 with a longer tag', () => {
    expect(hex(new ProtobufWriter().integer(1, -2))).toBe('08feffffffffffffffff01')
    expect(hex(new ProtobufWriter().float(2, 0.5))).toBe('150000003f')
    expect(hex(new ProtobufWriter().integer(20, 1))).toBe('a00101')
    expect(hex(new ProtobufWriter())).toBe('')
  })

  it('writes integers that are read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const [tag, ...bytes] = new ProtobufWriter().integer(1, value).finish()
        expect(tag).toBe(8)
        const read = bytes.reduce((sum, byte, i) => sum | (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n)
        expect(BigInt.asIntN(64, read)).toBe(value)
        expect(bytes.map((byte) => byte >> 7)).toEqual(bytes.map((_, i) => (i < bytes.length - 1 ? 1 : 0)))
      }),
    )
  })
})
