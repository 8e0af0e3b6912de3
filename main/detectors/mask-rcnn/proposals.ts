import { AppError } from '#common/contract/errors.ts'
import { applyDeltas, clip } from './boxes.ts'
import type { MaskRcnnConfig } from './config.ts'
import { nms } from './nms.ts'
import { topIndices } from './top-indices.ts'

/** What the region proposal network says of each anchor. */
interface AnchorOutputs {
  /** Probability of an object, [n]. */
  readonly scores: Float32Array
  /** [n, 4], in units of `boxStd`. */
  readonly deltas: Float32Array
  /** [n, 4], normalised; `anchorsFor`. */
  readonly anchors: Float32Array
}

/**
 * The regions that are looked at closer: the best `preNms` anchors, moved by their deltas, cut at the image's edge,
 * thinned out by non-maximum suppression.
 * @returns [config.proposals, 4], normalised, best first; rows that are left over are zeros
 * @throws AppError 'shape.mismatch' where the three are not of one number of anchors
 * @see Ren et al., Faster R-CNN, NeurIPS 2015; Matterport `ProposalLayer`
 */
export function selectProposals(
  { scores, deltas, anchors }: AnchorOutputs,
  { preNms, rpnNms, proposals, boxStd }: Pick<MaskRcnnConfig, 'preNms' | 'rpnNms' | 'proposals' | 'boxStd'>,
): Float32Array {
  if (deltas.length !== scores.length * 4 || anchors.length !== scores.length * 4) {
    throw new AppError(
      'shape.mismatch',
      `There are ${scores.length} scores, ${deltas.length / 4} deltas and ${anchors.length / 4} anchors.`,
    )
  }
  const best = topIndices(scores, preNms)
  const moved = applyDeltas(rowsAt(anchors, best), rowsAt(deltas, best), boxStd)
  const boxes = clip(moved, [0, 0, 1, 1])
  const bestScores = Float32Array.from(best, (i) => scores[i]!)
  const chosen = nms(boxes, bestScores, { threshold: rpnNms, limit: proposals })
  const rois = new Float32Array(proposals * 4)
  rois.set(rowsAt(boxes, chosen))
  return rois
}

function rowsAt(rows: Float32Array, places: Uint32Array): Float32Array {
  const taken = new Float32Array(places.length * 4)
  for (let k = 0; k < places.length; k++) {
    for (let c = 0; c < 4; c++) taken[k * 4 + c] = rows[places[k]! * 4 + c]!
  }
  return taken
}
