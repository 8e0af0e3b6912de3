import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CatalogueRow } from '#common/contract/procedures/catalogue.ts'
import { startFileServer, type FileServer } from '../../builders/file-server.ts'
import { writeMobilenetWeights } from '../../builders/mobilenet-weights.ts'
import { startObalex } from '../../builders/obalex-process.ts'
import { until } from '../../builders/processes.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { obalex, obalexJson } from './run-cli.ts'

const id = 'mobilenet-0.25-notop'
const name = 'mobilenet_2_5_224_tf_no_top.h5'

interface Setting {
  readonly server: FileServer
  /** weights on the disk */
  readonly file: string
  /** where they are downloaded to */
  readonly path: string
  readonly env: Readonly<Record<string, string>>
}

async function setting(): Promise<Setting> {
  const folder = temporaryFolder()
  const file = join(folder, 'weights.h5')
  await writeMobilenetWeights(file)
  const server = await startFileServer(readFileSync(file))
  const env = { OBALEX_HOME: join(folder, 'home'), OBALEX_MODELS_URL: server.url.href }
  for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  return { server, file, path: join(folder, 'home/models', name), env }
}

const stateOf = async (): Promise<CatalogueRow['state']> => {
  const { models } = await obalexJson<{ models: CatalogueRow[] }>(['models'])
  return models.find((row) => row.id === id)!.state
}

describe('obalex models', () => {
  it('lists what there is, with size, licence and where it lies', async () => {
    const { server, path } = await setting()
    const before = await obalex(['models'])
    expect(before).toMatchObject({ status: 0, stderr: '' })
    expect(before.stdout).toMatch(/^vgg16 +553\.5 +classifying +CC BY 4\.0 +no$/m)
    expect(before.stdout).toMatch(/^maskrcnn-coco +257\.6 +detecting +MIT +no$/m)
    expect(before.stdout).toMatch(/^mobilenet-0\.25 +– +classifying +Apache 2\.0 +no$/m)
    expect(server.requests).toEqual([])
    expect((await obalex(['models', 'download', id])).status).toBe(0)
    const after = await obalex(['models', 'list'])
    expect(after.stdout).toMatch(new RegExp(`^${id} +\\d\\.\\d +fine-tuning +Apache 2\\.0 +${path}$`, 'm'))
  })

  it('asks the network for nothing by itself', async () => {
    const { env } = await setting()
    let nConnections = 0
    const proxy = createServer((socket) => {
      nConnections++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void proxy.close())
    await once(proxy, 'listening')
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const seen = { ...env, OBALEX_MODELS_URL: '', NO_PROXY: '', HTTPS_PROXY: address, HTTP_PROXY: address }
    expect(await startObalex(['models'], { env: seen }).ended).toMatchObject({ status: 0, stderr: '' })
    expect(nConnections).toBe(0)
  })
})

describe('obalex models download', () => {
  it('says where the weights are, what they were verified by and how they are used', async () => {
    const { path, server } = await setting()
    const { status, stdout } = await obalex(['models', 'download', id])
    expect(status).toBe(0)
    expect(stdout).toContain(path)
    expect(stdout).toMatch(/^use +for training new classes/m)
    const { models } = await obalexJson<{ models: CatalogueRow[] }>(['models', 'download', id])
    expect(models).toMatchObject([{ id, state: { kind: 'present', path, verifiedBy: 'structure' } }])
    expect(server.requests).toHaveLength(1)
  })

  it('says with which options weights with classes are opened', async () => {
    const { file } = await setting()
    await writeMobilenetWeights(file, { top: true })
    const { stdout } = await obalex(['models', 'add', 'mobilenet-0.25', file])
    expect(stdout).toMatch(new RegExp(`^use +--model ${file} --architecture mobilenet --alpha 0\\.25$`, 'm'))
  })

  it('stops at Ctrl+C with what it has, and the same command goes on', async () => {
    const { server, path, env } = await setting()
    const half = Math.floor(server.content.length / 2)
    server.answers.push({ stallAfter: half })
    const started = startObalex(['models', 'download', id], { env })
    await until(() => existsSync(`${path}.part`) && statSync(`${path}.part`).size === half, { what: 'half of it' })
    started.child.kill('SIGINT')
    const { status, stdout, stderr } = await started.ended
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toMatch(/\nobalex: the download of mobilenet-0\.25-notop was stopped — [^\n]*kept[^\n]*\n$/)
    expect(await stateOf()).toEqual({ kind: 'partial', bytes: half, isUnderWay: false })
    expect((await startObalex(['models', 'download', id], { env }).ended).status).toBe(0)
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${half}-`])
    expect(await stateOf()).toMatchObject({ kind: 'present', path })
  })

  it('goes on after kill -9, too', async () => {
    const { server, path, env } = await setting()
    const half = Math.floor(server.content.length / 2)
    server.answers.push({ stallAfter: half })
    const started = startObalex(['models', 'download', id], { env })
    await until(() => existsSync(`${path}.part`) && statSync(`${path}.part`).size === half, { what: 'half of it' })
    started.child.kill('SIGKILL')
    await started.ended
    expect((await obalex(['models', 'download', id])).status).toBe(0)
    expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${half}-` })
  })

  it('says in one line what is wrong', async () => {
    const { server } = await setting()
    const unknown = await obalex(['models', 'download', 'vgg19'])
    expect(unknown).toMatchObject({ status: 2, stdout: '' })
    expect(unknown.stderr).toMatch(/^obalex: [^\n]*vgg19[^\n]* — [^\n]*resnet50[^\n]*\n$/)
    server.answers.push({ status: 404 })
    const refused = await obalex(['models', 'download', id])
    expect(refused).toMatchObject({ status: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^obalex: [^\n]*404[^\n]* — [^\n]+\n$/)
    const other = await obalex(['models', 'download', 'resnet50'])
    expect(other).toMatchObject({ status: 1, stdout: '' })
    expect(other.stderr).toContain('102967424')
  })
})

