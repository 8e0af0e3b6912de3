import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { formatNpy, parseNpy, readNpy } from '#main/files/npy.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/files/npy')
const fixture = (name: string) => readFileSync(join(fixtures, `${name}.npy`))

/** What make_npy.py stored at C index i. */
const stored = {
  float32: { type: Float32Array, value: (i: number) => (i - 7) * 0.5 },
  float64: { type: Float64Array, value: (i: number) => (i - 7) / 3 },
  uint8: { type: Uint8Array, value: (i: number) => i },
  bool: { type: Uint8Array, value: (i: number) => ((i - 7) % 3 === 0 ? 1 : 0) },
  int16: { type: Int16Array, value: (i: number) => (i - 7) * 1000 },
  int32: { type: Int32Array, value: (i: number) => (i - 7) * 100_000_000 },
  int64: { type: Float64Array, value: (i: number) => (i - 7) * 2 ** 48 },
} as const

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'no error'
}

/** A file with a header of our own choice. */
function withHeader(dictionary: string, dataBytes: number, version = 1): Uint8Array {
  const header = new TextEncoder().encode(`${dictionary}\n`)
  const lengthBytes = version === 1 ? 2 : 4
  const bytes = new Uint8Array(8 + lengthBytes + header.length + dataBytes)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  const view = new DataView(bytes.buffer)
  if (version === 1) view.setUint16(8, header.length, true)
  else view.setUint32(8, header.length, true)
  bytes.set(header, 8 + lengthBytes)
  return bytes
}

describe('reading what NumPy wrote', () => {
  for (const [kind, { type, value }] of Object.entries(stored)) {
    for (const layout of ['c', 'fortran', 'big-endian']) {
      it(`reads ${kind}, ${layout}`, () => {
        const array = parseNpy(fixture(`${kind}-${layout}`), 'a')
        expect(array.shape).toEqual([2, 3, 4])
        expect(array.data).toBeInstanceOf(type)
        expect(Array.from(array.data)).toEqual(Array.from({ length: 24 }, (_, i) => value(i)))
      })
    }
  }

  it.each(['version-2', 'version-3'])('reads format %s', (name) => {
    expect(Array.from(parseNpy(fixture(name), 'a').data)).toEqual(
      Array.from({ length: 24 }, (_, i) => stored.float32.value(i)),
    )
  })

  it('reads a single number, a vector and an empty array', () => {
    expect(parseNpy(fixture('scalar'), 'a')).toEqual({ data: Float32Array.of(2.5), shape: [] })
    expect(parseNpy(fixture('vector'), 'a')).toEqual({ data: Float32Array.of(0, 0.25, 0.5, 0.75, 1), shape: [5] })
    expect(parseNpy(fixture('empty'), 'a')).toEqual({ data: new Float32Array(0), shape: [0, 3] })
  })

  it('reads a view into a larger buffer at an odd offset, and shares no memory with it', () => {
    const file = fixture('float64-c')
    const holder = new Uint8Array(file.length + 3)
    holder.set(file, 3)
    const array = parseNpy(holder.subarray(3), 'a')
    holder.fill(0)
    expect(array.data[1]).toBe(-2)
  })

  it('reads the long integers and double quotes of old Python', () => {
    const array = parseNpy(withHeader('{"descr": "<f4", "shape": (2L, 1L), "fortran_order": False}', 8), 'a')
    expect(array).toEqual({ data: new Float32Array(2), shape: [2, 1] })
  })
})

describe('writing', () => {
  it('writes the bytes that numpy.save writes', () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => stored.float32.value(i))
    expect(Buffer.from(formatNpy(values, [2, 3, 4]))).toEqual(fixture('float32-c'))
    expect(Buffer.from(formatNpy(Float32Array.of(2.5), []))).toEqual(fixture('scalar'))
    expect(Buffer.from(formatNpy(Float32Array.of(0, 0.25, 0.5, 0.75, 1), [5]))).toEqual(fixture('vector'))
    expect(Buffer.from(formatNpy(new Float32Array(0), [0, 3]))).toEqual(fixture('empty'))
  })

  it('is the inverse of reading', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 })
    const cases = shapes.chain((shape) => {
      const length = shape.reduce((product, axis) => product * axis, 1)
      return fc.tuple(fc.constant(shape), fc.float32Array({ minLength: length, maxLength: length }))
    })
    fc.assert(
      fc.property(cases, ([shape, data]) => {
        expect(parseNpy(formatNpy(data, shape), 'a')).toEqual({ data, shape })
      }),
    )
  })

  it('refuses a shape that the data do not fill', () => {
    expect(codeOf(() => formatNpy(new Float32Array(5), [2, 3]))).toBe('shape.mismatch')
  })
})

