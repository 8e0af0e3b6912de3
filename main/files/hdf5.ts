import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { blocksOf, sizeOf, type Block, type StoredArray } from './hdf5-blocks.ts'
import { numbersOf, numberKind, type NumberKind } from './hdf5-numbers.ts'
import { hasSoundHeaps } from './hdf5-heaps.ts'
import { cannotRead, Hdf5Library, type Hdf5Module } from './hdf5-library.ts'
import { readingError, regularFile } from './regular-file.ts'

/** An open HDF5 file. Paths are absolute (`/model_weights/dense`); whoever opened it closes it. */
export interface Hdf5File {
  /**
   * An attribute of a group or dataset; null where there is none.
   * @throws AppError 'file.format': the object is missing, or it is neither text nor numbers
   */
  attribute(objectPath: string, name: string): string | string[] | number | number[] | null
  has(path: string): boolean
  /** Names in a group, in the order of their making where the file keeps it, else by name. */
  children(path: string): readonly string[]
  /** @throws AppError 'file.format': it is missing, no array of numbers, or larger than its file can hold */
  dataset(path: string): Hdf5Dataset
  close(): void
}

/** An array of numbers in an HDF5 file. */
export interface Hdf5Dataset {
  /** Length of each axis; empty for a single number. */
  readonly shape: readonly number[]
  readonly dtype: NumberKind
  /**
   * Reads it from the file, each time anew: row-major (last axis fastest), converted to float32.
   * @throws AppError 'file.format'
   */
  readonly read: () => Float32Array
  /**
   * The same, piece by piece in order, about 16 MB each: whole rows of the first axis where a row is not larger.
   * @throws AppError 'file.format'
   */
  readonly blocks: () => Iterable<Float32Array>
}

/** Larger than any tensor of an image classifier (VGG16's largest: 411 MB). */
const maxTensorBytes = 4 * 2 ** 30
/** A chunk is unpacked in WebAssembly's memory, whole. Keras's writers make them of 16 MB at most. */
const maxChunkBytes = 2 ** 29
/** What deflate makes of zeros: the most that a compressed file can grow to. */
const maxCompression = 1032
/** HDF5 keeps attributes below 64 KB unless it is told otherwise; with names of layers in it some are larger. */
const maxAttributeBytes = 1 << 26

/**
 * Opens an HDF5 file; only what is asked for is read.
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a device, no permission); 'file.format'
 */
export async function openHdf5(path: string): Promise<Hdf5File> {
  const sizeBytes = await sizeOfHdf5(path)
  const absolute = resolve(path)
  const library = await Hdf5Library.start(absolute)
  const id = openIn(library, path, absolute)
  return new OpenFile(library, { id, path, absolute, sizeBytes })
}

function openIn(library: Hdf5Library, path: string, absolute: string): bigint {
  try {
    return library.call(path, (module) => module.open(absolute, module.H5F_ACC_RDONLY, false, -1, -1))
  } catch (error) {
    library.dispose()
    throw error
  }
}

interface FileFacts {
  readonly id: bigint
  /** as the user gave it */
  readonly path: string
  readonly absolute: string
  readonly sizeBytes: number
}

class OpenFile implements Hdf5File {
  readonly #library: Hdf5Library
  readonly #file: FileFacts
  #isOpen = true
  #areHeapsSound: boolean | undefined

  constructor(library: Hdf5Library, file: FileFacts) {
    this.#library = library
    this.#file = file
  }

