/** One figure of a benchmark; a budget is what the design asks for, e.g. `≤ 10 ms`. */
export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly budget?: string
  /** what else is to be known of it */
  readonly note?: string
}

/** What a benchmark file's default export gives; `skipped` says why there are no figures. */
export interface BenchResult {
  readonly name: string
  readonly rows: readonly Row[]
  readonly skipped?: string
}

export type Bench = () => Promise<BenchResult>

/** Whether a figure keeps its budget; undefined where there is none. */
export function keepsBudget({ value, budget }: Row): boolean | undefined {
  const [, sign, limit] = /^([≤≥]) ([\d.]+)/.exec(budget ?? '') ?? []
  if (limit === undefined) return undefined
  return sign === '≤' ? value <= Number(limit) : value >= Number(limit)
}
