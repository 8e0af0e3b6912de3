import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** One request that came, as far as tests look at it. */
interface Request {
  readonly path: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
}

/** How one answer is given; what is left out is as a good server does it. */
interface Answer {
  /** instead of the file */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** the connection is cut after so many bytes of the body, once the client has told `arrived` that it has them */
  readonly cutAfter?: number
  /** nothing more comes after so many bytes of the body, and the connection stays */
  readonly stallAfter?: number
  /** the whole file is sent whatever was asked for */
  readonly ignoresRange?: boolean
  /** answers without Content-Length */
  readonly isChunked?: boolean
  /** what Content-Length says */
  readonly length?: number
}

export interface FileServer {
  readonly url: URL
  /** in order */
  readonly requests: readonly Request[]
  /** what is served under any path */
  content: Uint8Array
  /** null: none is sent */
  etag: string | null
  /** for the next requests, one each; then good answers */
  readonly answers: Answer[]
  /** How much of the file the client has: what it has not taken when a connection is cut is lost to it. */
  arrived(bytes: number): void
  /** resolves when so many bytes of the body of the answer that stalls were sent */
  readonly stalled: Promise<unknown>
}

/** A real server of one file, which fails as it is told; closed when the running test ends. */
export async function startFileServer(content: Uint8Array): Promise<FileServer> {
  const requests: Request[] = []
  const answers: Answer[] = []
  const stalling = Promise.withResolvers<unknown>()
  let cut: { readonly at: number; readonly response: ServerResponse } | undefined
  const server = createServer((request, response) => {
    requests.push({
      path: request.url ?? '',
      range: request.headers.range,
      ifRange: firstOf(request.headers['if-range']),
    })
    void answer(request, response, answers.shift() ?? {})
  })

  async function answer(request: IncomingMessage, response: ServerResponse, how: Answer): Promise<void> {
    const { etag, content: whole } = self
    if (how.status !== undefined) {
      response.writeHead(how.status, how.headers).end('no file')
      return
    }
    const start = how.ignoresRange ? 0 : startOf(request, etag)
    if (start > 0 && start >= whole.length) {
      response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end()
      return
    }
    const body = whole.subarray(start)
    response.writeHead(start === 0 ? 200 : 206, {
      ...(etag === null ? {} : { etag }),
      ...(how.isChunked ? {} : { 'content-length': how.length ?? body.length }),
      ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` }),
      ...how.headers,
    })
    const sent = body.subarray(0, how.cutAfter ?? how.stallAfter)
    if (how.cutAfter !== undefined) cut = { at: start + sent.length, response }
    if (sent.length > 0) await new Promise<void>((resolve) => void response.write(sent, () => resolve()))
    if (how.cutAfter !== undefined) return
    if (how.stallAfter !== undefined) stalling.resolve(null)
    else response.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const self: FileServer = {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    requests,
    content,
    etag: '"first"',
    answers,
    arrived(bytes) {
      if (cut === undefined || bytes < cut.at) return
      cut.response.destroy()
      cut = undefined
    },
    stalled: stalling.promise,
  }
  return self
}

function startOf({ headers }: IncomingMessage, etag: string | null): number {
  const ifRange = firstOf(headers['if-range'])
  if (ifRange !== undefined && ifRange !== etag) return 0
  return Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
