import { normaliseRle, rleArea, rleBbox, sameRle, type Box, type Rle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import type { ExportedInstance, JsonObject } from '../dataset.ts'
import { without } from '../json/objects.ts'
import { readBox } from './records.ts'
import { hasPolygons, readSegmentation } from './segmentation.ts'

/** The two kinds of files that hold masks. */
export type MaskList = 'annotations' | 'results'

/** What of a record is written anew. */
const ownFields = ['id', 'image_id', 'category_id', 'iscrowd', 'score', 'bbox', 'area', 'segmentation']

/**
 * What is written of a mask, ids apart. Box and area are the mask's own; fields that this program does not know go out
 * as they came. Outlines go out as they came if the mask is not edited, and they still give it; else a compressed
 * run-length code does.
 */
export function maskRecord(instance: ExportedInstance, list: MaskList): JsonObject {
  const { source, rle, isCrowd, score } = instance
  const rest = without(source ?? {}, ownFields)
  const segmentation = segmentationOf(instance)
  if (list === 'annotations') {
    const own = { bbox: rleBbox(rle), area: rleArea(rle), iscrowd: isCrowd ? 1 : 0, segmentation }
    return { ...rest, ...own, ...(score === null ? {} : { score }) }
  }
  const own = { bbox: detectedBox(instance) ?? rleBbox(rle), score: writtenScore(score, list), segmentation }
  return { ...rest, ...own, ...(isCrowd ? { iscrowd: 1 } : {}) }
}

/** A detector's box is an output of its own, and belongs to its mask as long as that is the detector's. */
function detectedBox({ source, score, edited }: ExportedInstance): Box | null {
  return edited || score === null ? null : readBox(source?.['bbox'])
}

/** The score that a list holds: results must have one, so masks that people drew are certain there. */
export function writtenScore(score: number | null, list: MaskList): number | null {
  return list === 'results' ? (score ?? 1) : score
}

function segmentationOf({ source, rle, edited }: ExportedInstance): unknown {
  const outlines = source?.['segmentation']
  if (!edited && hasPolygons(outlines) && gives(outlines, rle)) return outlines
  return { size: [rle.height, rle.width], counts: compressCounts(normaliseRle(rle).counts) }
}

function gives(outlines: unknown, rle: Rle): boolean {
  const reading = readSegmentation(outlines, { photo: [rle.width, rle.height], given: null })
  return reading.rle !== null && sameRle(reading.rle, rle)
}
