/**
 * Spearman's rank correlation: how far two series rise and fall together. Equal values share the mean of their ranks.
 * @param a finite values
 * @param b as many
 * @returns −1…1, or null where one of them is the same everywhere (or has fewer than two values)
 * @see Spearman, "The proof and measurement of association between two things", 1904
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const [ranksOfA, ranksOfB] = [meanRanks(a), meanRanks(b)]
  const centre = (a.length - 1) / 2
  let [products, squaresOfA, squaresOfB] = [0, 0, 0]
  for (let i = 0; i < ranksOfA.length; i++) {
    const [x, y] = [ranksOfA[i]! - centre, ranksOfB[i]! - centre]
    products += x * y
    squaresOfA += x * x
    squaresOfB += y * y
  }
  if (squaresOfA === 0 || squaresOfB === 0) return null
  return Math.min(Math.max(products / Math.sqrt(squaresOfA * squaresOfB), -1), 1)
}

/** Ranks from 0; those of equal values are their mean. */
function meanRanks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i)
  order.sort((i, j) => values[i]! - values[j]!)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let at = start; at < end; at++) ranks[order[at]!] = (start + end - 1) / 2
    start = end
  }
  return ranks
}
