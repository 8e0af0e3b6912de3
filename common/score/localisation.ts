import { notFiniteError, requireCells, type MaskAndMap } from './obalex.ts'

/** The names of the cross-checks, as scores and averages have them. */
export const localisationMetrics = ['pointingGame', 'relevanceRank', 'topK', 'auc'] as const
export type LocalisationMetric = (typeof localisationMetrics)[number]

/**
 * Cross-checks of ObAlEx that look at the order of the map's values only. For all of them: the map may have negative
 * values; a cell is inside where the mask is ≥ 0.5; the result is null where no cell is inside, and where every value
 * of the map is 0 (no evidence). Values match Quantus 0.6.0, except that ties are ordered here (see each).
 */
interface Cells {
  readonly isInside: Uint8Array
  readonly nInside: number
  readonly values: Float64Array
}

const insideFrom = 0.5

/**
 * Pointing game: 1 if the map's maximum lies inside, else 0; of several tied maxima one inside is enough.
 * @throws AppError 'shape.mismatch'; 'map.not-finite'
 * @see Zhang et al., "Top-down neural attention by excitation backprop", IJCV 2018
 */
export function pointingGame(input: MaskAndMap): 0 | 1 | null {
  const cells = readCells(input)
  if (cells === null) return null
  const max = cells.values.reduce((most, value) => Math.max(most, value), -Infinity)
  return cells.values.some((value, i) => value === max && cells.isInside[i] === 1) ? 1 : 0
}

/**
 * Relevance rank accuracy: with K cells inside, the share of the K highest cells that are inside. Ties are taken in
 * index order (row by row), where Quantus leaves them to the sort.
 * @throws AppError 'shape.mismatch'; 'map.not-finite'
 * @see Arras, Osman, Samek, "CLEVR-XAI", Information Fusion 2022
 */
export function relevanceRank(input: MaskAndMap): number | null {
  const cells = readCells(input)
  return cells === null ? null : shareOfHighest(cells, cells.nInside)
}

/**
 * Top-k intersection: the share of the k highest cells that are inside; all cells where there are fewer than k. Ties
 * are taken in index order (row by row).
 * @param k whole number ≥ 1
 * @throws AppError 'shape.mismatch'; 'map.not-finite'
 * @see Theiner, Müller-Budack, Ewerth, "Interpretable semantic photo geolocation", WACV 2022
 */
export function topK(input: MaskAndMap, k = 1000): number | null {
  const cells = readCells(input)
  return cells === null ? null : shareOfHighest(cells, Math.min(k, cells.values.length))
}

/**
 * Inside/outside AUC: the probability that a cell inside has a higher value than one outside, ties counted half
 * (Mann–Whitney U / (n_in · n_out)). Null also where no cell is outside.
 * @throws AppError 'shape.mismatch'; 'map.not-finite'
 */
export function auc(input: MaskAndMap): number | null {
  const cells = readCells(input)
  if (cells === null || cells.nInside === cells.values.length) return null
  const inside = cells.values.filter((_, i) => cells.isInside[i] === 1).sort()
  const outside = cells.values.filter((_, i) => cells.isInside[i] === 0).sort()
  let below = 0
  let upTo = 0
  let wins = 0
  for (const value of inside) {
    while (below < outside.length && outside[below]! < value) below++
    while (upTo < outside.length && outside[upTo]! <= value) upTo++
    wins += (below + upTo) / 2
  }
  return wins / (inside.length * outside.length)
}

function readCells(input: MaskAndMap): Cells | null {
  requireCells(input)
  const { mask, map } = input
  const isInside = new Uint8Array(map.length)
  const values = new Float64Array(map.length)
  let nInside = 0
  let hasEvidence = false
  for (let i = 0; i < map.length; i++) {
    const value = map[i]!
    if (!Number.isFinite(value)) throw notFiniteError(i, value)
    values[i] = value
    if (value !== 0) hasEvidence = true
    if (!(mask[i]! >= insideFrom)) continue
    isInside[i] = 1
    nInside++
  }
  return nInside > 0 && hasEvidence ? { isInside, nInside, values } : null
}

/** Share of the `count` highest cells that are inside; `count` is 1 … number of cells. */
function shareOfHighest({ isInside, values }: Cells, count: number): number {
  const threshold = values.slice().sort()[values.length - count]!
  let nTaken = 0
  let nInside = 0
  for (let i = 0; i < values.length; i++) {
    if (values[i]! <= threshold) continue
    nTaken++
    nInside += isInside[i]!
  }
  for (let i = 0; nTaken < count; i++) {
    if (values[i] !== threshold) continue
    nTaken++
    nInside += isInside[i]!
  }
  return nInside / count
}
