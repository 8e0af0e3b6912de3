import { deflateSync } from 'node:zlib'

/** A variable to be written, in MATLAB's words; `data` first axis fastest. */
export type MatSource =
  | {
      readonly class:
        'double' | 'single' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64'
      readonly shape: readonly number[]
      readonly data: readonly number[]
      readonly imaginary?: readonly number[]
      readonly isLogical?: boolean
      /** as what the numbers are stored; default: as their class is called */
      readonly stored?: StoredType
    }
  | { readonly class: 'char'; readonly shape: readonly number[]; readonly text: string; readonly stored?: TextType }
  | { readonly class: 'cell'; readonly shape: readonly number[]; readonly cells: readonly (MatSource | null)[] }
  | {
      readonly class: 'struct'
      readonly shape: readonly number[]
      /** each with one value a struct */
      readonly fields: Readonly<Record<string, readonly MatSource[]>>
    }
  /** a class that is not read, by its number */
  | { readonly class: 'other'; readonly number: number }

type TextType = 'utf8' | 'utf16' | 'utf32' | 'uint16'
type StoredType = keyof typeof storedTypes

export interface MatOptions {
  readonly isBigEndian?: boolean
  readonly isCompressed?: boolean
}

const storedTypes = {
  int8: { number: 1, size: 1, put: (view: DataView, at: number, value: number) => view.setInt8(at, value) },
  uint8: { number: 2, size: 1, put: (view: DataView, at: number, value: number) => view.setUint8(at, value) },
  int16: { number: 3, size: 2, put: (v: DataView, at: number, x: number, le: boolean) => v.setInt16(at, x, le) },
  uint16: { number: 4, size: 2, put: (v: DataView, at: number, x: number, le: boolean) => v.setUint16(at, x, le) },
  int32: { number: 5, size: 4, put: (v: DataView, at: number, x: number, le: boolean) => v.setInt32(at, x, le) },
  uint32: { number: 6, size: 4, put: (v: DataView, at: number, x: number, le: boolean) => v.setUint32(at, x, le) },
  single: { number: 7, size: 4, put: (v: DataView, at: number, x: number, le: boolean) => v.setFloat32(at, x, le) },
  double: { number: 9, size: 8, put: (v: DataView, at: number, x: number, le: boolean) => v.setFloat64(at, x, le) },
  int64: {
    number: 12,
    size: 8,
    put: (v: DataView, at: number, x: number, le: boolean) => v.setBigInt64(at, BigInt(x), le),
  },
  uint64: {
    number: 13,
    size: 8,
    put: (v: DataView, at: number, x: number, le: boolean) => v.setBigUint64(at, BigInt(x), le),
  },
} as const

const classNumbers = {
  cell: 1,
  struct: 2,
  char: 4,
  double: 6,
  single: 7,
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  int64: 14,
  uint64: 15,
} as const

/** The bytes of a MAT-file of MATLAB 5, made by the format's description and not by the reader that is tested. */
export function matFile(variables: Readonly<Record<string, MatSource>>, options: MatOptions = {}): Uint8Array {
  const elements = Object.entries(variables).map(([name, source]) => {
    const matrix = matrixElement(name, source, options)
    return options.isCompressed === true ? compressedElement(matrix, options) : matrix
  })
  return Buffer.concat([matHeader(options), ...elements])
}

/** The 128 bytes that a MAT-file begins with. */
export function matHeader({ isBigEndian = false }: MatOptions = {}, version = 0x0100): Uint8Array {
  const header = Buffer.alloc(128, ' ')
  header.write('MATLAB 5.0 MAT-file, written by a test')
  header.fill(0, 116, 124)
  new DataView(header.buffer, header.byteOffset).setUint16(124, version, !isBigEndian)
  header.write(isBigEndian ? 'MI' : 'IM', 126, 'latin1')
  return header
}

