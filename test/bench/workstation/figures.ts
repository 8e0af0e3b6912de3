import type { Row } from '../benchmark.ts'

/** The value below which a share of the values lies (nearest rank). @param values at least one */
function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('nothing was measured')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(Math.ceil(sorted.length * share), sorted.length) - 1]!
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** What the runs measured, by what was measured, and the frame time of an empty page in each of them. */
export class Figures {
  readonly #runs = new Map<string, { readonly p95: number; readonly median: number; readonly beside: number }[]>()
  readonly #budgets = new Map<string, number>()
  #frameMs = 0

  /** @param frames of an empty page, ms: what is added from now on was measured beside it */
  beginRun(frames: readonly number[]): void {
    this.#frameMs = percentile(frames, 0.95)
  }

  /** @param values ms of one run @param budget ms, of the 95th percentile */
  add(what: string, values: readonly number[], budget?: number): void {
    const run = { p95: percentile(values, 0.95), median: median(values), beside: this.#frameMs }
    this.#runs.set(what, [...(this.#runs.get(what) ?? []), run])
    if (budget !== undefined) this.#budgets.set(what, budget)
  }

  /** The quietest run of each figure, by its 95th percentile. */
  rows(): Row[] {
    return [...this.#runs].map(([what, runs]) => {
      const quietest = runs.reduce((a, b) => (b.p95 < a.p95 ? b : a))
      const budget = this.#budgets.get(what)
      const note = `median ${quietest.median.toFixed(1)}; a frame of an empty page ${quietest.beside.toFixed(1)}`
      return { what, value: quietest.p95, unit: 'ms, 95th', note, ...(budget && { budget: `≤ ${budget} ms` }) }
    })
  }
}
