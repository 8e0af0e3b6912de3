import type { Writable } from 'node:stream'
import { AppError } from '#common/contract/errors.ts'

/** How data are printed: for people, as one JSON document, as one JSON object a line, as a table for spreadsheets. */
export type OutputFormat = 'text' | 'json' | 'jsonl' | 'csv'

/** What a write is answered when its reader is gone. */
const goneCodes: ReadonlySet<string | undefined> = new Set([
  'EPIPE',
  'ECONNRESET',
  'EIO',
  'EOF',
  'ERR_STREAM_DESTROYED',
])

/**
 * The data a command prints, on standard output. Writing waits until the reader has taken it, so that nothing is cut
 * off or piles up. A reader that went away (`| head`, a closed terminal) is no error: the rest is dropped.
 */
export class Output {
  readonly format: OutputFormat
  readonly #stream: Writable
  readonly #beforeWrite: () => void
  #isClosed = false

  /** @param beforeWrite called before anything is printed: takes the progress bar away */
  constructor(stream: Writable, format: OutputFormat, beforeWrite: () => void = () => undefined) {
    this.format = format
    this.#stream = stream
    this.#beforeWrite = beforeWrite
    // also told to the one who wrote; without a listener it would end the process
    stream.on('error', () => undefined)
  }

  /** Nobody reads any more: what makes more data can stop. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** @throws AppError 'file.unwritable', above all where the disk is full */
  async write(text: string): Promise<void> {
    if (this.#isClosed || text === '') return
    this.#beforeWrite()
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      this.#stream.write(text, resolve)
    })
    if (!error) return
    this.#isClosed = true
    if (goneCodes.has(error.code)) return
    throw new AppError('file.unwritable', `the output cannot be written: ${error.message}`, {
      hint: 'Is the disk full?',
      cause: error,
    })
  }

  /**
   * Prints one result: as JSON where any JSON is asked for, else for people.
   * @param text lines for people
   */
  async document(value: object, text: () => readonly string[]): Promise<void> {
    if (this.format === 'text') return this.write(`${text().join('\n')}\n`)
    await this.write(`${JSON.stringify(value, null, this.format === 'json' ? 2 : undefined)}\n`)
  }
}