it('obalex models download asks for a detector at the mirror, and takes no other file for it', async () => {
  const { server, env } = await setting()
  const { status, stderr } = await obalex(['models', 'download', 'maskrcnn-coco'])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^obalex: [^\n]*mask_rcnn_coco\.h5 has \d+ bytes, and the catalogue says 257557808[^\n]*\n$/)
  expect(server.requests.map(({ path }) => path)).toEqual(['/mask_rcnn_coco.h5'])
  expect(existsSync(join(env['OBALEX_HOME']!, 'models/mask_rcnn_coco.h5'))).toBe(false)
})

describe('obalex models add, remove', () => {
  it('takes weights from the disk, and forgets them', async () => {
    const { file, server } = await setting()
    expect(await obalexJson(['models', 'add', id, file])).toMatchObject({ state: { kind: 'present', path: file } })
    expect(await obalexJson(['models', 'remove', id])).toMatchObject({ state: { kind: 'absent' } })
    expect(existsSync(file)).toBe(true)
    expect(server.requests).toEqual([])
    const wrong = await obalex(['models', 'add', 'vgg16', file])
    expect(wrong).toMatchObject({ status: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^obalex: [^\n]*553467096[^\n]* — [^\n]+\n$/)
    expect((await obalex(['models', 'add', id, `${file}.nix`])).status).toBe(1)
  })

  it('deletes what was downloaded', async () => {
    const { path } = await setting()
    await obalexJson(['models', 'download', id])
    expect(existsSync(path)).toBe(true)
    await obalexJson(['models', 'remove', id])
    expect(existsSync(path)).toBe(false)
  })
})

it.each([
  ['classify', 'vgg16'],
  ['detect', 'maskrcnn-12'],
])('a model of %s that is no file, but in the catalogue, is one to download', async (command, model) => {
  await setting()
  const { status, stderr } = await obalex([command, '--model', model, 'photo.png'])
  expect(status).toBe(1)
  expect(stderr).toMatch(new RegExp(`^obalex: [^\\n]*${model} — [^\\n]*obalex models download ${model}[^\\n]*\\n$`))
})
