import { AppError } from '#common/contract/errors.ts'
import { socketLink, type Socket } from '#common/contract/links/socket.ts'
import type { Link } from '#common/contract/rpc.ts'

/** A WebSocket that may still be on its way. */
interface OpeningSocket extends Socket {
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/**
 * A link over a new WebSocket.
 * @throws AppError 'link.closed' where it does not open
 */
export function dialSocket(open: () => OpeningSocket): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = open()
    socket.addEventListener('open', () => resolve(socketLink(socket)))
    socket.addEventListener('error', () => undefined) // the close event follows
    socket.addEventListener('close', () => reject(new AppError('link.closed', 'the engine cannot be reached')))
  })
}
