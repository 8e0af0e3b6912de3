import type { TransferProgress } from '#common/contract/procedures/catalogue.ts'

/** The speed is that of so long. */
const windowMs = 5000
/** Until so much of it is seen, no speed is told. */
const firstMs = 500
const sampleEveryMs = 100

/** Tells how far a transfer is, how fast it is now and what time is left at that speed. */
export class TransferMeter {
  readonly #emit: (progress: TransferProgress) => void
  readonly #now: () => number
  /** oldest first */
  #samples: { readonly at: number; readonly done: number }[] = []
  #step = ''

  constructor(emit: (progress: TransferProgress) => void, now: () => number = () => performance.now()) {
    this.#emit = emit
    this.#now = now
  }

  /** @param total bytes; null: not known */
  report(step: string, done: number, total: number | null): void {
    if (step !== this.#step) this.#samples = []
    this.#step = step
    const speed = this.#speed(done)
    const etaMs = speed === null || speed === 0 || total === null ? null : Math.max(0, ((total - done) / speed) * 1000)
    this.#emit({ step, done, total, etaMs, bytesPerSecond: speed })
  }

  #speed(done: number): number | null {
    const at = this.#now()
    // what a new connection begins with is not transferred by it
    if (done < (this.#samples.at(-1)?.done ?? 0)) this.#samples = []
    const last = this.#samples.at(-1)
    if (!last || at - last.at >= sampleEveryMs) this.#samples.push({ at, done })
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= windowMs) this.#samples.shift()
    const first = this.#samples[0]!
    return at - first.at < firstMs ? null : ((done - first.done) / (at - first.at)) * 1000
  }
}
