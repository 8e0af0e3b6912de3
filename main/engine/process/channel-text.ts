import { decodeFrame, encodeFrame } from '#common/contract/links/frame.ts'
import type { Message } from '#common/contract/rpc.ts'
import type { ChannelMessage } from './messages.ts'

/** A message of a channel as JSON can hold it. */
export type ChannelText<M> =
  | Exclude<ChannelMessage<M>, { readonly data: unknown }>
  /** base64 of the message's frame; null: the goodbye of the port */
  | { readonly port: number; readonly frame: string | null }

/**
 * Makes texts of what goes over the channel between a host and a child of Node. Node's own way for binary messages
 * (`serialization: 'advanced'`) ends an older Electron, whose memory cage does not bear how Node gives the bytes back.
 */
export function toText<M>(message: ChannelMessage<M>): ChannelText<M> {
  if (!('data' in message)) return message
  const { port, data } = message
  return { port, frame: data === null ? null : Buffer.from(encodeFrame(data as Message)).toString('base64') }
}

/** @throws AppError 'link.malformed' for a frame that is none */
export function fromText<M>(text: ChannelText<M>): ChannelMessage<M> {
  if (!('frame' in text)) return text
  const { port, frame } = text
  return { port, data: frame === null ? null : decodeFrame(new Uint8Array(Buffer.from(frame, 'base64')).buffer) }
}