/** An element that is its content deflated; not padded, as MATLAB does it. */
export function compressedElement(content: Uint8Array, { isBigEndian = false }: MatOptions = {}): Uint8Array {
  const deflated = deflateSync(content)
  return Buffer.concat([tag(15, deflated.length, isBigEndian), deflated])
}

/** A variable as an element, uncompressed. */
export function matrixElement(name: string, source: MatSource | null, options: MatOptions = {}): Uint8Array {
  return element(14, source === null ? Buffer.alloc(0) : matrixContent(name, source, options), options)
}

function matrixContent(name: string, source: MatSource, options: MatOptions): Uint8Array {
  const number = source.class === 'other' ? source.number : classNumbers[source.class]
  const isComplex = 'imaginary' in source
  const isLogical = 'isLogical' in source && source.isLogical
  const flags = number | (isComplex ? 0x800 : 0) | (isLogical ? 0x200 : 0)
  const head = [
    numbers('uint32', [flags, 0], options),
    numbers('int32', source.class === 'other' ? [1, 1] : source.shape, options),
    element(1, Buffer.from(name, 'latin1'), options),
  ]
  return Buffer.concat([...head, ...contentElements(source, options)])
}

function contentElements(source: MatSource, options: MatOptions): readonly Uint8Array[] {
  switch (source.class) {
    case 'other':
      return []
    case 'cell':
      return source.cells.map((cell) => matrixElement('', cell, options))
    case 'struct': {
      const names = Object.keys(source.fields)
      const nStructs = source.shape.reduce((product, length) => product * length, 1)
      const nameBytes = Buffer.concat(names.map((name) => Buffer.from(name.padEnd(32, '\0'), 'latin1')))
      const values = Array.from({ length: nStructs }, (_, i) => names.map((name) => source.fields[name]![i]!)).flat()
      return [
        numbers('int32', [32], options),
        element(1, nameBytes, options),
        ...values.map((value) => matrixElement('', value, options)),
      ]
    }
    case 'char':
      return [textElement(source.text, source.stored ?? 'uint16', options)]
    default: {
      const { data, imaginary, stored = source.class } = source
      return [data, ...(imaginary === undefined ? [] : [imaginary])].map((values) => numbers(stored, values, options))
    }
  }
}

function textElement(text: string, stored: TextType, options: MatOptions): Uint8Array {
  if (stored === 'utf8') return element(16, Buffer.from(text), options)
  if (stored === 'utf32') {
    const codes = Array.from(text, (letter) => letter.codePointAt(0)!)
    return element(18, numberBytes('uint32', codes, options), options)
  }
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
  return element(stored === 'utf16' ? 17 : 4, numberBytes('uint16', units, options), options)
}

function numbers(type: StoredType, values: readonly number[], options: MatOptions): Uint8Array {
  return element(storedTypes[type].number, numberBytes(type, values, options), options)
}

function numberBytes(type: StoredType, values: readonly number[], { isBigEndian = false }: MatOptions): Uint8Array {
  const { size, put } = storedTypes[type]
  const bytes = new Uint8Array(values.length * size)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) put(view, i * size, value, !isBigEndian)
  return bytes
}

/** Up to four bytes go into the tag, as MATLAB does it; all are padded to 8. */
function element(type: number, content: Uint8Array, { isBigEndian = false }: MatOptions): Uint8Array {
  if (content.length > 0 && content.length <= 4) {
    const small = Buffer.alloc(8)
    const word = content.length * 65_536 + type
    if (isBigEndian) small.writeUInt32BE(word)
    else small.writeUInt32LE(word)
    small.set(content, 4)
    return small
  }
  return Buffer.concat([tag(type, content.length, isBigEndian), content, Buffer.alloc((8 - (content.length % 8)) % 8)])
}

function tag(type: number, size: number, isBigEndian: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint32(0, type, !isBigEndian)
  bytes.setUint32(4, size, !isBigEndian)
  return new Uint8Array(bytes.buffer)
}
