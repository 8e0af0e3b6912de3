import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePhotos } from '../../builders/dataset.ts'
import { ask, startTestServer, usePageFolder, type Answered, type TestServer } from './server-tools.ts'

const folder = usePageFolder()
let server: TestServer
let project: number
beforeAll(async () => {
  server = await startTestServer(folder)
  const client = server.engine.connect()
  ;({ project } = await client['project.create']({ path: join(folder, 'photos.obalex') }))
  const images = join(folder, 'photos')
  await makePhotos(images, { classes: ['cat'], perClass: 2 })
  await client['dataset.import']({ project, format: 'folder', images })
})
afterAll(() => server.close())

const get = (path: string, headers: Record<string, string> = {}): Promise<Answered> =>
  ask(server.port, path, { headers: { cookie: server.cookie, ...headers } })

describe('a file of the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/assets/main-1a2b3c.js', 'text/javascript; charset=utf-8', 'private, max-age=31536000, immutable'],
    ['/assets/main-1a2b3c.css', 'text/css; charset=utf-8', 'private, max-age=31536000, immutable'],
    ['/assets/inter-1a2b3c.woff2?v=1', 'font/woff2', 'private, max-age=31536000, immutable'],
  ])('%s has its type, and says how long it is good', async (path, type, caching) => {
    const { status, headers, body } = await get(path)
    expect({ status, type: headers['content-type'], caching: headers['cache-control'] }).toEqual({
      status: 200,
      type,
      caching,
    })
    expect(headers['content-length']).toBe(String(body.length))
    expect(body.length).toBeGreaterThan(0)
  })

  it.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/..%2fsecret.json',
    '/%2e%2e/secret.json',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.json',
    '/..\\secret.json',
    '/..%5csecret.json',
    '//secret.json',
    '/./index.html',
    '/assets',
    '/assets/',
    '/index.html/',
    '/index.html%00.js',
    '/link.json',
    '/notes.txt',
    '/inside.obalex',
    '/secret.obalex',
    '/../secret.obalex',
    '/photos.obalex',
    '/photos/cat/cat-0.png',
    '/nothing.js',
    'http://127.0.0.1/index.html',
  ])('is not %s', async (path) => {
    if (path === '/link.json') symlinkSync(join(folder, 'secret.json'), join(folder, 'page/link.json'))
    const { status, body } = await get(path)
    expect(status).toBe(404)
    expect(body.toString()).toBe('There is no such page.\n')
  })
})

describe('a picture of a photo', () => {
  const image = (rest: string, handle: number | string = project): string => `/project/${handle}/image/1/${rest}`

  it.each(['thumbnail/64', 'tile/0/0/0'])('is sent as %s, and once only while it is the same', async (rest) => {
    const { status, headers, body } = await get(image(rest))
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'image/webp', 'cache-control': 'private, no-cache' })
    expect(body.subarray(8, 12).toString()).toBe('WEBP')
    const again = await get(image(rest), { 'if-none-match': headers.etag! })
    expect(again.status).toBe(304)
    expect(again.body.length).toBe(0)
    const other = await get(`/project/${project}/image/2/${rest}`, { 'if-none-match': headers.etag! })
    expect(other.status).toBe(200)
    expect(other.headers.etag).not.toBe(headers.etag)
  })

  it.each(['thumbnail/64', 'tile/0/0/0'])('is not there for ids that nothing has (%s)', async (rest) => {
    expect((await get(`/project/${project}/image/999/${rest}`)).status).toBe(404)
    expect((await get(image(rest, 999))).status).toBe(404)
  })

  it.each([
    'thumbnail/1',
    'thumbnail/100000',
    'thumbnail/-64',
    'thumbnail/64/',
    'thumbnail/64.5',
    'thumbnail/%36%34',
    'thumbnail/..',
    'tile/0/0',
    'tile/99/0/0',
    'tile/0/0/50',
    'tile/0/0/../../secret',
    '../../../secret.json',
  ])('is asked for by numbers within bounds, not by %s', async (rest) => {
    expect((await get(image(rest))).status).toBe(400)
  })

  it.each(['photos.obalex', '%2Fetc%2Fpasswd', '..%2f..', '1e0', '0x1', '９'])('is not of %s', async (name) => {
    expect((await get(encodeURI(image('thumbnail/64', name)).replaceAll('%25', '%'))).status).toBe(400)
    const path = encodeURI(`/project/${project}/image/${name}/thumbnail/64`).replaceAll('%25', '%')
    expect((await get(path)).status).toBe(400)
  })
})
