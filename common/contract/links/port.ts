import { AppError } from '../errors.ts'
import type { Link } from '../rpc.ts'
import { isMessage, LinkListeners } from './wire.ts'

/** What a link needs of a port. Messages come as events with `data` from all three kinds. */
interface AnyPort {
  postMessage(message: unknown): void
  start(): void
  close(): void
}
type Listener = (event: { readonly data?: unknown }) => void
/** A MessagePort of a page, a worker, or Node's worker threads. */
interface WebPort extends AnyPort {
  addEventListener(type: string, listener: Listener): void
}
/** Electron's MessagePortMain. */
interface EmitterPort extends AnyPort {
  on(type: string, listener: Listener): unknown
}

export type Port = WebPort | EmitterPort

/** Says that this end closes: the ports of older Chromiums do not tell the other end. */
const goodbye = null

/**
 * A link over a message port. Binary values are copied, never transferred: Electron's ports to other processes deliver
 * transferred buffers empty. What is no message of the protocol closes the link with 'link.malformed'.
 */
export function portLink(port: Port): Link {
  const listeners = new LinkListeners()
  const listen = (type: string, listener: Listener): void => {
    if ('addEventListener' in port) port.addEventListener(type, listener)
    else port.on(type, listener)
  }
  const end = (reason?: AppError): void => {
    if (listeners.isClosed) return
    port.postMessage(goodbye)
    port.close()
    listeners.close(reason)
  }
  const malformed = (): void => end(new AppError('link.malformed', 'the other side sent what is no message'))

  listen('message', ({ data }) => {
    if (data === goodbye) end()
    else if (isMessage(data)) listeners.deliver(data)
    else malformed()
  })
  listen('messageerror', malformed)
  listen('close', () => listeners.close())
  port.start()

  return {
    send(message) {
      if (!listeners.isClosed) port.postMessage(message)
    },
    onMessage: (listener) => listeners.addMessage(listener),
    onClose: (listener) => listeners.addClose(listener),
    close: () => end(),
  }
}
