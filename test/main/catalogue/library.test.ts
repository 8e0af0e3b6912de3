import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CatalogueEntry, CatalogueState, TransferProgress } from '#common/contract/procedures/catalogue.ts'
import { catalogue } from '#main/catalogue/catalogue.ts'
import { takeExclusively } from '#main/catalogue/exclusive.ts'
import { ModelLibrary } from '#main/catalogue/library.ts'
import { startFileServer, type FileServer } from '../../builders/file-server.ts'
import { writeMobilenetWeights } from '../../builders/mobilenet-weights.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { errorOf } from '../engine/engine-tools.ts'

const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 9)) & 255)
const hashOf = (kind: 'md5' | 'sha256', bytes: Uint8Array): string => createHash(kind).update(bytes).digest('hex')

const classifiers = catalogue.filter((entry) => entry.purpose !== 'detecting')

/** An entry whose file is small enough for tests. */
const known: CatalogueEntry = {
  ...classifiers.find(({ id }) => id === 'vgg16')!,
  id: 'small',
  file: 'vgg16/small.h5',
  bytes: content.length,
  md5: hashOf('md5', content),
}
/** A detector whose file is that small. */
const detector = {
  ...catalogue.find((entry) => entry.purpose === 'detecting')!,
  id: 'small-detector',
  file: 'mask-rcnn/Small-12.onnx',
  bytes: content.length,
  sha256: hashOf('sha256', content),
}
const unknown = classifiers.find(({ id }) => id === 'mobilenet-0.25-notop')!

interface Setting {
  readonly server: FileServer
  readonly library: ModelLibrary
  readonly folder: string
  readonly state: (id?: string) => Promise<CatalogueState>
  readonly download: (id?: string, signal?: AbortSignal) => Promise<CatalogueState>
  readonly add: (id: string | null, path: string) => Promise<CatalogueState>
  /** a second program that uses the same folder */
  readonly again: () => ModelLibrary
}

async function setting(): Promise<Setting> {
  const server = await startFileServer(content)
  const folder = join(temporaryFolder(), 'home/models')
  const again = (): ModelLibrary =>
    new ModelLibrary({
      folder,
      entries: [known, unknown],
      urlOf: ({ file }) => new URL(file, server.url),
      patience: { triesInVain: 2, tries: 9, firstPauseMs: 1, idleMs: 2000 },
    })
  const library = again()
  const emit = ({ done }: TransferProgress): void => server.arrived(done)
  const never = new AbortController().signal
  return {
    server,
    library,
    folder,
    again,
    state: async (id = 'small') => (await library.list()).find((row) => row.id === id)!.state,
    download: async (id = 'small', signal = never) => (await library.download(id, { signal, emit })).state,
    add: async (id, path) => (await library.add(id, path, { signal: never, emit })).state,
  }
}

describe('a listing', () => {
  it('asks no server, makes no folder, and names address, size and licence', async () => {
    const { server, library, folder } = await setting()
    const rows = await library.list()
    expect(rows).toEqual([
      {
        ...known,
        url: `${server.url.href}vgg16/small.h5`,
        preprocess: 'caffe',
        layer: 'block5_conv3',
        state: { kind: 'absent' },
      },
      {
        ...unknown,
        url: `${server.url.href}${unknown.file}`,
        preprocess: 'tf',
        layer: 'conv_pw_13_relu',
        state: { kind: 'absent' },
      },
    ])
    expect(server.requests).toEqual([])
    expect(existsSync(folder)).toBe(false)
  })

  it('tells what was downloaded in another program', async () => {
    const { download, again, folder } = await setting()
    const state = await download()
    expect(state).toEqual({
      kind: 'present',
      path: join(folder, 'small.h5'),
      bytes: content.length,
      sha256: hashOf('sha256', content),
      verifiedBy: 'hash',
      isOwn: true,
    })
    expect((await again().list())[0]!.state).toEqual(state)
  })

  it('tells a file that was changed or replaced since it was verified', async () => {
    const { download, state, folder } = await setting()
    const path = join(folder, 'small.h5')
    await download()
    appendFileSync(path, 'x')
    expect(await state()).toEqual({ kind: 'bad', path, reason: 'changed' })
    writeFileSync(path, content)
    utimesSync(path, 1, 1)
    expect(await state()).toEqual({ kind: 'bad', path, reason: 'changed' })
    rmSync(path)
    expect(await state()).toEqual({ kind: 'absent' })
  })

  it('tells a file of the right name that nobody has verified', async () => {
    const { state, folder } = await setting()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'small.h5'), content)
    expect(await state()).toEqual({ kind: 'bad', path: join(folder, 'small.h5'), reason: 'unverified' })
  })

  it('is not hindered by records that are damaged', async () => {
    const { download, state, folder } = await setting()
    await download()
    writeFileSync(join(folder, 'small.json'), '{"path": 7')
    expect(await state()).toMatchObject({ kind: 'bad', reason: 'unverified' })
  })
})

