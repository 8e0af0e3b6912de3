import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { EngineClient } from '#common/contract/index.ts'
import { AppError } from '#common/contract/errors.ts'
import { maxFrameBytes } from '#common/contract/links/frame.ts'
import { socketLink } from '#common/contract/links/socket.ts'
import type { Link } from '#common/contract/rpc.ts'
import { plainAnswer, type Answer } from '#main/page/answer.ts'
import { Gate } from './gate.ts'
import { isPicturePath, pictureAnswer } from '#main/page/pictures.ts'
import { staticAnswer } from '#main/page/static-files.ts'
import { sendAnswer } from './send-answer.ts'

/** Only this machine reaches it. */
const address = '127.0.0.1'
const enginePath = '/engine'

export interface ServerOptions {
  /** a client of the engine, for pictures */
  readonly engine: EngineClient
  /** serves the engine over a link, one a connection */
  readonly serveEngine: (link: Link) => void
  /** of the built page */
  readonly pageFolder: string
  /** 0: any that is free */
  readonly port: number
  /** takes what went wrong and nobody was told */
  readonly log: (line: string) => void
}

export interface RunningServer {
  /** with the token that lets a browser in */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Serves the workstation to browsers on this machine: the page, pictures of photos, and the engine over WebSockets.
 * @throws AppError 'server.port' where the port cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer()
  await listen(server, options.port)
  const { port } = server.address() as AddressInfo
  const gate = new Gate(port)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false })

  server.on('request', (request, response) => void respond(options, gate, request, response))
  server.on('upgrade', (request, socket, head) => {
    const refusal = refuseSocket(gate, request)
    if (refusal) refuse(socket, refusal)
    else sockets.handleUpgrade(request, socket, head, (connection) => options.serveEngine(socketLink(connection)))
  })
  return {
    url: `http://${address}:${port}/?token=${gate.token}`,
    port,
    async close() {
      for (const connection of sockets.clients) connection.terminate()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, address)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'another program uses it' : message
    throw new AppError('server.port', `port ${port} cannot be had: ${why}`, {
      hint: 'Choose another one with --port; 0 takes any that is free.',
      data: { port, isTaken: code === 'EADDRINUSE' },
      cause,
    })
  }
}

async function respond(
  options: ServerOptions,
  gate: Gate,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController()
  response.on('close', () => controller.abort())
  response.on('error', () => undefined) // nobody waits for it any more
  let answer: Answer
  try {
    answer = await answerTo(options, gate, request, controller.signal)
  } catch (error) {
    options.log(`${request.method ?? ''} ${request.url ?? ''}: ${String(error)}`)
    answer = plainAnswer(500, 'This is a fault of the program; its log says more.')
  }
  if (!response.destroyed) sendAnswer(request, response, answer)
}

async function answerTo(
  { engine, pageFolder }: ServerOptions,
  gate: Gate,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const { method, headers } = request
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const addressed = gate.admitAddress(request)
  if (addressed.status !== 200) return plainAnswer(addressed.status, addressed.reason)
  if (method !== 'GET' && method !== 'HEAD') return plainAnswer(405, 'Only GET is known.', { Allow: 'GET, HEAD' })
  if (path === '/' && gate.isToken(new URLSearchParams(query).get('token') ?? '')) {
    return plainAnswer(303, 'Go on to the page.', { Location: '/', 'Set-Cookie': gate.cookie })
  }
  const session = gate.admitSession(request)
  if (session.status !== 200) return plainAnswer(session.status, session.reason)
  if (path === enginePath) return plainAnswer(426, 'The engine speaks WebSocket.', { Upgrade: 'websocket' })
  if (isPicturePath(path)) return pictureAnswer(engine, path, { known: headers['if-none-match'], signal })
  return staticAnswer(pageFolder, path)
}

/** Why a connection is refused: null where it is not. */
function refuseSocket(gate: Gate, request: IncomingMessage): string | null {
  for (const { status } of [gate.admitAddress(request), gate.admitSession(request)]) {
    if (status === 403) return '403 Forbidden'
    if (status === 401) return '401 Unauthorized'
  }
  return request.url === enginePath ? null : '404 Not Found'
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined)
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
