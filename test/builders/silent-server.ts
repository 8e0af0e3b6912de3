import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface SilentServer {
  readonly address: string
  /** settles when somebody has asked for something */
  readonly asked: Promise<unknown>
}

/** A server that takes every request and never answers; gone when the running test ends. */
export async function silentServer(): Promise<SilentServer> {
  const server = createServer()
  const asked = once(server, 'request')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
