/** The line that says most about an end: the last one that names an error, else the last that is no stack frame. */
export function lastWords(lines: readonly string[]): string | undefined {
  const words = lines.filter((line) => !/^\s*(at |\d+: |Node\.js v|-+ )/.test(line)).map((line) => line.trim())
  // reversed: compute processes also run where there is no findLast
  return words.reverse().find((line) => /error|fatal/i.test(line)) ?? words[0]
}

const keptLines = 40

/** Keeps the last lines that a process said on its error stream. */
export class ErrorLines {
  #lines: string[] = []

  add(text: string): void {
    const added = text.split('\n').filter((line) => line.trim() !== '')
    this.#lines = [...this.#lines, ...added].slice(-keptLines)
  }

  /** How a process ended, with what it said last. */
  explain(how: string): string {
    const words = lastWords(this.#lines)
    return words === undefined ? how : `${how}; it last said: ${words}`
  }
}
