import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { AppError } from '#common/contract/errors.ts'
import { isLoopback } from './catalogue.ts'

const maxRedirects = 5
const redirects: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308])

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** a connection over which nothing comes for so long counts as broken */
  readonly idleMs: number
}

/**
 * Asks for a file and follows redirects, which may lead to https addresses or stay at the same host and port. The proxies
 * that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name are used, but not for addresses of this machine.
 * @returns the answer, whatever its status, with its body still to be read
 * @throws AppError 'download.refused' for a redirect that is not followed; what Node says of a broken connection
 */
export async function httpGet(url: URL, options: GetOptions): Promise<IncomingMessage> {
  let at = url
  for (let hops = 0; ; hops++) {
    const response = await ask(at, options)
    const { location } = response.headers
    if (!redirects.has(response.statusCode) || location === undefined) return response
    response.destroy()
    const next = URL.parse(location, at.href)
    if (hops === maxRedirects) throw refused(url, 'leads from one address to the next without end')
    if (!next || (next.protocol !== 'https:' && next.origin !== at.origin)) {
      throw refused(url, `leads to ${location}, which is neither https nor the same server`)
    }
    at = next
  }
}

/** AppError 'download.refused': the same request will not be answered otherwise. */
export function refused(url: URL, what: string): AppError {
  return new AppError('download.refused', `${url.href} ${what}.`, {
    hint: 'Nothing was changed. Get the file another way and add it from the disk.',
    data: { url: url.href },
  })
}

function ask(url: URL, { headers, signal, idleMs }: GetOptions): Promise<IncomingMessage> {
  const { request, Agent } = url.protocol === 'https:' ? https : http
  const agent = new Agent(isLoopback(url) ? {} : { proxyEnv: process.env })
  const options: RequestOptions = {
    agent,
    signal,
    timeout: idleMs,
    headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'obalex-workstation' },
  }
  return new Promise((resolve, reject) => {
    const asking = request(url, options, resolve)
    asking.on('timeout', () => asking.destroy(new Error(`nothing came for ${Math.round(idleMs / 1000)} s`)))
    asking.on('error', reject)
    asking.end()
  })
}
