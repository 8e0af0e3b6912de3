import {
  bytesOf,
  elementAt,
  elementType,
  numbersOf,
  textOf,
  unusable,
  type Element,
  type MatBytes,
  type MatNumbers,
} from './elements.ts'

const numericClasses = {
  6: 'double',
  7: 'single',
  8: 'int8',
  9: 'uint8',
  10: 'int16',
  11: 'uint16',
  12: 'int32',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
} as const

/** A class of numbers in MATLAB. */
type NumericClass = (typeof numericClasses)[keyof typeof numericClasses]

/** Classes that are known and not read. */
const otherClasses: Readonly<Record<number, string>> = {
  3: 'an object',
  5: 'a sparse array',
  16: 'a function handle',
  17: 'an object',
}

/** An array of MATLAB. `shape`: the length of each axis, at least two; what it holds comes first axis fastest. */
export type MatArray =
  | {
      readonly kind: 'numeric'
      readonly class: NumericClass
      readonly isLogical: boolean
      readonly shape: readonly number[]
      readonly data: MatNumbers
      /** Null for real numbers. */
      readonly imaginary: MatNumbers | null
    }
  /** One text a row. */
  | { readonly kind: 'char'; readonly shape: readonly number[]; readonly rows: readonly string[] }
  | { readonly kind: 'cell'; readonly shape: readonly number[]; readonly cells: readonly MatArray[] }
  /** Each field with its values, one a struct. */
  | {
      readonly kind: 'struct'
      readonly shape: readonly number[]
      readonly fields: ReadonlyMap<string, readonly MatArray[]>
    }

/** An array and the name of the variable that holds it ('' inside cells and structs). */
export interface NamedArray {
  readonly name: string
  readonly array: MatArray
}

/** How deep cells and structs may lie in each other, and how many arrays a file may hold: far above real annotations. */
const maxDepth = 32
const maxArrays = 100_000

/** Counts the arrays of a file, so that a small file cannot unpack to millions of them. */
export interface ArrayCount {
  arrays: number
}

/**
 * Reads the content of a miMATRIX element.
 * @throws AppError 'file.format'
 */
export function readArray(bytes: MatBytes, element: Element, count: ArrayCount): NamedArray {
  return new ArrayReader(bytes, count).read(element, 0)
}

interface Flags {
  readonly class: number
  readonly isComplex: boolean
  readonly isLogical: boolean
}

/** The elements inside an array, taken one after the other. */
class Cursor {
  readonly #bytes: MatBytes
  readonly #end: number
  #at: number

