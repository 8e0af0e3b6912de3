import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import type { TransferProgress } from '#common/contract/procedures/catalogue.ts'
import { startFileServer, type FileServer } from '../../builders/file-server.ts'
import { writeMobilenetWeights } from '../../builders/mobilenet-weights.ts'
import { codeOf, useEngine, useFolder } from './engine-tools.ts'

const folder = useFolder()
const { client } = useEngine({ modelsFolder: join(folder, 'models') })
const id = 'mobilenet-0.25-notop'
const file = join(folder, 'weights.h5')
let server: FileServer

beforeEach(async () => {
  await writeMobilenetWeights(file)
  server = await startFileServer(readFileSync(file))
  vi.stubEnv('OBALEX_MODELS_URL', server.url.href)
  onTestFinished(() => void vi.unstubAllEnvs())
})

it('what is known and what is here is told without a request', async () => {
  const { models, folder: place } = await client['catalogue.list']({})
  expect(place).toBe(join(folder, 'models'))
  expect(models).toHaveLength(15)
  expect(models[0]).toMatchObject({
    id: 'vgg16',
    url: `${server.url.href}vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5`,
    licence: { name: 'CC BY 4.0' },
    state: { kind: 'absent' },
  })
  expect(server.requests).toEqual([])
})

it('a download tells how far it is, can be cancelled, goes on, and can be removed', async () => {
  const half = Math.floor(server.content.length / 2)
  server.answers.push({ stallAfter: half })
  const controller = new AbortController()
  const events: TransferProgress[] = []
  const first = client['catalogue.download'](
    { id },
    { signal: controller.signal, onEvent: ({ done }) => done === half && controller.abort() },
  )
  expect(await codeOf(first)).toBe('aborted')
  const { models } = await client['catalogue.list']({})
  expect(models.find((row) => row.id === id)!.state).toEqual({ kind: 'partial', bytes: half, isUnderWay: false })

  const { state } = await client['catalogue.download']({ id }, { onEvent: (event) => events.push(event) })
  expect(state).toMatchObject({ kind: 'present', isOwn: true, bytes: server.content.length, verifiedBy: 'structure' })
  expect(events.at(-1)).toMatchObject({ done: server.content.length, total: server.content.length })
  expect(server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`])
  expect((await client['catalogue.remove']({ id })).state).toEqual({ kind: 'absent' })
})

it('a file from the disk does as well', async () => {
  expect((await client['catalogue.add']({ path: file })).id).toBe(id)
  expect((await client['catalogue.add']({ id, path: file })).state).toMatchObject({ kind: 'present', path: file })
  expect(await codeOf(client['catalogue.add']({ id: 'vgg16', path: file }))).toBe('catalogue.differs')
  expect(server.requests).toEqual([])
  await client['catalogue.remove']({ id })
  expect(readFileSync(file)).toHaveLength(server.content.length)
})

it('nothing but ids of the catalogue is asked for', async () => {
  expect(await codeOf(client['catalogue.download']({ id: 'vgg19' }))).toBe('catalogue.unknown')
  for (const wrong of ['http://example.org/weights.h5', '../weights', '']) {
    expect(await codeOf(client['catalogue.download']({ id: wrong }))).toBe('request.invalid')
  }
  expect(server.requests).toEqual([])
})

it('a mirror that is none is said, and nothing is asked', async () => {
  vi.stubEnv('OBALEX_MODELS_URL', 'http://mirror.example/')
  expect(await codeOf(client['catalogue.download']({ id }))).toBe('request.usage')
})