describe('a download', () => {
  it('that was stopped is told with what is there, and goes on', async () => {
    const { server, download, state } = await setting()
    server.answers.push({ cutAfter: 80_000 }, { status: 503 }, { status: 503 })
    expect(await errorOf(download())).toMatchObject({ code: 'download.failed' })
    expect(await state()).toEqual({ kind: 'partial', bytes: 80_000, isUnderWay: false })
    expect(await download()).toMatchObject({ kind: 'present' })
    expect(server.requests.at(-1)).toMatchObject({ path: '/vgg16/small.h5', range: 'bytes=80000-' })
  })

  it('is told while it is under way, and only one of a file is', async () => {
    const { server, download, state, again } = await setting()
    server.answers.push({ stallAfter: 50_000 })
    const controller = new AbortController()
    const running = download('small', controller.signal)
    await server.stalled
    expect(await state()).toMatchObject({ kind: 'partial', isUnderWay: true })
    const context = { signal: controller.signal, emit: () => undefined }
    for (const call of [download(), again().download('small', context), again().remove('small')]) {
      expect(await errorOf(call)).toMatchObject({ code: 'download.busy' })
    }
    controller.abort()
    expect(await errorOf(running)).toMatchObject({ code: 'aborted' })
    expect(await download()).toMatchObject({ kind: 'present' })
  })

  it('of another file than the published one says both hashes, and nothing is kept', async () => {
    const { server, download, folder } = await setting()
    server.content = content.map((byte) => byte ^ 1)
    const error = await errorOf(download())
    expect(error).toMatchObject({ code: 'catalogue.differs', data: { what: 'md5' } })
    for (const bytes of [content, server.content]) expect(error.message).toContain(hashOf('md5', bytes))
    expect(readdirSync(folder)).toEqual(['.small.lock'])
  })

  it('of weights without a published hash notes the hash of what could be read', async () => {
    const { server, download, folder } = await setting()
    const path = join(temporaryFolder(), 'weights.h5')
    await writeMobilenetWeights(path)
    server.content = readFileSync(path)
    expect(await download(unknown.id)).toMatchObject({
      kind: 'present',
      verifiedBy: 'structure',
      sha256: hashOf('sha256', server.content),
    })
    server.content = Buffer.from('<html>Log in first</html>')
    rmSync(join(folder, 'mobilenet_2_5_224_tf_no_top.h5'))
    expect(await errorOf(download(unknown.id))).toMatchObject({ code: 'catalogue.differs' })
  })

  it('of what is there already is a verification and no request', async () => {
    const { server, download, folder, state } = await setting()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'small.h5'), content)
    expect(await download()).toMatchObject({ kind: 'present' })
    utimesSync(join(folder, 'small.h5'), 1, 1)
    expect(await state()).toMatchObject({ kind: 'bad' })
    expect(await download()).toMatchObject({ kind: 'present' })
    expect(server.requests).toEqual([])
  })

  it('replaces a file that is not the right one', async () => {
    const { server, download, folder } = await setting()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'small.h5'), 'damaged')
    expect(await download()).toMatchObject({ kind: 'present' })
    expect(readFileSync(join(folder, 'small.h5'))).toEqual(Buffer.from(content))
    expect(server.requests).toHaveLength(1)
  })

  it('is of what the catalogue names, and of nothing else', async () => {
    const { server, download, library } = await setting()
    for (const id of ['vgg19', '../small', '']) {
      expect(await errorOf(download(id))).toMatchObject({ code: 'catalogue.unknown' })
      expect(await errorOf(library.remove(id))).toMatchObject({ code: 'catalogue.unknown' })
    }
    expect(server.requests).toEqual([])
  })

  it('into a folder that cannot be made says so', async () => {
    const blocked = join(temporaryFolder(), 'file')
    writeFileSync(blocked, '')
    const library = new ModelLibrary({ folder: join(blocked, 'models'), entries: [known] })
    const context = { signal: new AbortController().signal, emit: () => undefined }
    expect(await errorOf(library.download('small', context))).toMatchObject({ code: 'file.unwritable' })
  })
})

