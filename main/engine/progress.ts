import type { Progress } from '#common/contract/procedures/common.ts'

/** Tells how far a piece of work is, with the time left by the pace so far, and by what was expected before there is one. */
export class ProgressMeter {
  readonly #emit: (progress: Progress) => void
  #step = ''
  #total: number | null = null
  /** what was done before the clock started counts as done, not as pace */
  #first: { done: number; at: number } | undefined

  constructor(emit: (progress: Progress) => void) {
    this.#emit = emit
  }

  /**
   * @param done may have fractions: a share of the item under way
   * @param expectedMs time left as it was learned before
   */
  report(step: string, done: number, total: number | null, expectedMs: number | null = null): void {
    const now = performance.now()
    if (step !== this.#step || total !== this.#total || this.#first === undefined) {
      this.#step = step
      this.#total = total
      this.#first = { done, at: now }
    }
    this.#emit({ step, done, total, etaMs: this.#eta(done, total, now) ?? expectedMs })
  }

  #eta(done: number, total: number | null, now: number): number | null {
    const { done: doneAtStart, at } = this.#first!
    const gained = done - doneAtStart
    if (total === null || gained <= 0 || now - at < 500) return null
    return Math.max(0, ((now - at) / gained) * (total - done))
  }
}
