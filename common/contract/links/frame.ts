import { decode, encode, ExtensionCodec } from '@msgpack/msgpack'
import { AppError } from '../errors.ts'
import type { Message } from '../rpc.ts'
import { isMessage } from './wire.ts'

/** The longest frame that is sent or taken, bytes. */
export const maxFrameBytes = 64 * 2 ** 20

/** More entries than any message has: a short frame cannot ask for gigabytes by a length alone. */
const maxEntries = 2 ** 20

/** In the order of their extension types. The bytes of both ends have the same order: they are on one machine. */
const arrayKinds = [Uint8Array, Uint32Array, Float32Array, Float64Array] as const

const extensionCodec = new ExtensionCodec()
for (const [type, Kind] of arrayKinds.entries()) {
  extensionCodec.register({
    type,
    encode: (value) =>
      value instanceof Kind ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
    // copied: a view of the frame would keep all of it, and begin where its values must not
    decode: (bytes) => new Kind(bytes.slice().buffer),
  })
}

/**
 * A message as one MessagePack frame. Uint8Array, Uint32Array, Float32Array and Float64Array stay what they are;
 * properties that are undefined are left out.
 * @throws AppError 'link.too-large' where the frame would be longer than `maxFrameBytes`
 */
export function encodeFrame(message: Message): Uint8Array<ArrayBuffer> {
  const frame = encode(message, { extensionCodec, ignoreUndefined: true })
  requireFrameSize(frame.byteLength)
  return frame
}

/**
 * The message of a frame. Its arrays begin aligned in buffers of their own.
 * @throws AppError 'link.malformed'; 'link.too-large' before anything is decoded
 */
export function decodeFrame(frame: ArrayBuffer): Message {
  requireFrameSize(frame.byteLength)
  let value: unknown
  try {
    value = decode(frame, { extensionCodec, maxArrayLength: maxEntries, maxMapLength: maxEntries })
  } catch (cause) {
    throw new AppError('link.malformed', 'the other side sent a frame that cannot be read', { cause })
  }
  if (isMessage(value)) return value
  throw new AppError('link.malformed', 'the other side sent what is no message')
}

function requireFrameSize(bytes: number): void {
  if (bytes > maxFrameBytes) throw frameTooLarge(bytes)
}

/** @param bytes unknown where the other side counted them */
export function frameTooLarge(bytes?: number): AppError {
  const size = bytes === undefined ? 'more than' : `${Math.ceil(bytes / 2 ** 20)} MB, more than`
  return new AppError(
    'link.too-large',
    `a message has ${size} the ${maxFrameBytes / 2 ** 20} MB that a connection takes`,
    {
      hint: 'Ask for less at once.',
    },
  )
}
