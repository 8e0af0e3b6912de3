import type { Interval } from './bootstrap.ts'

/** The 0.975 quantile of the normal distribution. */
const z = 1.959963984540054

/**
 * Wilson's 95 % interval of a share: which true shares a count of `hits` in `n` trials does not contradict. Unlike the
 * plain normal interval it never leaves 0…1, and says something where all or none hit.
 * @param hits whole number, 0…n
 * @param n whole number
 * @returns null for n = 0
 * @see Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927
 */
export function wilsonInterval(hits: number, n: number): Interval | null {
  if (n === 0) return null
  const share = hits / n
  const centre = share + (z * z) / (2 * n)
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  // exact at the ends, where rounding would leave 0…1 or the share outside
  const low = hits === 0 ? 0 : (centre - reach) / scale
  const high = hits === n ? 1 : (centre + reach) / scale
  return [low, high]
}
