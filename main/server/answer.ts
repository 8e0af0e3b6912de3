import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a request is answered with. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** A few words for people, never HTML: nothing that was asked for can become part of a page. */
export function plainAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
    body: `${text}\n`,
  }
}

export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers = {}, body = '' } = answer
  response.writeHead(status, {
    ...securityHeaders(request.headers.host ?? ''),
    ...(status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** The page may load what this server sends and nothing else, be shown in no other page, and tell nobody where it was. */
function securityHeaders(host: string): Record<string, string> {
  // older browsers do not take 'self' for a WebSocket; a host that is not ours is answered, but never put in here
  const socket = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/.test(host) ? ` ws://${host}` : ''
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src 'self'${socket}`,
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
}
