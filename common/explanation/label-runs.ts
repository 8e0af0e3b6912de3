import { AppError } from '../contract/errors.ts'

const longest = 65535

/**
 * Labels of pixels as runs: label and length in turn, lengths 1…65535; a longer run goes on in the next.
 * @param labels row-major, rows joined
 */
export function encodeLabelRuns(labels: Uint16Array): Uint16Array {
  const runs: number[] = []
  for (let start = 0; start < labels.length;) {
    const label = labels[start]!
    let end = start + 1
    while (end < labels.length && end - start < longest && labels[end] === label) end++
    runs.push(label, end - start)
    start = end
  }
  return Uint16Array.from(runs)
}

/**
 * The inverse of `encodeLabelRuns`.
 * @param n labels there must be
 * @throws AppError 'map.format' where the runs do not give just as many
 */
export function decodeLabelRuns(runs: Uint16Array, n: number): Uint16Array {
  const labels = new Uint16Array(n)
  let at = 0
  for (let i = 0; i + 1 < runs.length; i += 2) {
    labels.fill(runs[i]!, at, at + runs[i + 1]!)
    at += runs[i + 1]!
  }
  if (at !== n) throw new AppError('map.format', `the runs of labels hold ${at} pixels, not ${n}`)
  return labels
}
