import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { AppError } from '#common/contract/errors.ts'
import { readingError, requireRegular } from '#main/files/regular-file.ts'

const windowBytes = 1 << 16

/** A file of which only what is asked for is read: a small part at a time, or one tensor. Whoever opened it closes it. */
export class FileBytes {
  readonly size: number
  readonly #path: string
  readonly #file: number
  #isOpen = true
  #window = new Uint8Array()
  #windowStart = 0

  /** @throws AppError 'file.missing'; 'file.unreadable' (a folder, a pipe, a device, no permission) */
  constructor(path: string) {
    this.#path = path
    try {
      // before it is opened: a pipe would wait for its other end
      const found = statSync(path)
      requireRegular(path, found)
      this.#file = openSync(path, 'r')
      this.size = found.size
    } catch (cause) {
      throw readingError(path, cause)
    }
  }

  /** The byte at a place before `size`; near places are read together. */
  byte(at: number): number {
    const offset = at - this.#windowStart
    if (offset >= 0 && offset < this.#window.length) return this.#window[offset]!
    this.#window = this.slice(at, Math.min(at + windowBytes, this.size))
    this.#windowStart = at
    return this.#window[0]!
  }

  /** @throws AppError 'file.unreadable', also where the file has become shorter */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(end - start)
    for (let done = 0; done < bytes.length;) {
      const n = this.#read(bytes, done, start + done)
      if (n === 0) throw new AppError('file.unreadable', `${this.#path} was shortened while it was in use`)
      done += n
    }
    return bytes
  }

  close(): void {
    if (this.#isOpen) closeSync(this.#file)
    this.#isOpen = false
  }

  #read(bytes: Uint8Array, offset: number, position: number): number {
    try {
      return readSync(this.#file, bytes, offset, Math.min(bytes.length - offset, 1 << 30), position)
    } catch (cause) {
      throw new AppError('file.unreadable', `${this.#path} cannot be read: ${(cause as Error).message}`, { cause })
    }
  }
}
