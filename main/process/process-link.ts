import type { Link, Message } from '#common/contract/rpc.ts'

/** The end of a link between a Node process and its child (`fork` with `serialization: 'advanced'`). */
interface Peer {
  readonly connected: boolean
  on(event: 'message' | 'disconnect', listener: (message: unknown) => void): unknown
  send?(message: unknown, callback: (error: Error | null) => void): unknown
  disconnect?(): void
}

/** Typed arrays are copied by the structured clone of Node's IPC; nothing is transferred. */
export function processLink(peer: Peer): Link {
  return {
    send(message) {
      // a peer that has just died: its close event is on the way and fails every open call
      if (peer.connected) peer.send?.(message, () => undefined)
    },
    onMessage: (listener) => void peer.on('message', (message) => listener(message as Message)),
    onClose: (listener) => void peer.on('disconnect', () => listener()),
    close() {
      if (peer.connected) peer.disconnect?.()
    },
  }
}
