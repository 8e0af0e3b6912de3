const narrowSpace = '\u202f'
const minus = '\u2212'
/** a score, lift or share that is not known */
const none = '–'

/** A whole number, thousands apart by a narrow space: `3 000`. */
export function formatCount(value: number): string {
  return signed(
    Math.abs(value)
      .toFixed(0)
      .replace(/\B(?=(\d{3})+$)/g, narrowSpace),
    value < 0,
  )
}

/** A score, 0…1, with three decimals; null: a dash. */
export function formatScore(value: number | null): string {
  return value === null ? none : fixed(value, 3)
}

/** A lift with two decimals; null: a dash. */
export function formatLift(value: number | null): string {
  return value === null ? none : fixed(value, 2)
}

/** A share 0…1 as percent with one decimal: `91.0 %`; null: a dash. */
export function formatPercent(share: number | null): string {
  return share === null ? none : `${fixed(share * 100, 1)}${narrowSpace}%`
}

/** A change of a score with its sign and an arrow; `=` where nothing changes in three decimals. */
export function formatChange(change: number): string {
  const digits = Math.abs(change).toFixed(3)
  if (Number(digits) === 0) return `=${narrowSpace}0.000`
  return change > 0 ? `▲${narrowSpace}+${digits}` : `▼${narrowSpace}${minus}${digits}`
}

/** A count with its sign: `+2 840`, `−4 472`, `0`. */
export function formatSigned(value: number): string {
  return value > 0 ? `+${formatCount(value)}` : formatCount(value)
}

/** Time left in the unit that a person would use. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds}${narrowSpace}s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60
    ? `${minutes}${narrowSpace}min`
    : `${Math.floor(minutes / 60)}${narrowSpace}h ${minutes % 60}${narrowSpace}min`
}

/** Bytes of memory or a file in the unit that a person would use. */
export function formatBytes(bytes: number): string {
  if (bytes >= 2 ** 30) return `${fixed(bytes / 2 ** 30, 1)}${narrowSpace}GB`
  if (bytes >= 2 ** 20) return `${Math.round(bytes / 2 ** 20)}${narrowSpace}MB`
  return `${Math.round(bytes / 2 ** 10)}${narrowSpace}kB`
}

function fixed(value: number, digits: number): string {
  const shown = Math.abs(value).toFixed(digits)
  return signed(shown, value < 0 && Number(shown) !== 0)
}

function signed(digits: string, isNegative: boolean): string {
  return isNegative ? minus + digits : digits
}

/** A short time: `24 ms`, `1.3 s`. */
export function formatPace(ms: number): string {
  if (ms >= 1000) return `${fixed(ms / 1000, 1)}${narrowSpace}s`
  return `${fixed(ms, ms < 10 ? 1 : 0)}${narrowSpace}ms`
}

/** A number of any size with three significant digits: `0.634`, `−0.0121`, `12.3`, `2.1e−7`. */
export function formatSignificant(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  const digits =
    size >= 1e-4 && size < 1e6
      ? String(Number(size.toPrecision(3)))
      : size.toExponential(1).replace('-', minus).replace('+', '')
  return signed(digits, value < 0)
}
