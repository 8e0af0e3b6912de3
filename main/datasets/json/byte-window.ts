import { open, type FileHandle } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'
import { readingError, regularFile } from '#main/files/regular-file.ts'
import { endOfNested, endOfPlain, isSpace, maxDepth, openBrace, openBracket, quote, type Progress } from './bytes.ts'

const chunkBytes = 1 << 18
/** Far above any annotation (the worst uncompressed RLE of a 12-megapixel photo takes 24 MB as text). */
const maxValueBytes = 1 << 26

/** Where in the file a value stands, for messages: the key of its top-level array and its number there, from 0. */
export interface Place {
  readonly key: string
  readonly index?: number
}

interface WindowOptions {
  readonly signal: AbortSignal
  /** Called after every piece that was read. */
  readonly onBytes?: (done: number, total: number) => void
}

/** The part of a JSON file that is in memory, with a position in it: values are passed one after the other. */
export class ByteWindow {
  readonly path: string
  readonly #file: FileHandle
  readonly #fileBytes: number
  readonly #options: WindowOptions
  #buffer = Buffer.alloc(2 * chunkBytes)
  #position = 0
  #filled = 0
  /** Where the buffer begins in the file. */
  #offset = 0

  /** @throws AppError 'file.missing', 'file.unreadable'; 'json.format' where the text is UTF-16 */
  static async open(path: string, options: WindowOptions): Promise<ByteWindow> {
    let file: FileHandle | undefined
    try {
      const { size } = await regularFile(path)
      file = await open(path, 'r')
      const window = new ByteWindow(path, file, size, options)
      await window.#skipByteOrderMark()
      return window
    } catch (cause) {
      await file?.close()
      throw readingError(path, cause)
    }
  }

  private constructor(path: string, file: FileHandle, fileBytes: number, options: WindowOptions) {
    this.path = path
    this.#file = file
    this.#fileBytes = fileBytes
    this.#options = options
  }

  dispose(): Promise<void> {
    return this.#file.close()
  }

  /** The next byte that is no white space, without passing it; -1 at the file's end. */
  async peek(): Promise<number> {
    for (;;) {
      while (this.#position < this.#filled) {
        const byte = this.#buffer[this.#position]!
        if (!isSpace(byte)) return byte
        this.#position++
      }
      if (!(await this.#readOn())) return -1
    }
  }

  skipByte(): void {
    this.#position++
  }

  /** The position, in bytes from the file's start. */
  get byte(): number {
    return this.#offset + this.#position
  }

  /**
   * Passes one value and parses it.
   * @throws AppError 'json.format' also for a value above 64 MiB, or nested deeper than 64 levels
   */
  async parseValue(place: Place): Promise<unknown> {
    const end = await this.#findEnd(place, true)
    const text = this.#buffer.toString('utf8', this.#position, end)
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      const reason = (cause as Error).message.replace(/ in JSON at position .*$/s, '').slice(0, 200)
      throw this.broken(`${reason}${within(place)}`)
    }
    this.#position = end
    return value
  }

  /** Passes one value of any length; of a list or an object only the brackets are looked at. */
  async skipValue(place: Place): Promise<void> {
    const first = await this.peek()
    if (isNested(first)) this.#position = await this.#findEnd(place, false)
    else await this.parseValue(place)
  }

  /** The file cannot be used; names the byte where that was seen. */
  broken(what: string): AppError {
    const { byte } = this
    return new AppError('json.format', `${this.path} cannot be read: ${oneLine(what)} (byte ${byte})`, {
      data: { path: this.path, byte },
    })
  }

  /** Something else than `expected`, or the file's end, is at the position. */
  unexpected(expected: string, place?: Place): AppError {
    if (this.#position >= this.#filled) return this.#cutOff(`${expected} was expected`, place)
    const found = JSON.stringify(String.fromCharCode(this.#buffer[this.#position]!))
    return this.broken(`${expected} was expected${within(place)}, not ${found}`)
  }

  #cutOff(why: string, place?: Place): AppError {
    const byte = this.#offset + this.#filled
    return new AppError(
      'json.format',
      `${this.path} is cut off: it ends at byte ${byte}${within(place)}, where ${why}`,
      {
        hint: 'Copy or download the file again.',
        data: { path: this.path, byte },
      },
    )
  }

  /** Where in the buffer the value at the position ends. `isKept`: the whole value must stay in the buffer. */
  async #findEnd(place: Place, isKept: boolean): Promise<number> {
    const first = await this.peek()
    const findEnd = isNested(first) ? endOfNested : endOfPlain
    const progress: Progress = { depth: 0, isInString: false, isEscaped: false }
    let cursor = this.#position
    for (;;) {
      const end = findEnd(this.#buffer, cursor, this.#filled, progress)
      if (end > this.#position) return end
      if (end === this.#position) throw this.unexpected('a value', place)
      if (progress.depth > maxDepth) throw this.broken(`it nests deeper than ${maxDepth} levels${within(place)}`)
      if (!isKept) this.#position = this.#filled
      else if (this.#filled - this.#position > maxValueBytes) {
        throw this.broken(`a single value is longer than ${maxValueBytes >> 20} MiB${within(place)}`)
      }
      cursor = this.#filled - this.#position
      if (!(await this.#readOn())) throw this.#cutOff('the value should go on', place)
    }
  }

  /** Reads the next piece behind what is still needed, which moves to the buffer's start. False at the file's end. */
  async #readOn(): Promise<boolean> {
    if (this.#options.signal.aborted) throw new AppError('aborted', `reading ${this.path} was cancelled`)
    const kept = this.#filled - this.#position
    const target = this.#buffer.length - kept < chunkBytes ? Buffer.alloc(2 * (kept + chunkBytes)) : this.#buffer
    this.#buffer.copy(target, 0, this.#position, this.#filled)
    this.#buffer = target
    this.#offset += this.#position
    this.#position = 0
    this.#filled = kept
    try {
      const { bytesRead } = await this.#file.read(target, kept, chunkBytes, this.#offset + kept)
      this.#filled += bytesRead
      this.#options.onBytes?.(this.#offset + this.#filled, this.#fileBytes)
      return bytesRead > 0
    } catch (cause) {
      throw readingError(this.path, cause)
    }
  }

  async #skipByteOrderMark(): Promise<void> {
    await this.#readOn()
    const [a, b, c] = this.#buffer
    if (a === 0xef && b === 0xbb && c === 0xbf) this.#position = 3
    // UTF-16 begins with a byte order mark, or has a zero in every second byte of ASCII text.
    else if (this.#filled > 1 && (a === 0 || b === 0 || a! >= 0xfe)) throw this.broken('it is not UTF-8 text')
  }
}

/** Parts of a message may come from the file. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ')
}

function isNested(firstByte: number): boolean {
  return firstByte === openBracket || firstByte === openBrace || firstByte === quote
}

function within(place: Place | undefined): string {
  if (place === undefined) return ''
  const number = place.index === undefined ? '' : `entry ${place.index + 1}`
  if (place.key === '') return number === '' ? '' : `, in ${number}`
  const key = oneLine(place.key.length > 40 ? `${place.key.slice(0, 40)}…` : place.key)
  return number === '' ? `, in “${key}”` : `, in ${number} of “${key}”`
}
