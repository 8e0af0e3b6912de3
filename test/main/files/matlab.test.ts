import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { parseMatFile, readMatFile } from '#main/files/matlab.ts'
import {
  compressedElement,
  matFile,
  matHeader,
  matrixElement,
  type MatOptions,
  type MatSource,
} from '../../builders/mat-file.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from './damage.ts'

const kinds: readonly MatOptions[] = [false, true].flatMap((isBigEndian) =>
  [false, true].map((isCompressed) => ({ isBigEndian, isCompressed })),
)

const annotation: Readonly<Record<string, MatSource>> = {
  box_coord: { class: 'double', shape: [1, 4], data: [2, 187, 1, 300], stored: 'uint16' },
  obj_contour: { class: 'double', shape: [2, 3], data: [1.5, 2.25, 90, 3, -4.125, 80] },
}

const many: Readonly<Record<string, MatSource>> = {
  ...annotation,
  z: { class: 'single', shape: [1, 2], data: [1.5, -2], imaginary: [0.25, 8] },
  isUsed: { class: 'uint8', shape: [1, 1], data: [1], isLogical: true },
  name: { class: 'char', shape: [1, 3], text: 'añ√' },
  list: {
    class: 'cell',
    shape: [1, 3],
    cells: [{ class: 'int16', shape: [1, 1], data: [-300] }, null, { class: 'char', shape: [0, 0], text: '' }],
  },
  objects: {
    class: 'struct',
    shape: [1, 2],
    fields: {
      name: ['cat', 'dog'].map((text) => ({ class: 'char', shape: [1, 3], text }) as const),
      at: [1, 2].map((x) => ({ class: 'double', shape: [1, 1], data: [x] }) as const),
    },
  },
}

function variable(source: MatSource, options?: MatOptions) {
  return parseMatFile(matFile({ x: source }, options), 'a.mat').get('x')
}

/** What is said of bytes that must be refused. */
function refusal(bytes: Uint8Array): string {
  try {
    parseMatFile(bytes, 'a.mat')
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    const { code, message } = error as AppError
    expect(code).toBe('file.format')
    expect(message).toMatch(/^a\.mat is not a usable MAT-file: [^\n]+$/)
    return message
  }
  throw new Error('it was read')
}

