import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether a request may go on; else the status it is answered with, and why. */
export type Admission = { readonly status: 200 } | { readonly status: 401 | 403; readonly reason: string }

const admitted: Admission = { status: 200 }
const safeMethods: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD'])

/**
 * Who may talk to the server: a browser on this machine that was shown the token, from a page of the server's own.
 * `Host` is looked at because a foreign name may be made to lead here (DNS rebinding), `Origin` because every page that
 * the browser shows can send requests here.
 */
export class Gate {
  /** in the address that is printed */
  readonly token = randomBytes(32).toString('base64url')
  /** what the cookie says; another one, so that it is in no history and no terminal */
  readonly #session = randomBytes(32).toString('base64url')
  readonly #port: number
  readonly #hosts: ReadonlySet<string>

  constructor(port: number) {
    this.#port = port
    const suffix = port === 80 ? '' : `:${port}`
    this.#hosts = new Set(['127.0.0.1', 'localhost'].map((name) => `${name}${suffix}`))
  }

  /** Whether the request is meant for this server, by a page of it where that matters. */
  admitAddress({ method, headers }: IncomingMessage): Admission {
    const { host = '', origin } = headers
    if (!this.#hosts.has(host)) return refused('this is not the host that the request names')
    const needsOrigin = headers.upgrade !== undefined || !safeMethods.has(method)
    if (origin === undefined ? needsOrigin : origin !== `http://${host}`) {
      return refused('pages of others get nothing here')
    }
    return admitted
  }

  /** Whether the request comes from a browser that was let in by the token. */
  admitSession({ headers }: IncomingMessage): Admission {
    const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
    const start = `${this.#cookieName}=`
    const isIn = cookies.some((cookie) => cookie.startsWith(start) && isSame(cookie.slice(start.length), this.#session))
    if (isIn) return admitted
    return { status: 401, reason: 'Open the address that “obalex serve” printed: it lets this browser in.' }
  }

  isToken(given: string): boolean {
    return isSame(given, this.token)
  }

  /** Lets a browser in; for the answer to a request with the token. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`
  }

  /** By the port, because cookies do not know ports: servers beside each other must not share them. */
  get #cookieName(): string {
    return `obalex-${this.#port}`
  }
}

function refused(reason: string): Admission {
  return { status: 403, reason }
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