  attribute(objectPath: string, name: string): string | string[] | number | number[] | null {
    this.#requireObject(objectPath)
    const subject = `the attribute ${name} of ${objectPath}`
    // all attributes are decoded for the list of names; one that cannot be is complained of here
    const names = this.#call(`the attributes of ${objectPath}`, (h5, id) => h5.get_attribute_names(id, objectPath))
    if (!names.includes(name)) return null
    const { path, sizeBytes } = this.#file
    const about = this.#call(subject, (h5, id) => h5.get_attribute_metadata(id, objectPath, name))
    if (about.shape === null) return []
    const size = about.total_size * about.size
    if (!(size <= maxAttributeBytes) || !(about.total_size <= sizeBytes)) {
      throw cannotRead(`${path}: ${subject}`, `it claims to be ${size} bytes long`)
    }
    const isText = about.type === this.#library.module.H5T_class_t.H5T_STRING.value
    const kind = numberKind(this.#library.module, about)
    if (!isText && kind === null) throw unusable(`${path}: ${subject} is neither text nor numbers`)
    if (size === 0) return about.shape.length === 0 ? '' : []
    if (about.vlen) this.#requireSoundHeaps(subject)
    const values = this.#call(subject, (h5, id) =>
      withMemory(h5, size, (at) => {
        if (h5.get_attribute_data(id, objectPath, name, BigInt(at)) < 0) throw new Error('its data cannot be read')
        if (kind !== null) return Array.from(numbersOf(h5.HEAPU8, kind, at, about.total_size))
        const texts = about.vlen ? variableTexts(h5, at, about.total_size) : fixedTexts(h5, at, about)
        if (about.vlen) h5.reclaim_vlen_memory(id, objectPath, name, BigInt(at))
        return texts
      }),
    )
    return about.shape.length === 0 ? values[0]! : values
  }

  has(path: string): boolean {
    return this.#typeOf(path) !== missing
  }

  children(path: string): readonly string[] {
    this.#requireObject(path)
    return this.#call(path, (h5, id) => h5.get_names(id, path, false))
  }

  dataset(objectPath: string): Hdf5Dataset {
    this.#requireObject(objectPath)
    const { module } = this.#library
    const { path, sizeBytes } = this.#file
    if (this.#typeOf(objectPath) !== module.H5G_DATASET)
      throw unusable(`${path}: ${objectPath} is a group, not an array`)
    const { about, filters } = this.#call(objectPath, (h5, id) => ({
      about: h5.get_dataset_metadata(id, objectPath),
      filters: h5.get_dataset_filters(id, objectPath),
    }))
    const kind = numberKind(module, about)
    if (kind === null || about.shape === null) throw unusable(`${path}: ${objectPath} is no array of numbers`)
    if (about.virtual_sources) throw unusable(`${path}: the values of ${objectPath} are in other files`)
    const { shape, chunks, size } = about
    const largest = Math.min(maxTensorBytes, sizeBytes * (filters.length > 0 ? maxCompression : 1))
    if (!(sizeOf(shape) * size <= largest) || !(sizeOf(chunks ?? []) * size <= maxChunkBytes)) {
      throw cannotRead(`${path}: ${objectPath}`, `it claims ${describe(shape, chunks)}, more than its file can hold`)
    }
    const stored = { shape, chunks, size, kind }
    return {
      shape,
      dtype: kind,
      read: () => this.#read(objectPath, stored),
      blocks: () => this.#blocks(objectPath, stored),
    }
  }

  close(): void {
    this.#isOpen = false
    this.#library.dispose()
  }

  #read(objectPath: string, stored: StoredArray): Float32Array {
    const values = new Float32Array(sizeOf(stored.shape))
    let done = 0
    for (const block of this.#blocks(objectPath, stored)) {
      values.set(block, done)
      done += block.length
    }
    return values
  }

  *#blocks(objectPath: string, stored: StoredArray): Generator<Float32Array, undefined, undefined> {
    for (const block of blocksOf(stored)) {
      const n = sizeOf(block.count)
      yield this.#call(objectPath, (h5, id) =>
        withMemory(h5, n * stored.size, (at) => {
          if (readBlock(h5, id, { objectPath, block, at }) < 0) throw new Error('its data cannot be read')
          return new Float32Array(numbersOf(h5.HEAPU8, stored.kind, at, n))
        }),
      )
    }
  }

  /** They are looked at once, and only where something is in them. */
  #requireSoundHeaps(subject: string): void {
    this.#areHeapsSound ??= hasSoundHeaps(this.#file.absolute)
    if (!this.#areHeapsSound) throw cannotRead(`${this.#file.path}: ${subject}`, 'the heap of its texts is damaged')
  }

  #typeOf(path: string): number {
    return this.#call(path, (h5, id) => h5.get_type(id, path))
  }

  #requireObject(path: string): void {
    const type = this.#typeOf(path)
    const { H5G_GROUP, H5G_DATASET } = this.#library.module
    if (type === H5G_GROUP || type === H5G_DATASET) return
    const what = type === missing ? 'is not in the file' : 'is a link that leads nowhere, or out of the file'
    throw unusable(`${this.#file.path}: ${path} ${what}`)
  }

  #call<Result>(subject: string, work: (module: Hdf5Module, id: bigint) => Result): Result {
    const { path, id } = this.#file
    if (!this.#isOpen) throw new Error(`${path} was closed`)
    return this.#library.call(`${path}: ${subject}`, (h5) => work(h5, id))
  }
}