describe('a MAT-file', () => {
  it.each(kinds)('gives its variables in their order (%o)', (options) => {
    const variables = parseMatFile(matFile(many, options), 'a.mat')
    expect([...variables.keys()]).toEqual(Object.keys(many))
    const real = { kind: 'numeric', class: 'double', isLogical: false, imaginary: null }
    expect(variables.get('box_coord')).toEqual({ ...real, shape: [1, 4], data: Uint16Array.of(2, 187, 1, 300) })
    const contour = Float64Array.of(1.5, 2.25, 90, 3, -4.125, 80)
    expect(variables.get('obj_contour')).toEqual({ ...real, shape: [2, 3], data: contour })
    const complex = { ...real, class: 'single', data: Float32Array.of(1.5, -2), imaginary: Float32Array.of(0.25, 8) }
    expect(variables.get('z')).toEqual({ ...complex, shape: [1, 2] })
    expect(variables.get('isUsed')).toMatchObject({ class: 'uint8', isLogical: true, data: Uint8Array.of(1) })
    expect(variables.get('name')).toEqual({ kind: 'char', shape: [1, 3], rows: ['añ√'] })
    expect(variables.get('list')).toMatchObject({
      kind: 'cell',
      cells: [
        { class: 'int16', data: Int16Array.of(-300) },
        { kind: 'numeric', shape: [0, 0] },
        { kind: 'char', rows: [] },
      ],
    })
    const objects = variables.get('objects')
    if (objects?.kind !== 'struct') throw new Error('no struct')
    expect([...objects.fields.keys()]).toEqual(['name', 'at'])
    expect(objects.fields.get('name')).toMatchObject([{ rows: ['cat'] }, { rows: ['dog'] }])
    expect(objects.fields.get('at')).toMatchObject([{ data: Float64Array.of(1) }, { data: Float64Array.of(2) }])
  })

  const ends = {
    double: [-1e300, 0.1],
    single: [-0.5, 2],
    int8: [-128, 127],
    uint8: [0, 255],
    int16: [-32_768, 32_767],
    uint16: [0, 65_535],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint32: [0, 2 ** 32 - 1],
    int64: [-(2 ** 53) + 1, 2 ** 53 - 1],
    uint64: [0, 2 ** 53 - 1],
  } as const
  it.each(Object.entries(ends))('holds %s exactly', (name, data) => {
    const source = { class: name as keyof typeof ends, shape: [1, 2], data }
    for (const options of kinds) {
      const found = variable(source, options)
      if (found?.kind !== 'numeric') throw new Error('no numbers')
      expect([found.class, Array.from(found.data)]).toEqual([name, data])
    }
  })

  it.each(['utf8', 'utf16', 'utf32', 'uint16'] as const)('holds text as %s', (stored) => {
    const source = { class: 'char', shape: [1, 4], text: 'ñ√a😀', stored } as const
    const shape = [1, stored === 'utf16' || stored === 'uint16' ? 5 : 4]
    for (const options of kinds) expect(variable({ ...source, shape }, options)).toMatchObject({ rows: ['ñ√a😀'] })
  })

  it('gives a text of several rows by rows', () => {
    expect(variable({ class: 'char', shape: [2, 3], text: 'cdaotg' })).toMatchObject({ rows: ['cat', 'dog'] })
  })

  it('is read from the disk, and its path is in every complaint', async () => {
    const path = join(temporaryFolder(), 'annotation_0001.mat')
    writeFileSync(path, matFile(annotation, { isCompressed: true }))
    expect([...(await readMatFile(path)).keys()]).toEqual(['box_coord', 'obj_contour'])
    writeFileSync(path, matFile(annotation).subarray(0, 300))
    await expect(readMatFile(path)).rejects.toMatchObject({
      code: 'file.format',
      message: expect.stringContaining(path) as string,
    })
    await expect(readMatFile(`${path}s`)).rejects.toMatchObject({ code: 'file.missing' })
  })
})

