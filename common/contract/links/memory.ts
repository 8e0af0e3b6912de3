import type { Link, Message } from '../rpc.ts'

/**
 * Two ends of a link inside one process. Messages are copied with structuredClone and delivered asynchronously, so
 * that what works here works over a port.
 */
export function createMemoryLinks(): [Link, Link] {
  const messageListeners: [((m: Message) => void)[], ((m: Message) => void)[]] = [[], []]
  const early: [Message[], Message[]] = [[], []]
  const closeListeners: (() => void)[] = []
  let open = true

  const makeEnd = (mine: 0 | 1): Link => ({
    send(message) {
      if (!open) return
      const copy = structuredClone(message)
      queueMicrotask(() => {
        const other = mine === 0 ? 1 : 0
        if (!open) return
        if (messageListeners[other].length === 0) early[other].push(copy)
        for (const listener of messageListeners[other]) listener(copy)
      })
    },
    onMessage(listener) {
      messageListeners[mine].push(listener)
      for (const message of early[mine].splice(0)) listener(message)
    },
    onClose: (listener) => void closeListeners.push(listener),
    close() {
      if (!open) return
      open = false
      for (const listener of closeListeners) listener()
    },
  })
  return [makeEnd(0), makeEnd(1)]
}
