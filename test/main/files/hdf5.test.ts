import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as h5wasm from 'h5wasm/node'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { expectOnlyAppErrors } from './damage.ts'

const fixture = (name: string) => join(import.meta.dirname, '../../fixtures/files/hdf5', name)

let opened: Hdf5File | undefined
afterEach(() => opened?.close())

async function open(path: string): Promise<Hdf5File> {
  return (opened = await openHdf5(path))
}

/** What make_hdf5.py stored at C index i. */
const stored = {
  float16: (i: number) => (i - 7) * 0.5,
  float32: (i: number) => (i - 7) * 0.5,
  float64: (i: number) => Math.fround((i - 7) / 3),
  int8: (i: number) => i - 7,
  int16: (i: number) => (i - 7) * 1000,
  int32: (i: number) => (i - 7) * 100_000_000,
  int64: (i: number) => (i - 7) * 2 ** 40,
  uint8: (i: number) => i,
  uint16: (i: number) => i,
  uint32: (i: number) => i,
  uint64: (i: number) => i,
}

async function errorOf(action: () => unknown): Promise<AppError> {
  try {
    await action()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('there was no error')
}

describe('numbers that h5py wrote', () => {
  for (const [kind, value] of Object.entries(stored)) {
    it.each(['little', 'big'])(`reads ${kind}, %s endian, as float32`, async (order) => {
      const dataset = (await open(fixture('kinds.h5'))).dataset(`/${kind}/${order}`)
      expect(dataset).toMatchObject({ dtype: kind, shape: [2, 3, 4] })
      expect([...dataset.read()]).toEqual(Array.from({ length: 24 }, (_, i) => value(i)))
    })
  }

  it('reads the special values of half precision', async () => {
    const halves = (await open(fixture('kinds.h5'))).dataset('/halves').read()
    expect([...halves]).toEqual([0, -0, 2 ** -24, -(2 ** -14), 65504, Infinity, -Infinity, NaN])
  })

  it('reads compressed chunks that the shape is no multiple of', async () => {
    const dataset = (await open(fixture('kinds.h5'))).dataset('/chunked')
    expect(dataset.shape).toEqual([40, 30])
    expect([...dataset.read()]).toEqual(Array.from({ length: 1200 }, (_, i) => i))
  })

  it('reads a single number, also behind a link, and an empty array', async () => {
    const file = await open(fixture('kinds.h5'))
    expect(file.dataset('/scalar').shape).toEqual([])
    expect([...file.dataset('/soft').read()]).toEqual([2.5])
    expect(file.dataset('/empty').shape).toEqual([0, 3])
    expect([...file.dataset('/empty').read()]).toEqual([])
  })

  it('reads a dataset whose rows are larger than what is read at once', async () => {
    const path = join(temporaryFolder(), 'wide.h5')
    const values = Float32Array.from({ length: 2 * 3 * 2_100_000 }, (_, i) => i % 8191)
    const file = new h5wasm.File(path, 'w')
    file.create_dataset({ name: 'wide', data: values, shape: [2, 3, 2_100_000] })
    file.create_dataset({ name: 'long', data: values, shape: [values.length] })
    file.close()
    const read = await open(path)
    for (const name of ['/wide', '/long']) {
      const found = read.dataset(name).read()
      expect(found.length).toBe(values.length)
      expect(found.findIndex((value, i) => value !== values[i])).toBe(-1)
    }
  })

  it('reads anew each time', async () => {
    const dataset = (await open(fixture('kinds.h5'))).dataset('/uint8/little')
    dataset.read().fill(99)
    expect(dataset.read()[3]).toBe(3)
  })
})

describe('attributes and names', () => {
  it.each([
    ['fixed', ['one', 'three']],
    ['fixed text', 'one'],
    ['variable', ['one', 'drei ³']],
    ['variable text', 'drei ³'],
    ['no names', []],
    ['nothing', []],
    ['number', 3],
    ['numbers', [1.5, -2]],
    ['absent', null],
  ])('gives the attribute “%s”', async (name, expected) => {
    expect((await open(fixture('kinds.h5'))).attribute('/', name)).toEqual(expected)
  })

  it('lists a group in the order of its making where that is kept, else by name', async () => {
    const file = await open(fixture('kinds.h5'))
    expect(file.children('/ordered')).toEqual(['z', 'a', 'm'])
    expect(file.children('/float16')).toEqual(['big', 'little'])
  })

  it('tells what there is', async () => {
    const file = await open(fixture('kinds.h5'))
    expect(['/', '/float16', '/float16/big', '/float16/none', '/none/none'].map((path) => file.has(path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })
})

describe('files that are not what they should be', () => {
  it('names a missing file, a folder and a file of another kind', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'text.h5'), 'no HDF5')
    writeFileSync(join(folder, 'empty.h5'), '')
    const code = async (path: string) => (await errorOf(() => openHdf5(path))).code
    expect(await code(join(folder, 'none.h5'))).toBe('file.missing')
    expect(await code(folder)).toBe('file.unreadable')
    expect(await code(join(folder, 'text.h5'))).toBe('file.format')
    expect(await code(join(folder, 'empty.h5'))).toBe('file.format')
  })

  it('names a file that was cut off, and reads it once it is whole', async () => {
    const path = join(temporaryFolder(), 'cut.h5')
    const bytes = readFileSync(fixture('kinds.h5'))
    writeFileSync(path, bytes.subarray(0, bytes.length / 2))
    const error = await errorOf(() => openHdf5(path))
    expect(error.code).toBe('file.format')
    expect(error.message).toContain(path)
    expect(error.message).not.toContain('\n')
    writeFileSync(path, bytes)
    expect([...(await open(path)).dataset('/scalar').read()]).toEqual([2.5])
  })

  it.each(['huge', 'huge chunked', 'huge beyond integers', 'huge chunk'])(
    'refuses “%s”, which claims more than its file can hold, before any memory is taken',
    async (name) => {
      const file = await open(fixture('hostile.h5'))
      const before = process.memoryUsage().rss
      const error = await errorOf(() => file.dataset(`/${name}`))
      expect(error.code).toBe('file.format')
      expect(error.message).toContain(`hostile.h5: /${name}`)
      expect(process.memoryUsage().rss - before).toBeLessThan(50e6)
    },
  )

  it.each(['external', 'link', 'virtual', 'circle'])('does not follow “%s” out of the file', async (name) => {
    const file = await open(fixture('hostile.h5'))
    expect((await errorOf(() => file.dataset(`/${name}`).read())).code).toBe('file.format')
  })

  it.each(['nothing', 'texts', 'truths', 'records', 'ordered', 'lost', 'none'])(
    'says that “%s” is no array of numbers',
    async (name) => {
      const file = await open(fixture('kinds.h5'))
      const error = await errorOf(() => file.dataset(`/${name}`))
      expect(error.code).toBe('file.format')
      expect(error.message).toContain(`kinds.h5: /${name}`)
    },
  )

  it('says that an attribute is neither text nor numbers, and that its object is missing', async () => {
    const file = await open(fixture('kinds.h5'))
    expect((await errorOf(() => file.attribute('/', 'truth'))).code).toBe('file.format')
    expect((await errorOf(() => file.attribute('/none', 'number'))).code).toBe('file.format')
    expect((await errorOf(() => file.children('/none'))).code).toBe('file.format')
  })

  it('is not sent round for ever by a heap whose objects lead nowhere', async () => {
    const path = join(temporaryFolder(), 'heap.h5')
    const bytes = Buffer.from(readFileSync(fixture('kinds.h5')))
    const heap = bytes.indexOf('GCOL')
    // one bit of the first object's size: what follows it now begins among zeros
    bytes[heap + 16 + 9]! |= 2
    writeFileSync(path, bytes)
    const file = await open(path)
    const error = await errorOf(() => file.attribute('/', 'variable'))
    expect(error.code).toBe('file.format')
    expect(error.message).toContain('variable')
    expect(file.attribute('/', 'fixed')).toEqual(['one', 'three'])
  })

  it('gives only AppErrors for damaged bytes, and closes what it opened', async () => {
    const path = join(temporaryFolder(), 'damaged.h5')
    const read = async (bytes: Uint8Array) => {
      writeFileSync(path, bytes)
      const file = await openHdf5(path)
      try {
        readAll(file)
      } finally {
        file.close()
      }
    }
    const bytes = readFileSync(fixture('kinds.h5'))
    await read(bytes)
    const before = nOpenFiles()
    await expectOnlyAppErrors(bytes, read, 15)
    expect(nOpenFiles()).toBe(before)
  })
})

/** Of this process; 0 where the system does not tell. */
function nOpenFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0
}

/** Reads all that can be read below a group; what is no array of numbers is passed over. */
function readAll(file: Hdf5File, group = ''): void {
  for (const name of ['fixed', 'variable', 'number', 'numbers']) file.attribute(group || '/', name)
  for (const name of file.children(group || '/')) {
    const path = `${group}/${name}`
    try {
      file.dataset(path).read()
    } catch (error) {
      if (!(error instanceof AppError)) throw error
    }
    if (/float|int|ordered/.test(name)) readAll(file, path)
  }
}

describeWithData('Keras weight files', () => {
  it('reads names of fixed and of variable length', async () => {
    const old = await open(testData('goldens/arch/mobilenet025_periodic.h5'))
    expect(old.attribute('/conv1', 'weight_names')).toEqual(['conv1/kernel:0'])
    old.close()
    const recent = await open(testData('goldens/training/tiny_initial.h5'))
    expect(recent.attribute('/', 'layer_names')).toEqual([
      'conv',
      'bn1',
      'relu1',
      'dw',
      'bn2',
      'relu2',
      'conv2',
      'pool',
      'flatten',
      'fc',
      'out',
    ])
  })
})
