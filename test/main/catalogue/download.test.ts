import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { download, type DownloadRequest } from '#main/catalogue/download.ts'
import type { Digest } from '#main/catalogue/digest.ts'
import { startFileServer, type FileServer } from '../../builders/file-server.ts'
import { canMount, smallDisk } from '../../builders/small-disk.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { errorOf } from '../engine/engine-tools.ts'

const patience = { triesInVain: 3, tries: 50, firstPauseMs: 1, idleMs: 2000 }
const content = bytesOf(300_000, 1)

function bytesOf(n: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

interface Setting {
  readonly server: FileServer
  readonly path: string
  readonly start: (
    options?: Partial<DownloadRequest> & { readonly signal?: AbortSignal; readonly onDone?: (done: number) => void },
  ) => Promise<Digest>
}

async function setting(folder = temporaryFolder()): Promise<Setting> {
  const server = await startFileServer(content)
  const path = join(folder, 'weights.h5')
  const verify = (_: string, digest: Digest): Promise<void> =>
    digest.sha256 === sha256(server.content)
      ? Promise.resolve()
      : Promise.reject(new AppError('catalogue.differs', 'another file'))
  return {
    server,
    path,
    start: ({ signal = new AbortController().signal, onDone = () => undefined, ...request } = {}) =>
      download(
        {
          url: new URL('weights.h5', server.url),
          path,
          bytes: content.length,
          verify,
          isContentKnown: true,
          ...request,
        },
        {
          signal,
          patience,
          onProgress: (_, done) => {
            server.arrived(done)
            onDone(done)
          },
        },
      ),
  }
}

/** What lies in the folder under the final name; fails where anything else lies there. */
function only(path: string): Uint8Array {
  expect(readdirSync(join(path, '..'))).toEqual(['weights.h5'])
  return readFileSync(path)
}

describe('a download', () => {
  it('arrives whole and verified, with nothing beside it', async () => {
    const { server, path, start } = await setting()
    const steps: number[] = []
    const digest = await start({ onDone: (done) => steps.push(done) })
    expect(digest).toEqual({
      bytes: content.length,
      md5: createHash('md5').update(content).digest('hex'),
      sha256: sha256(content),
    })
    expect(only(path)).toEqual(Buffer.from(content))
    expect(steps.at(-1)).toBe(content.length)
    expect(server.requests).toEqual([{ path: '/weights.h5', range: undefined, ifRange: undefined }])
  })

  it('goes on where connections were cut, as often as that brings something', async () => {
    const { server, path, start } = await setting()
    server.answers.push(...Array.from({ length: 5 }, () => ({ cutAfter: 50_000 })))
    await start()
    expect(only(path)).toEqual(Buffer.from(content))
    expect(server.requests).toHaveLength(6)
    for (const { range, ifRange } of server.requests.slice(1)) {
      expect(range).toMatch(/^bytes=\d+-$/)
      expect(ifRange).toBe('"first"')
    }
  })

  it('gives up a server that brings nothing any more, and goes on when it is asked for again', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, ...Array.from({ length: 3 }, () => ({ status: 503 })))
    const error = await errorOf(start())
    expect(error).toMatchObject({ code: 'download.failed', data: { bytes: 100_000 } })
    expect(error.hint).toMatch(/kept/)
    expect(existsSync(path)).toBe(false)
    await start()
    expect(server.requests.at(-1)).toMatchObject({ range: 'bytes=100000-', ifRange: '"first"' })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it.each([403, 404, 410])('asks a server once that answers %i', async (status) => {
    const { server, path, start } = await setting()
    server.answers.push({ status })
    expect(await errorOf(start())).toMatchObject({ code: 'download.refused' })
    expect(server.requests).toHaveLength(1)
    expect(existsSync(path)).toBe(false)
  })

  it.each([500, 502, 429])('asks a server again that answers %i', async (status) => {
    const { server, path, start } = await setting()
    server.answers.push({ status }, { status })
    await start()
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('counts a connection over which nothing comes as broken', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ stallAfter: 120_000 })
    await start()
    expect(server.requests[1]).toMatchObject({ range: 'bytes=120000-' })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('fails where nobody listens, and leaves nothing', async () => {
    const { start, path } = await setting()
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const { port } = free.address() as AddressInfo
    await new Promise((resolve) => free.close(resolve))
    const error = await errorOf(start({ url: new URL(`http://127.0.0.1:${port}/weights.h5`) }))
    expect(error).toMatchObject({ code: 'download.failed', message: expect.stringContaining('ECONNREFUSED') as string })
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('begins anew with a server that sends the whole file whatever is asked for', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, { ignoresRange: true })
    await start()
    expect(server.requests[1]!.range).toBe('bytes=100000-')
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('begins anew where the file was replaced between two connections', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, { status: 503 }, { status: 503 }, { status: 503 })
    expect(await errorOf(start())).toMatchObject({ code: 'download.failed' })
    server.content = bytesOf(content.length, 2)
    server.etag = '"second"'
    await start()
    expect(only(path)).toEqual(Buffer.from(server.content))
  })

  it('begins anew where what is there is longer than the file on the server', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, { status: 503 }, { status: 503 }, { status: 503 })
    expect(await errorOf(start({ bytes: null }))).toMatchObject({ code: 'download.failed' })
    server.content = bytesOf(60_000, 1)
    await start({ bytes: null })
    expect(only(path)).toEqual(Buffer.from(server.content))
  })

  it('begins anew where the server names no version and the content is not known', async () => {
    const { server, path, start } = await setting()
    server.etag = null
    server.answers.push({ cutAfter: 100_000 })
    await start({ isContentKnown: false })
    expect(server.requests[1]).toMatchObject({ range: undefined, ifRange: undefined })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('goes on by the hash alone where the server names no version', async () => {
    const { server, path, start } = await setting()
    server.etag = null
    server.answers.push({ cutAfter: 100_000 })
    await start()
    expect(server.requests[1]).toMatchObject({ range: 'bytes=100000-', ifRange: undefined })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('takes a file whose length nobody knows', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ isChunked: true, cutAfter: 100_000 }, { ignoresRange: true, isChunked: true })
    await start({ bytes: null, isContentKnown: false })
    expect(only(path)).toEqual(Buffer.from(content))
  })
})

describe('a file that is not the one that was wanted', () => {
  it('by the length that the server announces is not even begun, and what was there stays', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, { ignoresRange: true, length: 5, stallAfter: 5 })
    expect(await errorOf(start())).toMatchObject({
      code: 'catalogue.differs',
      data: { found: 5, expected: content.length },
    })
    expect(statSync(`${path}.part`).size).toBe(100_000)
  })

  it('by its content gets no name, and nothing of it is kept', async () => {
    const { server, path, start } = await setting()
    const verify = (_: string, digest: Digest): Promise<void> =>
      Promise.reject(new AppError('catalogue.differs', digest.sha256))
    expect(await errorOf(start({ verify }))).toMatchObject({ code: 'catalogue.differs', message: sha256(content) })
    expect(readdirSync(join(path, '..'))).toEqual([])
    await start()
    expect(server.requests.at(-1)).toMatchObject({ range: undefined })
  })

  it('by more bytes than there should be is read no further than that', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ isChunked: true })
    const verify = (_: string, { bytes }: Digest): Promise<void> =>
      Promise.reject(new AppError('catalogue.differs', String(bytes)))
    expect(await errorOf(start({ bytes: 1000, verify }))).toMatchObject({ code: 'catalogue.differs' })
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('by fewer bytes than were announced is asked for again, not for ever', async () => {
    const { server, path, start } = await setting()
    server.answers.push(...Array.from({ length: 4 }, () => ({ ignoresRange: true, cutAfter: 1000 })))
    expect(await errorOf(start())).toMatchObject({ code: 'download.failed' })
    expect(existsSync(path)).toBe(false)
  })

  it('by having nothing in it leaves nothing', async () => {
    const { server, path, start } = await setting()
    server.content = new Uint8Array(0)
    expect(await errorOf(start({ bytes: null }))).toMatchObject({ code: 'download.refused' })
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  it('keeps a file of the same name until the new one is verified', async () => {
    const { server, path, start } = await setting()
    writeFileSync(path, 'old')
    server.answers.push({ status: 404 })
    expect(await errorOf(start())).toMatchObject({ code: 'download.refused' })
    expect(readFileSync(path, 'utf8')).toBe('old')
    await start()
    expect(only(path)).toEqual(Buffer.from(content))
  })
})

