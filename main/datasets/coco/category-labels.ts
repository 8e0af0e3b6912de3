import { rleArea } from '#common/mask/rle.ts'
import type { DatasetContext } from '../dataset.ts'
import type { Size } from '../defects.ts'
import type { Labeller } from '../labels.ts'
import type { Catalogue, Entry } from './catalogue.ts'
import type { AnnotationRecord } from './records.ts'
import { scanAnnotations } from './scan-annotations.ts'
import { readSegmentation, sizeOfRle } from './segmentation.ts'

/** Larger than photos are; outlines are measured on it where a file gives no size. */
const measuringSide = 1 << 14

/** An annotation whose image and category are known. */
interface Labelling {
  readonly entry: Entry
  readonly category: string
  readonly record: AnnotationRecord
}

/** Labels an image by its category where all its annotations have the same one. Passes over the annotations once. */
export async function labelsFromOnlyCategory(catalogue: Catalogue, context: DatasetContext): Promise<Labeller<Entry>> {
  const labels = new Map<Entry, string | null>()
  for await (const { entry, category } of labellings(catalogue, context)) {
    const known = labels.get(entry)
    labels.set(entry, known === undefined || known === category ? category : null)
  }
  return (entry) => labels.get(entry) ?? null
}

/**
 * Labels an image by the category of its largest mask (of equal ones the first; a crowd only where there is nothing
 * else). Passes over the annotations once.
 */
export async function labelsFromLargestMask(catalogue: Catalogue, context: DatasetContext): Promise<Labeller<Entry>> {
  const best = new Map<Entry, { readonly category: string; readonly isCrowd: boolean; readonly area: number }>()
  for await (const { entry, category, record } of labellings(catalogue, context)) {
    const { isCrowd } = record
    const area = maskArea(record.segmentation, entry.given)
    const known = best.get(entry)
    const isBetter = known === undefined || (isCrowd === known.isCrowd ? area > known.area : known.isCrowd)
    if (isBetter) best.set(entry, { category, isCrowd, area })
  }
  return (entry) => best.get(entry)?.category ?? null
}

async function* labellings({ path, byId, categories }: Catalogue, context: DatasetContext): AsyncGenerator<Labelling> {
  for await (const batch of scanAnnotations({ path, type: 'annotation' }, context)) {
    for (const { reading } of batch) {
      if (!('value' in reading)) continue
      const record = reading.value
      const entry = record.imageId === null ? undefined : byId.get(record.imageId)
      const category = record.categoryId === null ? undefined : categories.get(record.categoryId)
      if (entry !== undefined && category !== undefined) yield { entry, category, record }
    }
  }
}

function maskArea(segmentation: unknown, given: Size | null): number {
  const photo = sizeOfRle(segmentation) ?? given ?? ([measuringSide, measuringSide] as const)
  const { rle } = readSegmentation(segmentation, { photo, given: null })
  return rle === null ? 0 : rleArea(rle)
}