describe('hostile and broken files', () => {
  const good = `{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }`
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['another format', new TextEncoder().encode('\x89PNG and so on and so on')],
    ['an unknown version', withHeader(good, 8, 9)],
    ['a header cut short', withHeader(good, 8).subarray(0, 40)],
    ['a length of the header cut short', withHeader(good, 8).subarray(0, 9)],
    ['data cut short', withHeader(good, 7)],
    ['data left over', withHeader(good, 9)],
    ['a shape beyond memory', withHeader(good.replace('(2,)', '(4294967296, 1048576)'), 8)],
    ['a shape that overflows', withHeader(good.replace('(2,)', `(${'9007199254740991, '.repeat(32)})`), 8)],
    ['a shape that overflows to nothing', withHeader(good.replace('(2,)', `(${'9007199254740991, '.repeat(31)}0)`), 0)],
    ['a negative axis', withHeader(good.replace('(2,)', '(-2,)'), 8)],
    ['too many axes', withHeader(good.replace('(2,)', `(${'1, '.repeat(33)})`), 4)],
    ['a shape that is no tuple', withHeader(good.replace('(2,)', '2'), 8)],
    ['a missing key', withHeader(`{'descr': '<f4', 'shape': (2,)}`, 8)],
    ['a further key', withHeader(good.replace('}', `'more': 'x'}`), 8)],
    ['a call in the header', withHeader(`{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}`, 8)],
    ['a name of an object method as type', withHeader(good.replace('<f4', 'c'), 8)],
    ['an empty type', withHeader(good.replace('<f4', ''), 8)],
    ['a complex type', fixture('complex')],
    ['records', fixture('records')],
    ['Python objects', fixture('objects')],
    ['an integer beyond 2⁵³', fixture('int64-too-large')],
  ])('refuses %s, naming the file', (_, bytes) => {
    expect(codeOf(() => parseNpy(bytes, 'map of pug.npy'))).toBe('npy.format')
    expect(() => parseNpy(bytes, 'map of pug.npy')).toThrow('map of pug.npy')
  })

  it('refuses a header of gigabytes without reading it', () => {
    const bytes = withHeader(good, 8, 2)
    new DataView(bytes.buffer).setUint32(8, 0xffff_ffff, true)
    expect(codeOf(() => parseNpy(bytes, 'a'))).toBe('npy.format')
  })

  it('survives flipped bytes and truncation: an array or an AppError', () => {
    const files = Object.keys(stored).map((kind) => fixture(`${kind}-fortran`))
    const flips = fc.array(fc.tuple(fc.nat(330), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...files), flips, fc.option(fc.nat(330)), (file, changes, cut) => {
        const bytes = Uint8Array.from(file)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        expect(['npy.format', 'no error']).toContain(
          codeOf(() => parseNpy(bytes.subarray(0, cut ?? bytes.length), 'a')),
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('files', () => {
  it('reads from a path', async () => {
    expect((await readNpy(join(fixtures, 'vector.npy'))).shape).toEqual([5])
  })

  it('tells a missing file, a folder and a broken file apart', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'folder.npy'))
    writeFileSync(join(folder, 'text.npy'), 'not an array')
    await expect(readNpy(join(folder, 'none.npy'))).rejects.toMatchObject({ code: 'file.missing' })
    await expect(readNpy(join(folder, 'folder.npy'))).rejects.toMatchObject({ code: 'file.unreadable' })
    await expect(readNpy(join(folder, 'text.npy'))).rejects.toMatchObject({ code: 'npy.format' })
  })

  it.skipIf(process.platform === 'win32')('does not read on and on from a device', async () => {
    await expect(readNpy('/dev/zero')).rejects.toMatchObject({ code: 'file.unreadable' })
  })
})

describeWithData('golden arrays', () => {
  it('reads the arrays of the explainers', async () => {
    const at = (name: string) => testData(`goldens/explainers/mobilenet025/pug_142/${name}.npy`)
    expect((await readNpy(at('occlusion_scores'))).shape).toEqual([13, 13])
    expect((await readNpy(at('lime_segments'))).data).toBeInstanceOf(Int16Array)
    const mask = await readNpy(at('mask'))
    expect(Array.from(mask.data).filter((value) => value === 255).length).toBe(21_196)
  })
})