describe('cancelling', () => {
  it('keeps what was downloaded, for the next call', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ stallAfter: 150_000 })
    const controller = new AbortController()
    const onDone = (done: number): void => {
      if (done === 150_000) controller.abort()
    }
    const error = await errorOf(start({ signal: controller.signal, onDone }))
    expect(error).toMatchObject({ code: 'aborted', hint: expect.stringContaining('kept') as string })
    expect(existsSync(path)).toBe(false)
    await start()
    expect(server.requests.at(-1)).toMatchObject({ range: 'bytes=150000-' })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('ends the waiting between two tries', async () => {
    const { server, start } = await setting()
    const controller = new AbortController()
    server.answers.push({ status: 503 })
    const context = { signal: controller.signal, patience: { ...patience, firstPauseMs: 600_000 } }
    const running = download(
      {
        url: server.url,
        path: join(temporaryFolder(), 'weights.h5'),
        bytes: null,
        verify: () => Promise.resolve(),
        isContentKnown: false,
      },
      { ...context, onProgress: (step) => step === 'waiting for the server' && controller.abort() },
    )
    expect(await errorOf(running)).toMatchObject({ code: 'aborted' })
    await start()
  })
})

describe('what a killed process left behind', () => {
  it('is gone on with by the bytes on the disk', async () => {
    const { server, path, start } = await setting()
    const origin = { url: new URL('weights.h5', server.url).href, validator: '"first"', total: content.length }
    writeFileSync(`${path}.part`, content.subarray(0, 70_000))
    writeFileSync(`${path}.part.json`, JSON.stringify(origin))
    const steps: number[] = []
    await start({ onDone: (done) => steps.push(done) })
    expect(server.requests).toEqual([{ path: '/weights.h5', range: 'bytes=70000-', ifRange: '"first"' }])
    expect(steps[0]).toBe(70_000)
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it('needs no request where nothing but the name was missing', async () => {
    const { server, path, start } = await setting()
    const origin = { url: new URL('weights.h5', server.url).href, validator: '"first"', total: content.length }
    writeFileSync(`${path}.part`, content)
    writeFileSync(`${path}.part.json`, JSON.stringify(origin))
    await start()
    expect(server.requests).toEqual([])
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it.each([
    ['of unknown origin', undefined],
    ['whose origin cannot be read', '{"url": 7'],
    [
      'of another address',
      JSON.stringify({ url: 'https://example.org/weights.h5', validator: '"first"', total: null }),
    ],
  ])('%s is of no use', async (_, origin) => {
    const { server, path, start } = await setting()
    writeFileSync(`${path}.part`, bytesOf(70_000, 9))
    if (origin !== undefined) writeFileSync(`${path}.part.json`, origin)
    await start()
    expect(server.requests).toMatchObject([{ range: undefined }])
    expect(only(path)).toEqual(Buffer.from(content))
  })
})

describe('redirects', () => {
  it('are followed on the same server, with what was asked for', async () => {
    const { server, path, start } = await setting()
    server.answers.push({ cutAfter: 100_000 }, { status: 302, headers: { location: '/elsewhere/weights.h5' } })
    await start()
    expect(server.requests[2]).toEqual({ path: '/elsewhere/weights.h5', range: 'bytes=100000-', ifRange: '"first"' })
    expect(only(path)).toEqual(Buffer.from(content))
  })

  it.each(['http://example.org/weights.h5', 'http://127.0.0.1:1/weights.h5', 'file:///etc/passwd', 'http://%'])(
    'to %s are not',
    async (location) => {
      const { server, start } = await setting()
      server.answers.push({ status: 301, headers: { location } })
      expect(await errorOf(start())).toMatchObject({ code: 'download.refused' })
      expect(server.requests).toHaveLength(1)
    },
  )

  it('without an end are given up', async () => {
    const { server, start } = await setting()
    server.answers.push(...Array.from({ length: 20 }, () => ({ status: 307, headers: { location: '/again' } })))
    expect(await errorOf(start())).toMatchObject({ code: 'download.refused' })
    expect(server.requests).toHaveLength(6)
  })
})

it('goes through the proxy that the environment names, but not to this machine', async () => {
  const { server, start } = await setting()
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(200, { 'content-length': content.length }).end(content)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '')
  for (const name of ['HTTP_PROXY', 'http_proxy']) {
    vi.stubEnv(name, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
  }
  onTestFinished(() => void vi.unstubAllEnvs())
  const elsewhere = await setting()
  await elsewhere.start({ url: new URL('http://weights.example/weights.h5') })
  expect(asked).toEqual(['http://weights.example/weights.h5'])
  expect(only(elsewhere.path)).toEqual(Buffer.from(content))
  await start()
  expect(server.requests).toHaveLength(1)
  expect(asked).toHaveLength(1)
})

describe.runIf(canMount)('a disk that is full', () => {
  it('is noticed before anything is downloaded, where the size is known', async () => {
    const disk = smallDisk(1024)
    disk.fill(100)
    const { path, start } = await setting(disk.folder)
    const error = await errorOf(start())
    expect(error).toMatchObject({ code: 'file.unwritable', data: { code: 'ENOSPC' } })
    disk.makeRoom()
    await start()
    expect(readFileSync(path)).toEqual(Buffer.from(content))
  })

  it('keeps what it had room for, and the download goes on once there is more', async () => {
    const disk = smallDisk(1024)
    disk.fill(150)
    const { server, path, start } = await setting(disk.folder)
    server.answers.push({ isChunked: true })
    const error = await errorOf(start({ bytes: null }))
    expect(error).toMatchObject({ code: 'file.unwritable', data: { code: 'ENOSPC' } })
    expect(error.hint).toMatch(/kept/)
    const kept = statSync(`${path}.part`).size
    expect(kept).toBeGreaterThan(50_000)
    disk.makeRoom()
    await start({ bytes: null })
    expect(server.requests[1]).toMatchObject({ range: `bytes=${kept}-` })
    expect(readFileSync(path)).toEqual(Buffer.from(content))
  })
})
