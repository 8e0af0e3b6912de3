import { AppError } from '#common/contract/errors.ts'
import { applyDeltas, clip, type CornerBox } from './boxes.ts'
import type { MaskRcnnConfig } from './config.ts'
import { nms } from './nms.ts'
import { topIndices } from './top-indices.ts'

/** An object that was found. */
export interface Detection {
  /** Normalised, in the network's input. */
  readonly box: CornerBox
  /** 1…nClasses − 1. */
  readonly classId: number
  /** Probability of the class, 0…1. */
  readonly score: number
}

/** What the class and box head says of each region. */
interface RegionOutputs {
  /** [n, 4], normalised. */
  readonly rois: Float32Array
  /** [n, nClasses]. */
  readonly probabilities: Float32Array
  /** [n, nClasses, 4], in units of `boxStd`. */
  readonly deltas: Float32Array
  /** The part of the input that is photo, normalised; boxes are cut at it. */
  readonly window: CornerBox
}

type DetectionConfig = Pick<MaskRcnnConfig, 'nClasses' | 'boxStd' | 'minConfidence' | 'detectionNms' | 'maxDetections'>

/**
 * The objects among the regions: each region is of its likeliest class (of equal ones the lower), moved by that class's
 * deltas and cut at the window; background, what is below `minConfidence` and what overlaps a better one of its class
 * goes. Regions whose numbers are not finite are no objects.
 * @returns at most `maxDetections`, best first, of equal scores in the regions' order; boxes may be without area
 * @throws AppError 'shape.mismatch' where the arrays are not of one number of regions
 * @see Matterport Mask_RCNN 3deaec5, `refine_detections_graph`
 */
export function refineDetections(outputs: RegionOutputs, config: DetectionConfig): Detection[] {
  requireShapes(outputs, config)
  const { rois, probabilities, window } = outputs
  const { classIds, scores } = likeliestClasses(probabilities, config.nClasses)
  const moved = applyDeltas(rois, deltasOf(outputs.deltas, classIds, config.nClasses), config.boxStd)
  const boxes = clip(moved, window)
  const least = Math.fround(config.minConfidence)
  const candidates = [...classIds.keys()].filter((i) => classIds[i]! > 0 && scores[i]! >= least)
  const kept = keptOfClasses(candidates, { boxes, scores, classIds }, config)
  const best = topIndices(
    Float32Array.from(kept, (i) => scores[i]!),
    config.maxDetections,
  )
  return Array.from(best, (k) => {
    const i = kept[k]!
    const box = [boxes[i * 4]!, boxes[i * 4 + 1]!, boxes[i * 4 + 2]!, boxes[i * 4 + 3]!] as const
    return { box, classId: classIds[i]!, score: scores[i]! }
  })
}

function requireShapes({ rois, probabilities, deltas }: RegionOutputs, { nClasses }: DetectionConfig): void {
  const n = rois.length / 4
  if (probabilities.length === n * nClasses && deltas.length === n * nClasses * 4) return
  throw new AppError(
    'shape.mismatch',
    `${n} regions of ${nClasses} classes cannot have ${probabilities.length} probabilities and ${deltas.length} deltas.`,
  )
}

interface Refined {
  /** [n, 4] */
  readonly boxes: Float32Array
  readonly scores: Float32Array
  readonly classIds: Int32Array
}

function likeliestClasses(probabilities: Float32Array, nClasses: number): Pick<Refined, 'scores' | 'classIds'> {
  const n = probabilities.length / nClasses
  const classIds = new Int32Array(n)
  const scores = new Float32Array(n)
  for (let i = 0; i < n; i++) {
    const start = i * nClasses
    let best = 0
    for (let c = 1; c < nClasses; c++) if (probabilities[start + c]! > probabilities[start + best]!) best = c
    classIds[i] = best
    scores[i] = probabilities[start + best]!
  }
  return { classIds, scores }
}

function deltasOf(deltas: Float32Array, classIds: Int32Array, nClasses: number): Float32Array {
  const own = new Float32Array(classIds.length * 4)
  for (let i = 0; i < classIds.length; i++) {
    const start = (i * nClasses + classIds[i]!) * 4
    own.set(deltas.subarray(start, start + 4), i * 4)
  }
  return own
}

/** Regions that non-maximum suppression keeps, a class at a time, in the order of the regions. */
function keptOfClasses(
  candidates: readonly number[],
  { boxes, scores, classIds }: Refined,
  { detectionNms, maxDetections }: DetectionConfig,
): number[] {
  const kept: number[] = []
  for (const classId of new Set(candidates.map((i) => classIds[i]!))) {
    const own = candidates.filter((i) => classIds[i] === classId)
    const ownBoxes = Float32Array.from(own.flatMap((i) => [...boxes.subarray(i * 4, i * 4 + 4)]))
    const ownScores = Float32Array.from(own, (i) => scores[i]!)
    const places = nms(ownBoxes, ownScores, { threshold: detectionNms, limit: maxDetections })
    for (const place of places) kept.push(own[place]!)
  }
  return kept.sort((a, b) => a - b)
}
