import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import type { TrainingState } from './training-state.ts'

const magic = 'OBXTRAIN'
const version = 1
/** magic, version, length of the header: all before it */
const prefixBytes = magic.length + 8
const hashBytes = 32

const count = z.number().int().nonnegative()
const headerSchema = z.strictObject({
  seed: z.number().int(),
  epoch: count,
  step: count,
  totals: z.strictObject({ n: count, loss: z.number(), nCorrect: count }),
  weights: z.array(z.strictObject({ name: z.string(), shape: z.array(count) })),
  /** number of values of each */
  means: z.array(count),
})

/**
 * A training state as bytes: magic, version and header length (uint32, little-endian), header (JSON), the float32
 * values of the weights and of the optimizer in order, and the SHA-256 of all that.
 */
export function encodeState({ weights, means, ...rest }: TrainingState): Uint8Array {
  const header = Buffer.from(
    JSON.stringify({
      ...rest,
      weights: weights.map(({ name, shape }) => ({ name, shape })),
      means: means.map((mean) => mean.length),
    }),
  )
  const prefix = Buffer.alloc(prefixBytes)
  prefix.write(magic, 'latin1')
  prefix.writeUInt32LE(version, magic.length)
  prefix.writeUInt32LE(header.length, magic.length + 4)
  const arrays = [...weights.map(({ data }) => data), ...means]
  const body = arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength))
  const bytes = Buffer.concat([prefix, header, ...body])
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()])
}

/** @throws AppError 'training.state' for anything but what `encodeState` gave, byte for byte */
export function decodeState(bytes: Uint8Array): TrainingState {
  const header = parseHeader(bytes)
  let at = prefixBytes + header.length
  const read = (n: number): Float32Array => {
    // a copy: float32 values must be aligned, and the state must not hang on the file's bytes
    const data = new Float32Array(Uint8Array.from(bytes.subarray(at, at + n * 4)).buffer)
    at += n * 4
    return data
  }
  const { weights, means, ...rest } = header.content
  return {
    ...rest,
    weights: weights.map(({ name, shape }) => ({ name, shape, data: read(product(shape)) })),
    means: means.map(read),
  }
}

function parseHeader(bytes: Uint8Array): { length: number; content: z.output<typeof headerSchema> } {
  const end = bytes.length - hashBytes
  const prefix = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (end < prefixBytes || prefix.toString('latin1', 0, magic.length) !== magic) {
    throw new AppError('training.state', 'this is no saved training run')
  }
  const found = prefix.readUInt32LE(magic.length)
  if (found !== version) {
    throw new AppError('training.state', `the saved run is of format ${found}; this program reads format ${version}`)
  }
  const hash = createHash('sha256').update(bytes.subarray(0, end)).digest()
  if (!hash.equals(bytes.subarray(end))) {
    throw new AppError('training.state', 'the saved run is damaged: its checksum does not fit', {
      hint: 'Go on from an earlier one.',
    })
  }
  const length = prefix.readUInt32LE(magic.length + 4)
  const content = headerSchema.parse(JSON.parse(prefix.toString('utf8', prefixBytes, prefixBytes + length)))
  return { length, content }
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1)
}
