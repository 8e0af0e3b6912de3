import { open, type FileHandle } from 'node:fs/promises'
import { ERR_EOCDR_NOT_FOUND, Reader, ZipReader, configure, type FileEntry } from '@zip.js/zip.js'
import { AppError } from '#common/contract/errors.ts'
import { readingError, regularFile } from './regular-file.ts'

/** Chosen entries of a ZIP file, unpacked one by one. */
export interface ZipEntries {
  has(name: string): boolean
  /**
   * Unpacks an entry piece by piece.
   * @param maxBytes most that is unpacked; what is larger, or only claims not to be, is refused
   * @throws AppError 'file.format'
   */
  unpack(name: string, maxBytes: number, take: (chunk: Uint8Array) => Promise<void> | void): Promise<void>
}

/** More than any file that is read here has. */
const mostEntries = 10_000

/**
 * Opens a ZIP file, hands over some of its entries, and closes it. No name of an entry ever becomes the name of a file.
 * @param names the entries that may be asked for
 * @throws AppError 'file.missing', 'file.unreadable', 'file.format' (no ZIP, cut off, encrypted, two entries of one
 *   name, too many), 'path.outside' for a name that leads out of the archive; what `use` throws
 */
export async function withZipEntries<Result>(
  path: string,
  names: readonly string[],
  use: (entries: ZipEntries) => Promise<Result>,
): Promise<Result> {
  configure({ useWebWorkers: false })
  const { size } = await regularFile(path)
  const file = await open(path).catch((cause: unknown) => {
    throw readingError(path, cause)
  })
  const reader = new ZipReader(new FileReader(file, size), { filenameValidation: 'tolerant' })
  try {
    const found = await findEntries(path, reader, names)
    return await use({
      has: (name) => found.has(name),
      unpack: (name, maxBytes, take) => unpack(path, found.get(name), { name, maxBytes, take }),
    })
  } finally {
    await reader.close()
    await file.close()
  }
}

/** A file, read where zip.js asks for it. */
class FileReader extends Reader<FileHandle> {
  readonly #file: FileHandle

  constructor(file: FileHandle, size: number) {
    super(file)
    this.#file = file
    this.size = size
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, Math.max(this.size - index, 0))
    const { buffer, bytesRead } = await this.#file.read(new Uint8Array(wanted), 0, wanted, index)
    return buffer.subarray(0, bytesRead)
  }
}

async function findEntries(
  path: string,
  reader: ZipReader<unknown>,
  names: readonly string[],
): Promise<Map<string, FileEntry>> {
  const found = new Map<string, FileEntry>()
  let nEntries = 0
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (++nEntries > mostEntries) throw refused(path, `it has more than ${mostEntries} entries`)
      const { filename, encrypted, directory } = entry
      if (leadsOut(filename)) throw outside(path, filename)
      if (encrypted)
        throw refused(path, `its entry ${filename} is encrypted`, 'Unpack it and save it without a password.')
      if (directory || !names.includes(filename)) continue
      if (found.has(filename)) throw refused(path, `it has two entries called ${filename}`)
      found.set(filename, entry)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(path, cause)
  }
  return found
}

function leadsOut(name: string): boolean {
  return /^[\\/]|^[a-z]:|\0/i.test(name) || name.split(/[\\/]/).includes('..')
}

function outside(path: string, name: string): AppError {
  const shown = name.replaceAll('\0', '\\0')
  return new AppError('path.outside', `${path} has an entry called “${shown}”, which leads out of the archive`, {
    hint: 'No program that saves models writes such a file: do not open it.',
    data: { name },
  })
}

async function unpack(
  path: string,
  entry: FileEntry | undefined,
  { name, maxBytes, take }: { name: string; maxBytes: number; take: (chunk: Uint8Array) => Promise<void> | void },
): Promise<void> {
  if (!entry) throw refused(path, `it has no ${name}`)
  if (entry.uncompressedSize > maxBytes) throw tooLarge(path, name, maxBytes)
  let nBytes = 0
  const target = new WritableStream<Uint8Array>({
    write: async (chunk) => {
      nBytes += chunk.length
      if (nBytes > maxBytes) throw tooLarge(path, name, maxBytes)
      await take(chunk)
    },
  })
  try {
    await entry.getData(target, { checkSignature: true })
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(path, cause)
  }
}

function tooLarge(path: string, name: string, maxBytes: number): AppError {
  const most = `${Math.ceil(maxBytes / 1e6)} MB`
  return refused(path, `its ${name} unpacks to more than the ${most} that such a model can need`)
}

function damaged(path: string, cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const why = message === ERR_EOCDR_NOT_FOUND ? 'its end is missing' : message.replace(/\s+/g, ' ')
  return refused(path, `it is damaged, or no ZIP file: ${why}`, 'The file may have been cut off: copy it again.', cause)
}

function refused(path: string, why: string, hint?: string, cause?: unknown): AppError {
  return new AppError('file.format', `${path} cannot be read: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  })
}
