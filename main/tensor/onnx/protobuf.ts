/**
 * Writes the protocol-buffers wire format: just what an ONNX file needs.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = []

  /** An unsigned or (as ONNX's int64 fields) two's-complement integer. */
  integer(field: number, value: number | bigint): this {
    return this.#push(varint((BigInt(field) << 3n) | 0n)).#push(varint(BigInt.asUintN(64, BigInt(value))))
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#push(varint((BigInt(field) << 3n) | 5n)).#push(bytes)
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#push(varint((BigInt(field) << 3n) | 2n))
      .#push(varint(BigInt(value.length)))
      .#push(value)
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, write: (message: ProtobufWriter) => void): this {
    const message = new ProtobufWriter()
    write(message)
    return this.bytes(field, message.finish())
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    let offset = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, offset)
      offset += chunk.length
    }
    return all
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk)
    return this
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = value
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}
