import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, openSocket, startTestServer, usePageFolder, type TestServer } from './server-tools.ts'

const folder = usePageFolder()
let server: TestServer
beforeAll(async () => {
  server = await startTestServer(folder)
})
afterAll(() => server.close())

const tokenPath = (): string => server.url.slice(server.base.length)
const picture = '/project/1/image/1/thumbnail/64'

describe('the address that is printed', () => {
  it('lets a browser in by a cookie, and is not what the page is called', async () => {
    const { status, headers } = await ask(server.port, tokenPath())
    expect(status).toBe(303)
    expect(headers.location).toBe('/')
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(new RegExp(`^obalex-${server.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
    ])
    expect(headers['set-cookie']![0]).not.toContain(tokenPath().split('=')[1])
    const cookie = headers['set-cookie']![0]!.split(';')[0]!
    const page = await ask(server.port, '/', { headers: { cookie: `other=1; ${cookie}` } })
    expect(page.status).toBe(200)
    expect(page.body.toString()).toContain('the page')
  })

  it.each(['/', picture, '/assets/main-1a2b3c.js', '/engine', '/?token=', '/?token=wrong', '/nothing'])(
    'is needed for %s',
    async (path) => {
      for (const cookie of ['', `obalex-${server.port}=wrong`, 'obalex-1=1']) {
        const { status, headers, body } = await ask(server.port, path, { headers: { cookie } })
        expect(status).toBe(401)
        expect(headers['content-type']).toBe('text/plain; charset=utf-8')
        expect(headers['set-cookie']).toBeUndefined()
        expect(body.toString()).toContain('obalex serve')
      }
    },
  )

  it('lets in at the page alone', async () => {
    expect((await ask(server.port, tokenPath().replace('/?', '/index.html?'))).status).toBe(401)
  })
})

describe('a request', () => {
  it('must name this host', async () => {
    const { port, cookie } = server
    expect((await ask(port, '/', { headers: { cookie, host: `localhost:${port}` } })).status).toBe(200)
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `[::1]:${port}`,
    ]) {
      expect((await ask(port, '/', { headers: { cookie, host } })).status).toBe(403)
      expect((await ask(port, tokenPath(), { headers: { host } })).status).toBe(403)
    }
  })

  it('comes from our own page, where it says from which one, and where it must', async () => {
    const { port, cookie, base } = server
    const statusOf = async (method: string, origin: string | null): Promise<number> =>
      (await ask(port, '/', { method, headers: { cookie, ...(origin === null ? {} : { origin }) } })).status
    expect(await statusOf('GET', null)).toBe(200)
    expect(await statusOf('GET', base)).toBe(200)
    expect(await statusOf('HEAD', null)).toBe(200)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      for (const origin of ['http://evil.example', 'null', `http://localhost:${port}`, `https://127.0.0.1:${port}`]) {
        expect(await statusOf(method, origin)).toBe(403)
      }
    }
    expect(await statusOf('POST', null)).toBe(403)
    expect(await statusOf('POST', base)).toBe(405)
  })

  it('is answered with what a browser must know to keep others out', async () => {
    const { port, cookie } = server
    for (const [path, given] of [
      ['/', cookie],
      ['/', ''],
      [picture, cookie],
      ['/nothing', cookie],
    ] as const) {
      const { headers } = await ask(port, path, { headers: { cookie: given, 'access-control-request-method': 'GET' } })
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      })
      const policy = headers['content-security-policy']!.toString().split('; ')
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          `connect-src 'self' ws://127.0.0.1:${port}`,
          "frame-ancestors 'none'",
          "base-uri 'none'",
        ]),
      )
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('a WebSocket', () => {
  const answerTo = (headers: Record<string, string>, path?: string): Promise<number> =>
    openSocket(server.port, headers, path).outcome

  it('needs the cookie, our page, our host, and the engine', async () => {
    const { cookie, base: origin } = server
    expect(await answerTo({ cookie, origin })).toBe(101)
    expect(await answerTo({ origin })).toBe(401)
    expect(await answerTo({ cookie: `obalex-${server.port}=wrong`, origin })).toBe(401)
    expect(await answerTo({ cookie })).toBe(403)
    expect(await answerTo({ cookie, origin: 'http://evil.example' })).toBe(403)
    expect(await answerTo({ cookie, origin: 'http://evil.example', host: 'evil.example' })).toBe(403)
    expect(await answerTo({ cookie, origin }, '/')).toBe(404)
    expect(await answerTo({ cookie, origin }, tokenPath())).toBe(404)
  })
})
