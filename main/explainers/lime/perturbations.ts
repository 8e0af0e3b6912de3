import { randomState } from '../random/mt19937.ts'

/**
 * Which segments each sample shows, as lime 0.2.0.1 draws them: the first sample shows all, the others each with
 * probability ½.
 * @param seed whole number from 0 to 2³² − 1
 * @returns 1 shown, 0 hidden; row-major [nSamples, nSegments]
 */
export function drawPerturbations(nSamples: number, nSegments: number, seed: number): Uint8Array {
  const random = randomState(seed)
  random.below(1000) // lime draws a seed for the segmentation first, which scikit-image no longer takes
  const rows = Uint8Array.from({ length: nSamples * nSegments }, () => random.bit())
  return rows.fill(1, 0, nSegments)
}

/** lime's kernel width */
const kernelWidth = 0.25

/**
 * How much each sample counts: √exp(−d² / 0.25²), d its cosine distance to the sample that shows all, 1 − √(k/n) with
 * k of n segments shown.
 */
export function sampleWeights(rows: Uint8Array, nSegments: number): Float64Array {
  return Float64Array.from({ length: rows.length / nSegments }, (_, sample) => {
    let nShown = 0
    for (let i = 0; i < nSegments; i++) nShown += rows[sample * nSegments + i]!
    const distance = 1 - Math.sqrt(nShown / nSegments)
    return Math.sqrt(Math.exp(-(distance ** 2) / kernelWidth ** 2))
  })
}
