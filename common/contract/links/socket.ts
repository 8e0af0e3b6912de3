import { AppError } from '../errors.ts'
import type { Link } from '../rpc.ts'
import { decodeFrame, encodeFrame, frameTooLarge } from './frame.ts'
import { LinkListeners } from './wire.ts'

/** What a link needs of a WebSocket: the browser's, Node's and that of `ws` have it. */
export interface Socket {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** `readyState` of a socket that can send. */
const openState = 1

/** While so many bytes wait to be sent, progress is left out: it is state, and the next one says more. */
export const eventMarkBytes = 2 ** 20

/** Why a connection is closed; those from 4000 on are ours, because pages may give no others. */
const closeCodes = { tooLarge: 4009, malformed: 4007, tooLargeForServer: 1009 } as const

/**
 * A link over an open WebSocket, a MessagePack frame a message. A frame that is too large or no message closes it, and
 * both ends hear why ('link.too-large', 'link.malformed'); sending what is too large throws and closes nothing.
 */
export function socketLink(socket: Socket): Link {
  const listeners = new LinkListeners()
  socket.binaryType = 'arraybuffer'

  const take = (data: unknown): void => {
    try {
      if (!(data instanceof ArrayBuffer)) throw malformed()
      listeners.deliver(decodeFrame(data))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      socket.close(error.code === 'link.too-large' ? closeCodes.tooLarge : closeCodes.malformed)
      listeners.close(error)
    }
  }
  socket.addEventListener('message', ({ data }) => take(data))
  socket.addEventListener('close', ({ code }) => listeners.close(reasonOf(code)))
  socket.addEventListener('error', () => undefined) // the close event follows

  return {
    send(message) {
      if (listeners.isClosed || socket.readyState !== openState) return
      if (message.type === 'event' && socket.bufferedAmount > eventMarkBytes) return
      socket.send(encodeFrame(message))
    },
    onMessage: (listener) => listeners.addMessage(listener),
    onClose: (listener) => listeners.addClose(listener),
    close() {
      socket.close()
      listeners.close()
    },
  }
}

function reasonOf(code: number): AppError | undefined {
  if (code === closeCodes.tooLarge || code === closeCodes.tooLargeForServer) return frameTooLarge()
  return code === closeCodes.malformed ? malformed() : undefined
}

function malformed(): AppError {
  return new AppError('link.malformed', 'what was sent is no message')
}