describe('a file of the user’s', () => {
  it('is verified and taken where it is; forgetting it leaves it', async () => {
    const { add, state, library, folder, server } = await setting()
    const path = join(temporaryFolder(), 'mine.h5')
    writeFileSync(path, content)
    expect(await add('small', path)).toMatchObject({ kind: 'present', path, isOwn: false, verifiedBy: 'hash' })
    expect(existsSync(join(folder, 'small.h5'))).toBe(false)
    expect((await library.remove('small')).state).toEqual({ kind: 'absent' })
    expect(readFileSync(path)).toEqual(Buffer.from(content))
    await add('small', path)
    rmSync(path)
    expect(await state()).toEqual({ kind: 'bad', path, reason: 'missing' })
    expect(server.requests).toEqual([])
  })

  it('that is gone can be replaced by a download', async () => {
    const { add, download, folder } = await setting()
    const path = join(temporaryFolder(), 'mine.h5')
    writeFileSync(path, content)
    await add('small', path)
    rmSync(path)
    expect(await download()).toMatchObject({ kind: 'present', path: join(folder, 'small.h5'), isOwn: true })
  })

  it('finds its entry by itself', async () => {
    const { add, state } = await setting()
    const path = join(temporaryFolder(), 'mine.h5')
    writeFileSync(path, content)
    await add(null, path)
    expect(await state('small')).toMatchObject({ kind: 'present', path })
    await writeMobilenetWeights(path)
    await add(null, path)
    expect(await state(unknown.id)).toMatchObject({ kind: 'present', path, verifiedBy: 'structure' })
    writeFileSync(path, 'none of them')
    expect(await errorOf(add(null, path))).toMatchObject({ code: 'catalogue.differs' })
  })

  it('that is another one is refused with both hashes or sizes, and what was there stays', async () => {
    const { add, download, state } = await setting()
    const before = await download()
    const path = join(temporaryFolder(), 'mine.h5')
    writeFileSync(
      path,
      content.map((byte) => byte ^ 1),
    )
    expect(await errorOf(add('small', path))).toMatchObject({ code: 'catalogue.differs', data: { what: 'md5' } })
    writeFileSync(path, 'short')
    expect(await errorOf(add('small', path))).toMatchObject({
      code: 'catalogue.differs',
      data: { what: 'bytes', found: 5, expected: content.length },
    })
    expect(await state()).toEqual(before)
  })

  it('must be a file', async () => {
    const { add } = await setting()
    const folder = temporaryFolder()
    expect(await errorOf(add('small', join(folder, 'nix.h5')))).toMatchObject({ code: 'file.missing' })
    expect(await errorOf(add('small', folder))).toMatchObject({ code: 'file.unreadable' })
  })
})

describe('a detector', () => {
  /** A library whose only entry it is. */
  async function withDetector() {
    const server = await startFileServer(content)
    const folder = join(temporaryFolder(), 'models')
    const urlOf = ({ file }: CatalogueEntry): URL => new URL(file, server.url)
    const context = { signal: new AbortController().signal, emit: () => undefined }
    return { server, folder, context, library: new ModelLibrary({ folder, entries: [detector], urlOf }) }
  }

  it('is downloaded under its own name and verified by length and hash', async () => {
    const { server, folder, context, library } = await withDetector()
    expect(await library.list()).toEqual([
      { ...detector, url: `${server.url.href}${detector.file}`, state: { kind: 'absent' } },
    ])
    const { state } = await library.download(detector.id, context)
    const path = join(folder, 'Small-12.onnx')
    expect(state).toMatchObject({ kind: 'present', path, sha256: detector.sha256, verifiedBy: 'hash', isOwn: true })
    expect(server.requests.map(({ path }) => path)).toEqual(['/mask-rcnn/Small-12.onnx'])
  })

  it('is refused where it has another content or length, and nothing of it stays', async () => {
    const { server, folder, context, library } = await withDetector()
    for (const wrong of [content.map((byte, i) => (i === 77 ? byte ^ 1 : byte)), content.subarray(1)]) {
      server.content = wrong
      server.etag = null
      expect(await errorOf(library.download(detector.id, context))).toMatchObject({ code: 'catalogue.differs' })
      expect(readdirSync(folder)).toEqual(['.small-detector.lock'])
    }
  })

  it('is taken from the disk where it is the same file', async () => {
    const { folder, context, library } = await withDetector()
    const path = join(temporaryFolder(), 'any-name.bin')
    writeFileSync(path, content)
    expect((await library.add(null, path, context)).state).toMatchObject({ kind: 'present', path, isOwn: false })
    appendFileSync(path, 'x')
    expect(await errorOf(library.add(detector.id, path, context))).toMatchObject({ code: 'catalogue.differs' })
    expect(existsSync(join(folder, 'Small-12.onnx'))).toBe(false)
  })
})

describe('removing', () => {
  it('deletes what was downloaded, whole or not', async () => {
    const { server, download, library, folder } = await setting()
    await download()
    expect((await library.remove('small')).state).toEqual({ kind: 'absent' })
    server.answers.push({ cutAfter: 80_000 }, { status: 404 })
    expect(await errorOf(download())).toMatchObject({ code: 'download.refused' })
    expect((await library.remove('small')).state).toEqual({ kind: 'absent' })
    expect(readdirSync(folder)).toEqual(['.small.lock'])
    expect((await library.remove('small')).state).toEqual({ kind: 'absent' })
  })

  it('waits for nobody: a file that another program holds stays', async () => {
    const { download, library, folder, state } = await setting()
    await download()
    const release = takeExclusively(join(folder, '.small.lock'))!
    expect(await errorOf(library.remove('small'))).toMatchObject({ code: 'download.busy' })
    release()
    expect(await state()).toMatchObject({ kind: 'present' })
  })
})
