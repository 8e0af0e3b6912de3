import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startComputeChild } from '#main/compute/host.ts'
import { createEngine, type EngineOptions } from '#main/engine/engine.ts'
import { startServer, type RunningServer } from '#main/server/server.ts'

export interface TestServer extends RunningServer {
  readonly base: string
  /** of a browser that was let in */
  readonly cookie: string
  readonly engine: ReturnType<typeof createEngine>
}

/** A folder for all tests of a file, with a page in `page` and a secret beside it. */
export function usePageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'obalex-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'page/assets'), { recursive: true })
  const files = {
    'page/index.html': '<!doctype html><title>the page</title>',
    'page/assets/main-1a2b3c.js': 'export {}',
    'page/assets/main-1a2b3c.css': 'body {}',
    'page/assets/inter-1a2b3c.woff2': 'font',
    'page/notes.txt': 'not for the browser',
    'page/inside.obalex': 'SQLite format 3',
    'secret.json': '{"secret": true}',
    'secret.obalex': 'SQLite format 3',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** A server with an engine of its own on any free port. Whoever starts it closes it. */
export async function startTestServer(
  folder: string,
  { port = 0, ...options }: Partial<EngineOptions> & { readonly port?: number } = {},
): Promise<TestServer> {
  const engine = createEngine({ startCompute: startComputeChild, version: 'test', checkOutputs: true, ...options })
  const server = await startServer({
    engine: engine.connect(),
    serveEngine: (link) => engine.serve(link),
    pageFolder: join(folder, 'page'),
    port,
    log: (line) => process.stderr.write(`${line}\n`),
  })
  const letIn = await ask(server.port, new URL(server.url).search.replace(/^/, '/'))
  return {
    ...server,
    engine,
    base: `http://127.0.0.1:${server.port}`,
    cookie: letIn.headers['set-cookie']![0]!.split(';')[0]!,
    async close() {
      await server.close()
      await engine.dispose()
    },
  }
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends a request as it is written here: no client that puts paths or headers in order. */
export async function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answered> {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part as Buffer)
  return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(parts) }
}

/** A WebSocket to the server, and what a refused one was answered; gone when the running test has ended. */
export function openSocket(
  port: number,
  headers: Record<string, string>,
  path = '/engine',
): { readonly socket: WebSocket; readonly outcome: Promise<number> } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  onTestFinished(() => socket.terminate())
  const outcome = new Promise<number>((resolve, reject) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode!))
    socket.on('error', reject)
  })
  return { socket, outcome }
}
