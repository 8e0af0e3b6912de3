import type { IncomingMessage, ServerResponse } from 'node:http'
import { securityHeaders, type Answer } from '#main/page/answer.ts'

export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers = {}, body = '' } = answer
  response.writeHead(status, {
    ...securityHeaders(socketAddresses(request.headers.host ?? '')),
    ...(status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Older browsers do not take 'self' for a WebSocket; a host that is not ours is answered, but never put in there. */
function socketAddresses(host: string): string[] {
  return /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/.test(host) ? [`ws://${host}`] : []
}