function unusable(message: string): AppError {
  return new AppError('file.format', message, { hint: 'It may be another kind of file than it was taken for.' })
}

function describe(shape: readonly number[], chunks: readonly number[] | null): string {
  return `the shape [${shape.join(', ')}]${chunks ? ` in chunks of [${chunks.join(', ')}]` : ''}`
}

/** What the library says of a path that leads to nothing. */
const missing = -1

/** @returns a negative number where it failed */
function readBlock(
  h5: Hdf5Module,
  id: bigint,
  { objectPath, block, at }: { readonly objectPath: string; readonly block: Block; readonly at: number },
): number {
  // a single number has no axes to select along
  if (block.count.length === 0) return h5.get_dataset_data(id, objectPath, null, null, null, BigInt(at))
  const strides = block.count.map(() => 1n)
  return h5.get_dataset_data(id, objectPath, block.count.map(BigInt), block.offset.map(BigInt), strides, BigInt(at))
}

function withMemory<Result>(h5: Hdf5Module, size: number, work: (at: number) => Result): Result {
  const at = h5._malloc(size)
  if (at === 0) throw new Error(`there is no memory for ${size} bytes`)
  try {
    return work(at)
  } finally {
    h5._free(at)
  }
}

function variableTexts(h5: Hdf5Module, at: number, n: number): string[] {
  const pointers = new Uint32Array(h5.HEAPU8.slice(at, at + 4 * n).buffer)
  return Array.from(pointers, (pointer) => (pointer === 0 ? '' : textOf(h5.HEAPU8.subarray(pointer))))
}

/** Fixed-length strings end at a NUL, or at their length; what pads them is not theirs. */
function fixedTexts(
  h5: Hdf5Module,
  at: number,
  about: { readonly size: number; readonly total_size: number },
): string[] {
  return Array.from({ length: about.total_size }, (_, i) => {
    const start = at + i * about.size
    return textOf(h5.HEAPU8.subarray(start, start + about.size)).trimEnd()
  })
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8')
}

/** Where HDF5's signature may stand: at the start, or after a block of the user's own. */
const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')
const maxUserBlockBytes = 1 << 20

/** @returns the file's size in bytes */
async function sizeOfHdf5(path: string): Promise<number> {
  const { size } = await regularFile(path)
  if (await hasSignature(path, size)) return size
  throw new AppError('file.format', `${path} is not an HDF5 file`, {
    hint: 'It does not begin like one: it may be another kind of file, or a download that failed.',
  })
}

async function hasSignature(path: string, size: number): Promise<boolean> {
  try {
    const file = await open(path)
    try {
      const start = Buffer.alloc(signature.length)
      for (let at = 0; at <= maxUserBlockBytes && at < size; at = at === 0 ? 512 : at * 2) {
        await file.read(start, 0, start.length, at)
        if (start.equals(signature)) return true
      }
      return false
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw readingError(path, cause)
  }
}
