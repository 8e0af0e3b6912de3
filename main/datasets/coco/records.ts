import type { Box } from '#common/mask/rle.ts'
import type { JsonObject } from '../dataset.ts'
import type { Size, SourceId } from '../defects.ts'
import { isObject, without } from '../json/objects.ts'

/** A record of a list, or the reason why it is none. */
export type Reading<Value> = { readonly value: Value } | { readonly problem: string }

export interface ImageRecord {
  readonly id: SourceId
  readonly fileName: string
  /** Null where the record gives none. */
  readonly size: Size | null
  /** Everything but name and size. */
  readonly source: JsonObject
}

export interface CategoryRecord {
  readonly id: SourceId
  readonly name: string
}

/** An annotation, or a result: what COCO defines of it, and the rest as it came. */
export interface AnnotationRecord {
  readonly id: SourceId | null
  readonly imageId: SourceId | null
  readonly categoryId: SourceId | null
  readonly segmentation: unknown
  readonly box: Box | null
  readonly area: number | null
  readonly score: number | null
  readonly isCrowd: boolean
  readonly all: JsonObject
}

/** Long enough for any path; keeps hostile text out of messages and of the store. */
const maxNameLength = 4096

/** Reads an element of COCO's `images`. */
export function readImageRecord(value: unknown): Reading<ImageRecord> {
  if (!isObject(value)) return { problem: 'the record is no object' }
  const id = sourceId(value['id'])
  if (id === null) return { problem: 'the record has no id' }
  const { file_name: fileName, width, height } = value
  if (!isName(fileName)) return { problem: 'the record has no file_name' }
  const source = without(value, ['file_name', 'width', 'height'])
  return { value: { id, fileName, size: isSide(width) && isSide(height) ? [width, height] : null, source } }
}

/** Reads an element of COCO's `categories`. */
export function readCategoryRecord(value: unknown): Reading<CategoryRecord> {
  if (!isObject(value)) return { problem: 'the record is no object' }
  const id = sourceId(value['id'])
  if (id === null) return { problem: 'the record has no id' }
  const { name } = value
  return isName(name) ? { value: { id, name } } : { problem: 'the record has no name' }
}

/** Reads an element of COCO's `annotations`, or of a list of results. */
export function readAnnotationRecord(value: unknown): Reading<AnnotationRecord> {
  if (!isObject(value)) return { problem: 'the record is no object' }
  const { segmentation, bbox, area, score, iscrowd } = value
  return {
    value: {
      id: sourceId(value['id']),
      imageId: sourceId(value['image_id']),
      categoryId: sourceId(value['category_id']),
      segmentation,
      box: readBox(bbox),
      area: isFinite(area) ? area : null,
      score: isFinite(score) ? score : null,
      isCrowd: iscrowd === 1 || iscrowd === true,
      all: value,
    },
  }
}

/** An id as COCO has it (a number), or as some other programs write it (a text); `"12"` is the same as 12. */
export function sourceId(value: unknown): SourceId | null {
  if (isFinite(value)) return value
  if (typeof value !== 'string' || value === '' || value.length > maxNameLength) return null
  return String(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isSide(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxNameLength
}

/** COCO's `bbox`: x, y, width, height in pixels, not whole numbers as a rule; null where it is none. */
export function readBox(value: unknown): Box | null {
  return Array.isArray(value) && value.length === 4 && value.every(isFinite) ? (value as unknown as Box) : null
}
