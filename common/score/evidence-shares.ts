import type { DenseMap } from '../explanation/map.ts'
import type { MaskGrid } from '../mask/coverage.ts'
import { growMask } from '../mask/reshape.ts'

/** Shares of a map's evidence, 0…1; they sum to 1. */
export interface EvidenceShares {
  /** on the object: ObAlEx in variant `standard` */
  readonly inside: number
  /** outside of it, in a band around it */
  readonly band: number
  readonly beyond: number
}

/** a cell is part of what the band lies around from here on */
const objectFrom = 0.5

/**
 * Where the evidence of a map lies. A cell that is object in part counts in part.
 * @param mask on the map's grid
 * @param map values ≥ 0, any scale
 * @param bandShare width of the band as a share of the grid's longer side; at least one cell
 * @returns null where there is no object, or no evidence
 */
export function evidenceShares(mask: MaskGrid, map: DenseMap, bandShare = 0.02): EvidenceShares | null {
  const { width, height } = mask
  const object = Uint8Array.from(mask.data, (share) => (share >= objectFrom ? 1 : 0))
  const reach = Math.max(1, Math.round(bandShare * Math.max(width, height)))
  const isNear = growMask({ width, height, data: object }, reach).data
  let [inside, band, total] = [0, 0, 0]
  for (let i = 0; i < map.data.length; i++) {
    const value = map.data[i]!
    const on = value * mask.data[i]!
    inside += on
    total += value
    if (isNear[i] === 1) band += value - on
  }
  if (!(total > 0) || !mask.data.some((share) => share > 0)) return null
  return { inside: inside / total, band: band / total, beyond: Math.max(total - inside - band, 0) / total }
}