describe('a MAT-file that cannot be read', () => {
  it.each(kinds)('says so wherever it is cut off (%o)', (options) => {
    const bytes = matFile(many, options)
    // cut between two variables it is a whole file with fewer of them
    const whole = new Set<number>()
    const names = Object.keys(many)
    for (let n = 0; n < names.length; n++) {
      whole.add(matFile(Object.fromEntries(Object.entries(many).slice(0, n)), options).length)
    }
    for (let end = 0; end < bytes.length; end++) {
      if (whole.has(end)) expect(parseMatFile(bytes.subarray(0, end), 'a.mat').size).toBeLessThan(names.length)
      else refusal(bytes.subarray(0, end))
    }
  })

  it.each(kinds)('fails with one clear error whatever byte is wrong (%o)', async (options) => {
    const parse = (bytes: Uint8Array) => Promise.resolve(void parseMatFile(bytes, 'a.mat'))
    await expectOnlyAppErrors(matFile(many, options), async (bytes) => parse(bytes), 400)
  })

  it.each([
    ['MATLAB 7.3 by its text', Buffer.from('MATLAB 7.3 MAT-file'.padEnd(600)), /7\.3/],
    ['MATLAB 7.3 by its version', matHeader({}, 0x0200), /7\.3/],
    ['a bare HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n'.padEnd(600), 'latin1'), /7\.3/],
    ['MATLAB 4', Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 120, 0]), /MATLAB 4/],
    ['another version', matHeader({}, 0x0300), /version 768/],
    ['text', Buffer.from('x'.repeat(200)), /begin like one/],
    ['nothing', Buffer.alloc(0), /cut short/],
    ['a sparse array', matFile({ x: { class: 'other', number: 5 } }), /sparse/],
    ['an object', matFile({ x: { class: 'other', number: 3 } }), /object/],
    ['an object of a newer kind', matFile({ x: { class: 'other', number: 17 } }), /object/],
    ['a function handle', matFile({ x: { class: 'other', number: 16 } }), /function handle/],
    ['an unknown class', matFile({ x: { class: 'other', number: 99 } }), /class 99/],
  ])('is named: %s', (_, bytes, what) => {
    expect(refusal(bytes)).toMatch(what)
  })

  it.each([
    ['fewer numbers than its shape', { class: 'double', shape: [3, 3], data: [1, 2] }, /3×3 has 2/],
    ['a shape below zero', { class: 'double', shape: [1, -4], data: [] }, /shape/],
    ['a shape beyond all numbers', { class: 'cell', shape: [2 ** 31 - 1, 2 ** 31 - 1], cells: [] }, /shape/],
    ['one axis', { class: 'double', shape: [1], data: [1] }, /shape/],
    ['cells that are not there', { class: 'cell', shape: [1000, 1000], cells: [] }, /cut short/],
    ['too short a text', { class: 'char', shape: [3, 3], text: 'ab' }, /3×3 has 2/],
    ['integers beyond 2⁵³', { class: 'int64', shape: [1, 1], data: [2 ** 60] }, /2⁵³/],
  ] as readonly (readonly [string, MatSource, RegExp])[])('claims %s', (_, source, what) => {
    expect(refusal(matFile({ x: source }))).toMatch(what)
  })

  it('claims structs that are not there', () => {
    const element = Buffer.from(matrixElement('x', { class: 'struct', shape: [1, 0], fields: { a: [] } }))
    // tag, flags, tag of the shape, its first length
    element.writeInt32LE(2 ** 30, 8 + 16 + 8 + 4)
    expect(refusal(Buffer.concat([matHeader(), element]))).toMatch(/cut short/)
  })

  it('holds a name twice', () => {
    const element = matrixElement('x', { class: 'double', shape: [1, 1], data: [1] })
    expect(refusal(Buffer.concat([matHeader(), element, element]))).toMatch(/two variables called “x”/)
  })

  it('nests cells without end', () => {
    let cell: MatSource = { class: 'cell', shape: [1, 1], cells: [null] }
    for (let depth = 0; depth < 40; depth++) cell = { class: 'cell', shape: [1, 1], cells: [cell] }
    expect(refusal(matFile({ x: cell }))).toMatch(/deep/)
  })

  it('unpacks to more than is read, in one variable or in many', () => {
    const zeros = Buffer.alloc(2 ** 26 + 8)
    expect(refusal(Buffer.concat([matHeader(), compressedElement(zeros)]))).toMatch(/unpacks to more than/)
    const large = (name: string) => matrixElement(name, { class: 'uint8', shape: [1, 0], data: [] })
    const quarter = Buffer.alloc(2 ** 24)
    const elements = ['a', 'b', 'c', 'd', 'e'].map((name) => compressedElement(Buffer.concat([large(name), quarter])))
    expect(refusal(Buffer.concat([matHeader(), ...elements]))).toMatch(/unpacks to more than/)
  })

  it('unpacks to more arrays than are read', () => {
    const nCells = 200_000
    const empty = matrixElement('', null)
    const cells = Buffer.alloc(nCells * empty.length)
    for (let i = 0; i < nCells; i++) cells.set(empty, i * empty.length)
    const element = Buffer.concat([matrixElement('x', { class: 'cell', shape: [1, nCells], cells: [] }), cells])
    element.writeUInt32LE(element.length - 8, 4)
    expect(refusal(Buffer.concat([matHeader(), compressedElement(element)]))).toMatch(/more than 100000 arrays/)
  })
})
