import { readFileSync } from 'node:fs'

/** Ticks a second of the times in /proc: the same on every Linux. */
const ticks = 100

/** Seconds of processor time that a process has used so far; null without /proc. */
export function cpuSecondsOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticks
  } catch {
    return null
  }
}

/** Follows what a process holds of anonymous memory: its own, without files that are mapped. */
export class MemoryPeak {
  readonly #pid: number
  readonly #timer: ReturnType<typeof setInterval>
  #peak: number | null = null

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#look(), 10)
  }

  /** MB at most so far; null without /proc */
  get megabytes(): number | null {
    this.#look()
    return this.#peak
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    try {
      const [, kilobytes] = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8')) ?? []
      if (kilobytes !== undefined) this.#peak = Math.max(this.#peak ?? 0, Number(kilobytes) / 1000)
    } catch {
      // it has ended, or the system has no /proc
    }
  }
}
