import { canonicalJson, type Json } from '#common/contract/canonical-json.ts'
import type { Interval } from '#common/statistics/bootstrap.ts'
import type { ReportDocument, ReportResult, ReportSetting } from './document.ts'

/** What stands where there is no value. */
export const nothing = '–'

const narrowSpace = '\u202f'

/** A score or a share of evidence: three decimals. */
export function score(value: number | null, digits = 3): string {
  return value === null ? nothing : value.toFixed(digits).replace(/^-/, '−')
}

/** A rate: one decimal and the sign. */
export function percent(value: number | null): string {
  return value === null ? nothing : `${(100 * value).toFixed(1)}\u00a0%`
}

/** Both ends of an interval in the form of `write`. */
export function range(interval: Interval | null, write: (value: number) => string = score): string {
  return interval ? `${write(interval[0])} to ${write(interval[1])}` : nothing
}

/** A whole number, thousands apart. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, narrowSpace)
}

/** A count with its noun: `1 image`, `2 images`. */
export function counted(n: number, noun: string, plural = `${noun}s`): string {
  return `${count(n)} ${n === 1 ? noun : plural}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`
}

/** A time of the document: `2026-11-23 17:05 UTC`. */
export function utc(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`
}

/** Equal settings have equal keys. */
export function settingKey({ method, variant, options, maskVariant }: ReportSetting): string {
  return canonicalJson([method, variant, options as Record<string, Json>, maskVariant])
}

/** The document's settings, in the order of its results. */
export function settingsOf({ results }: Pick<ReportDocument, 'results'>): ReportSetting[] {
  return [...new Map(results.map((result) => [settingKey(result), result])).values()]
}

/** The results of a setting, classifier by classifier. */
export function resultsOf({ results }: Pick<ReportDocument, 'results'>, setting: ReportSetting): ReportResult[] {
  const key = settingKey(setting)
  return results.filter((result) => settingKey(result) === key)
}

/** The name of a setting: its method, with what tells it from the document's other settings of that method. */
export function settingName(document: Pick<ReportDocument, 'methods' | 'results'>, setting: ReportSetting): string {
  const { method, variant, options, maskVariant } = setting
  const label = document.methods.find(({ id }) => id === method)?.label ?? method
  const others = settingsOf(document).filter((other) => other.method === method)
  const names = new Set(others.flatMap((other) => Object.keys(other.options)))
  const told = [...names].filter((name) => new Set(others.map((other) => optionWords(other.options[name]))).size > 1)
  const parts = [
    ...(variant === 'paper' ? ['paper variant'] : []),
    ...(maskVariant === 'paper' ? ['paper’s mask rule'] : []),
    ...told.map((name) => `${name} ${optionWords(options[name])}`),
  ]
  return parts.length > 0 ? `${label} (${parts.join(', ')})` : label
}

/** The value of an option. */
export function optionWords(value: unknown): string {
  if (value === undefined) return 'default'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
