import type { Port } from '#common/contract/links/port.ts'
import type { ParentPort } from '#main/process/parent-port.ts'
import { ChannelPorts } from '#main/process/channel-ports.ts'
import { fromText, toText, type ChannelText } from './channel-text.ts'
import type { ChannelMessage, FromEngine, ToEngine } from './messages.ts'

/** The engine's end of the line to its host. */
export interface HostLine {
  send(message: FromEngine): void
  /** @param listener also gets the port that a message brings */
  onMessage(listener: (message: ToEngine, port: Port | undefined) => void): void
  /** the host is gone */
  onClose(listener: () => void): void
}

/** In a utility process of Electron, which ends with its host. */
export function utilityLine(parent: ParentPort): HostLine {
  return {
    send: (message) => parent.postMessage(message),
    onMessage: (listener) => parent.on('message', ({ data, ports }) => listener(data as ToEngine, ports[0])),
    onClose: () => undefined,
  }
}

/** In a child of Node. */
export function childLine(): HostLine {
  const send = (message: ChannelMessage<FromEngine>): void => void process.send?.(toText(message), () => undefined)
  const ports = new ChannelPorts(send)
  process.on('disconnect', () => ports.closeAll())
  return {
    send: (message) => send({ message }),
    onMessage: (listener) =>
      process.on('message', (received) => {
        const given = fromText(received as ChannelText<ToEngine>)
        if (!('message' in given)) ports.take(given)
        else listener(given.message, given.port === undefined ? undefined : ports.open(given.port))
      }),
    onClose: (listener) => void process.on('disconnect', listener),
  }
}
