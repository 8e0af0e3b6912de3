import { inflateSync } from 'node:zlib'
import { readArray, type ArrayCount, type MatArray, type NamedArray } from './matlab/arrays.ts'
import { elementAt, elementType, bytesOf, unusable, type Element, type MatBytes } from './matlab/elements.ts'
import { readBytes } from './read-bytes.ts'

/** The variables of a MAT-file by name, in the order of the file. */
export type MatVariables = ReadonlyMap<string, MatArray>

const headerBytes = 128
const hdf5Magic = '\x89HDF\r\n\x1a\n'
const saveAs = "Save it in MATLAB with save(name, …, '-v7')."

/**
 * The most that is read, and that all compressed variables of a file together may unpack to: annotations have some
 * kilobytes, and what fits in here is read in less than a second.
 */
const maxBytes = 1 << 26

/**
 * Reads a MAT-file of MATLAB 5 to 7.2: numbers of all classes, text, cells, structs; compressed or not; either byte order.
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a device, no permission); 'file.format' (anything else,
 * also MATLAB 4 and 7.3, and sparse arrays, objects and function handles)
 */
export async function readMatFile(path: string): Promise<MatVariables> {
  return parseMatFile(await readBytes(path, { maxBytes, code: 'file.format' }), path)
}

/**
 * Parses the bytes of a MAT-file.
 * @param name what errors call the file: its path
 * @throws AppError 'file.format'
 * @see MathWorks, “MAT-File Format”, version 5 (level 5 MAT-files)
 */
export function parseMatFile(bytes: Uint8Array, name: string): MatVariables {
  const isLittleEndian = readHeader(bytes, name)
  const file: MatBytes = { view: viewOf(bytes), isLittleEndian, name }
  const variables = new Map<string, MatArray>()
  const spent = { arrays: 0, inflated: 0 }
  for (let at = headerBytes; at < bytes.length;) {
    const element = elementAt(file, at, bytes.length)
    const variable = readVariable(file, element, spent)
    if (variables.has(variable.name)) throw unusable(name, `it has two variables called “${variable.name}”`)
    variables.set(variable.name, variable.array)
    at = element.next
  }
  return variables
}

/** Whether the file is little-endian; the other kinds of MAT-files are refused by their names. */
function readHeader(bytes: Uint8Array, name: string): boolean {
  const begin = Buffer.from(bytes.subarray(0, headerBytes)).toString('latin1')
  if (begin.startsWith('MATLAB 7.3') || begin.startsWith(hdf5Magic)) {
    throw unusable(name, 'it is one of MATLAB 7.3 (HDF5)', { hint: saveAs })
  }
  // MATLAB 4 begins with a small number; the text that version 5 begins with has no zero there
  if (bytes.length >= 20 && /\0/.test(begin.slice(0, 4))) {
    throw unusable(name, 'it does not begin like one, or it is one of MATLAB 4', { hint: saveAs })
  }
  const order = begin.slice(126)
  if (order !== 'IM' && order !== 'MI') {
    throw unusable(name, bytes.length < headerBytes ? 'it is cut short' : 'it does not begin like one')
  }
  const isLittleEndian = order === 'IM'
  const version = viewOf(bytes).getUint16(124, isLittleEndian)
  if (version >>> 8 === 1) return isLittleEndian
  throw unusable(name, version >>> 8 === 2 ? 'it is one of MATLAB 7.3 (HDF5)' : `its version ${version} is unknown`, {
    hint: saveAs,
  })
}

function readVariable(file: MatBytes, element: Element, spent: ArrayCount & { inflated: number }): NamedArray {
  if (element.type !== elementType.compressed) return readArray(file, element, spent)
  const content = inflate(file, element, maxBytes - spent.inflated)
  spent.inflated += content.length
  const inside = { ...file, view: viewOf(content) }
  return readArray(inside, elementAt(inside, 0, content.length), spent)
}

function inflate(file: MatBytes, element: Element, most: number): Uint8Array {
  try {
    return inflateSync(bytesOf(file, element), { maxOutputLength: Math.max(most, 1) })
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const what = isTooLarge
      ? `it unpacks to more than ${maxBytes} bytes`
      : 'its compressed data are damaged or cut short'
    throw unusable(file.name, what, { cause })
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
