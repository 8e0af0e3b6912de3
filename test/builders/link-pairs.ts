import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { maxFrameBytes } from '#common/contract/links/frame.ts'
import { createMemoryLinks } from '#common/contract/links/memory.ts'
import { portLink, type Port } from '#common/contract/links/port.ts'
import { socketLink } from '#common/contract/links/socket.ts'
import type { Link } from '#common/contract/rpc.ts'

type LinkPair = readonly [near: Link, far: Link]

/** Two ends of each kind of link; what they need is gone when the running test ends. */
export const linkPairs: readonly { readonly kind: string; readonly makeLinks: () => Promise<LinkPair> }[] = [
  { kind: 'memory', makeLinks: () => Promise.resolve(createMemoryLinks()) },
  { kind: 'a message port', makeLinks: () => Promise.resolve(portPair((port) => port)) },
  { kind: 'a port like Electron’s', makeLinks: () => Promise.resolve(portPair(electronPort)) },
  {
    kind: 'a WebSocket of ws',
    makeLinks: async () => {
      const { near, far } = await socketPair((url) => new WebSocket(url))
      return [socketLink(near), socketLink(far)]
    },
  },
  {
    kind: 'a WebSocket as browsers have it',
    makeLinks: async () => {
      const { near, far } = await socketPair((url) => new globalThis.WebSocket(url))
      return [socketLink(near), socketLink(far)]
    },
  },
]

/** Two ports that are connected. */
export function channel(): MessageChannel {
  const made = new MessageChannel()
  onTestFinished(() => {
    made.port1.close()
    made.port2.close()
  })
  return made
}

function portPair(shape: (port: MessagePort) => Port): LinkPair {
  const { port1, port2 } = channel()
  return [portLink(shape(port1)), portLink(shape(port2))]
}

/** MessagePortMain: an emitter whose messages come as events, and nothing else. */
function electronPort(port: MessagePort): Port {
  const emitter = new EventEmitter()
  port.on('close', () => emitter.emit('close'))
  return {
    postMessage: (message) => port.postMessage(message),
    start: () => void port.on('message', (data) => emitter.emit('message', { data: data as unknown })),
    close: () => port.close(),
    on: (type: string, listener) => emitter.on(type, listener),
  }
}

/** Both ends of a WebSocket, open. */
export async function socketPair<Near extends WebSocket | globalThis.WebSocket>(
  open: (url: string) => Near,
): Promise<{ readonly near: Near; readonly far: WebSocket }> {
  const http = createServer()
  const server = new WebSocketServer({ server: http, maxPayload: maxFrameBytes })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    for (const client of server.clients) client.terminate()
    http.close()
  })
  const connected = once(server, 'connection') as Promise<[WebSocket]>
  const near = open(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  const [far] = await connected
  await new Promise<void>((resolve) => near.addEventListener('open', () => resolve(), { once: true }))
  return { near, far }
}