  constructor(bytes: MatBytes, { start, end }: Element) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  next(): Element {
    const element = elementAt(this.#bytes, this.#at, this.#end)
    this.#at = element.next
    return element
  }

  nextNumbers(): MatNumbers {
    return numbersOf(this.#bytes, this.next())
  }

  nextText(): string {
    return String.fromCharCode(...bytesOf(this.#bytes, this.next()).subarray(0, 256))
  }
}

class ArrayReader {
  readonly #bytes: MatBytes
  readonly #count: ArrayCount

  constructor(bytes: MatBytes, count: ArrayCount) {
    this.#bytes = bytes
    this.#count = count
  }

  read(element: Element, depth: number): NamedArray {
    if (element.type !== elementType.matrix)
      throw this.#fail(`an element has type ${element.type} where an array belongs`)
    if (depth > maxDepth) throw this.#fail(`arrays lie more than ${maxDepth} deep in each other`)
    if (++this.#count.arrays > maxArrays) throw this.#fail(`it holds more than ${maxArrays} arrays`)
    // how MATLAB writes [] inside cells and structs
    if (element.start === element.end) return { name: '', array: emptyArray }
    const cursor = new Cursor(this.#bytes, element)
    const flags = this.#readFlags(cursor)
    const shape = this.#readShape(cursor)
    const name = cursor.nextText()
    return { name, array: this.#readContent(cursor, { flags, shape, depth }) }
  }

  #readFlags(cursor: Cursor): Flags {
    const [flags] = cursor.nextNumbers()
    if (flags === undefined) throw this.#fail('an array has no class')
    const found = flags & 0xff
    const other = otherClasses[found]
    if (other !== undefined) {
      throw this.#fail(
        `it holds ${other}, which is not read`,
        'Save it from MATLAB as plain numbers, text, cells or structs.',
      )
    }
    return { class: found, isComplex: (flags & 0x800) !== 0, isLogical: (flags & 0x200) !== 0 }
  }

  #readShape(cursor: Cursor): readonly number[] {
    const shape = Array.from(cursor.nextNumbers())
    const isShape =
      shape.length >= 2 && shape.length <= 32 && shape.every((length) => Number.isInteger(length) && length >= 0)
    if (!isShape || !Number.isSafeInteger(sizeOf(shape))) throw this.#fail('an array has a shape that cannot be')
    return shape
  }

  #readContent(
    cursor: Cursor,
    { flags, shape, depth }: { flags: Flags; shape: readonly number[]; depth: number },
  ): MatArray {
    if (flags.class === 1) return { kind: 'cell', shape, cells: this.#readArrays(cursor, sizeOf(shape), depth) }
    if (flags.class === 2) return { kind: 'struct', shape, fields: this.#readFields(cursor, sizeOf(shape), depth) }
    if (flags.class === 4) return { kind: 'char', shape, rows: this.#readRows(cursor.next(), shape) }
    const numericClass = numericClasses[flags.class as keyof typeof numericClasses] as NumericClass | undefined
    if (numericClass === undefined) throw this.#fail(`an array has the unknown class ${flags.class}`)
    const data = this.#readNumbers(cursor, shape)
    const imaginary = flags.isComplex ? this.#readNumbers(cursor, shape) : null
    return { kind: 'numeric', class: numericClass, isLogical: flags.isLogical, shape, data, imaginary }
  }

  #readNumbers(cursor: Cursor, shape: readonly number[]): MatNumbers {
    const numbers = cursor.nextNumbers()
    if (numbers.length === sizeOf(shape)) return numbers
    throw this.#fail(`an array of ${shape.join('×')} has ${numbers.length} numbers`)
  }

  #readArrays(cursor: Cursor, n: number, depth: number): MatArray[] {
    const arrays: MatArray[] = []
    // not made at once: a lying number ends where the bytes do
    while (arrays.length < n) arrays.push(this.read(cursor.next(), depth + 1).array)
    return arrays
  }

  #readFields(cursor: Cursor, n: number, depth: number): Map<string, MatArray[]> {
    const [length] = cursor.nextNumbers()
    const text = bytesOf(this.#bytes, cursor.next())
    // no field: MATLAB gives the length 1, others 0
    const nNames = text.length === 0 ? 0 : text.length / (length ?? 0)
    if (!Number.isInteger(nNames) || nNames > maxArrays) throw this.#fail('a struct has names of fields that cannot be')
    const names = Array.from({ length: nNames }, (_, i) => fieldName(text.subarray(i * length!, (i + 1) * length!)))
    if (new Set(names).size !== names.length) throw this.#fail('a struct has two fields of one name')
    const values = this.#readArrays(cursor, n * nNames, depth)
    // one struct after the other in the file
    const nStructs = values.length / Math.max(nNames, 1)
    const valuesOf = (field: number) => Array.from({ length: nStructs }, (_, at) => values[at * nNames + field]!)
    return new Map(names.map((name, i) => [name, valuesOf(i)]))
  }

  /** MATLAB stores column by column. */
  #readRows(element: Element, shape: readonly number[]): string[] {
    const text = textOf(this.#bytes, element)
    const [nRows] = shape as [number]
    // in these a letter may be several characters
    if (nRows === 1 && (element.type === elementType.utf8 || element.type === elementType.utf32)) return [text]
    if (text.length !== sizeOf(shape)) throw this.#fail(`a text of ${shape.join('×')} has ${text.length} characters`)
    return Array.from({ length: Math.min(nRows, text.length) }, (_, row) => everyNth(text, row, nRows))
  }

  #fail(what: string, hint?: string): Error {
    return unusable(this.#bytes.name, what, hint === undefined ? {} : { hint })
  }
}

const emptyArray: MatArray = {
  kind: 'numeric',
  class: 'double',
  isLogical: false,
  shape: [0, 0],
  data: new Float64Array(0),
  imaginary: null,
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** Up to the zero that ends it. */
function fieldName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)).subarray(0, 256))
}

function everyNth(text: string, first: number, step: number): string {
  let row = ''
  for (let i = first; i < text.length; i += step) row += text[i]!
  return row
}
