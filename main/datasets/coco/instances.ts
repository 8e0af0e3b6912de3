import { rleArea, rleBbox, type Box, type Rle } from '#common/mask/rle.ts'
import { checkAborted, type DatasetContext, type ImportEvent, type ImportedInstance } from '../dataset.ts'
import type { DefectPlace, PlacelessDefect, SourceId } from '../defects.ts'
import { maskFingerprint, NumberSet, textFingerprint } from '../fingerprint.ts'
import type { Catalogue, Entry } from './catalogue.ts'
import { without } from '../json/objects.ts'
import type { AnnotationRecord } from './records.ts'
import { scanAnnotations, type PlacedRecord, type RecordFile } from './scan-annotations.ts'
import { hasPolygons, readSegmentation } from './segmentation.ts'

/** COCO's boxes follow the outline, ours the pixels; 98 % of COCO's own lie within this of each other (pixels). */
const boxTolerance = 2

/**
 * Reads the masks of an annotation or results file, after the photos of its catalogue were looked at. Memory grows by
 * about 30 bytes a mask, by which the same mask twice is found.
 * @param file keepsDuplicates: whether the same mask twice comes in twice
 * @throws AppError 'json.format', 'file.missing', 'file.unreadable', 'aborted'
 */
export async function* readInstances(
  catalogue: Catalogue,
  file: RecordFile & { readonly keepsDuplicates: boolean },
  context: DatasetContext,
): AsyncGenerator<ImportEvent> {
  const reader = new InstanceReader(catalogue, file)
  for await (const batch of scanAnnotations(file, context, 'instances')) {
    checkAborted(context.signal)
    for (const record of batch) yield* reader.read(record)
  }
}

class InstanceReader {
  readonly #catalogue: Catalogue
  readonly #type: RecordFile['type']
  readonly #keepsDuplicates: boolean
  readonly #ids = new NumberSet()
  readonly #masks = new NumberSet()

  constructor(catalogue: Catalogue, file: { type: RecordFile['type']; keepsDuplicates: boolean }) {
    this.#catalogue = catalogue
    this.#type = file.type
    this.#keepsDuplicates = file.keepsDuplicates
  }

  read({ place, reading }: PlacedRecord): ImportEvent[] {
    if ('problem' in reading) {
      return [defectAt({ record: place }, { kind: 'record-invalid', action: 'refused', reason: reading.problem })]
    }
    const record = reading.value
    const entry = record.imageId === null ? undefined : this.#catalogue.byId.get(record.imageId)
    if (entry === undefined) {
      const { imageId } = record
      return [defectAt({ record: place }, { kind: 'image-id-unknown', action: 'refused', imageId })]
    }
    const where = { file: entry.file, record: place }
    if (entry.photo === null) return [defectAt(where, { kind: 'image-left-out', action: 'refused' })]
    const { rle, defects } = readSegmentation(record.segmentation, { photo: entry.photo, given: entry.given })
    const events = defects.map((defect) => defectAt(where, defect))
    return rle === null ? events : [...events, ...this.#instance(record, entry, rle, where)]
  }

  #instance(record: AnnotationRecord, entry: Entry, rle: Rle, where: DefectPlace): ImportEvent[] {
    const { id, categoryId } = record
    const maskId = maskFingerprint(rle, [entry.index, fingerprint(categoryId ?? ''), record.isCrowd ? 1 : 0])
    if (!this.#masks.add(maskId) && !this.#keepsDuplicates) {
      return [defectAt(where, { kind: 'duplicate-annotation', action: 'refused', by: 'mask' })]
    }
    const defects: PlacelessDefect[] = this.#type === 'annotation' ? mismatches(record, rle) : []
    if (id !== null && !this.#ids.add(fingerprint(id))) {
      defects.push({ kind: 'duplicate-annotation', action: 'kept', by: 'id' })
    }
    const category = categoryId === null ? undefined : this.#catalogue.categories.get(categoryId)
    if (category === undefined) defects.push({ kind: 'category-unknown', action: 'kept', categoryId })
    const instance: ImportedInstance = {
      file: entry.file,
      category: category ?? null,
      categorySourceId: typeof categoryId === 'number' ? categoryId : null,
      score: record.score,
      isCrowd: record.isCrowd,
      rle,
      source: sourceOf(record),
    }
    return [...defects.map((defect) => defectAt(where, defect)), { kind: 'instance', instance }]
  }
}

/** Whole numbers stand for themselves, so that ids never meet by chance. */
function fingerprint(id: SourceId): number {
  return typeof id === 'number' ? id : textFingerprint(id)
}

function sourceOf({ all, segmentation }: AnnotationRecord): ImportedInstance['source'] {
  return hasPolygons(segmentation) ? all : without(all, ['segmentation'])
}

/**
 * Box and area that are not the mask's. A detector's box is an output of its own, so results are not asked for it.
 * COCO's area is the outline's; half the length of the mask's box is more than drawing it on pixels changes.
 */
function mismatches({ box, area }: AnnotationRecord, rle: Rle): PlacelessDefect[] {
  const defects: PlacelessDefect[] = []
  const ownBox = rleBbox(rle)
  const ownArea = rleArea(rle)
  if (box !== null && !areNear(box, ownBox)) {
    defects.push({ kind: 'bbox-mismatch', action: 'repaired', given: box, own: ownBox })
  }
  if (area !== null && Math.abs(area - ownArea) > ownBox[2] + ownBox[3]) {
    defects.push({ kind: 'area-mismatch', action: 'repaired', given: area, own: ownArea })
  }
  return defects
}

function areNear(a: Box, b: Box): boolean {
  const differences = [a[0] - b[0], a[1] - b[1], a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]]
  return differences.every((difference) => Math.abs(difference) <= boxTolerance)
}

function defectAt(place: DefectPlace, defect: PlacelessDefect): ImportEvent {
  return { kind: 'defect', defect: { ...defect, place } }
}
