import type { Failure, Progress } from '#common/contract/procedures/common.ts'
import { failureLine } from './exit.ts'
import { printable } from './printable.ts'
import { progressBar, progressWords } from './progress.ts'

/** The part of standard error that messages need. */
export interface MessageStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const lineIntervalMs = 2000
const eraseLine = '\r\u001b[K'

/**
 * What is said beside the data, on standard error: a progress bar on a terminal, else a line every two seconds at most;
 * notes; and what went wrong, which is said even where everything else is silenced.
 */
export class Messages {
  readonly #stream: MessageStream
  readonly #isQuiet: boolean
  readonly #hasBar: boolean
  readonly #now: () => number
  #isBarShown = false
  #lastLineAt: number

  constructor(
    stream: MessageStream,
    {
      isQuiet = false,
      now = () => performance.now(),
    }: { readonly isQuiet?: boolean; readonly now?: () => number } = {},
  ) {
    this.#stream = stream
    this.#isQuiet = isQuiet
    this.#hasBar = stream.isTTY === true && process.env['TERM'] !== 'dumb'
    this.#now = now
    this.#lastLineAt = now()
  }

  readonly progress = (progress: Progress): void => {
    if (this.#isQuiet) return
    if (this.#hasBar) {
      // a terminal without a size, as some programs make them, says 0
      this.#stream.write(eraseLine + progressBar(progress, (this.#stream.columns || 80) - 1))
      this.#isBarShown = true
      return
    }
    const now = this.#now()
    if (now - this.#lastLineAt < lineIntervalMs || progress.done === progress.total) return
    this.#lastLineAt = now
    this.#stream.write(`${progressWords(progress)}\n`)
  }

  /** Something worth knowing beside the result; silenced by --quiet. */
  note(text: string): void {
    if (!this.#isQuiet) this.#line(printable(text))
  }

  /** Why the command failed, already in one line. */
  error(line: string): void {
    this.#line(line)
  }

  /** Names each image that failed. */
  failures(failures: readonly Failure[]): void {
    for (const failure of failures) this.#line(failureLine(failure))
  }

  /** Takes the bar away, so that data can follow. */
  clear(): void {
    if (this.#isBarShown) this.#stream.write(eraseLine)
    this.#isBarShown = false
  }

  #line(text: string): void {
    this.clear()
    this.#stream.write(`${text}\n`)
  }
}
