import { authorsResize } from '#common/mask/authors-resize.ts'
import type { Rle } from '#common/mask/rle.ts'
import { obalexScore } from '#common/score/obalex.ts'
import type { GridMap, MapScore } from './live-scores.ts'

/** Scores by the authors' rule, each from scratch: some ten milliseconds a grid on 12 megapixels. */
export function scorePaper(maps: readonly GridMap[], mask: Rle): MapScore[] {
  return maps.map(({ id, map: { width, height, data }, window }) => {
    const onGrid = authorsResize(mask, { width, height }, window)
    const score = obalexScore({ width, height, mask: onGrid.data, map: data, variant: 'paper' })
    const { obalex, areaShare, lift, reason } = score
    return { map: id, obalex, areaShare, lift, reason: reason ?? null }
  })
}
