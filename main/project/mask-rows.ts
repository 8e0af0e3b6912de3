import { hash } from 'node:crypto'
import type { Insertable, Selectable } from 'kysely'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ImageId, InstanceMaskId, MaskRevisionId } from '#common/contract/ids.ts'
import { rleArea, rleBbox, type Rle } from '#common/mask/rle.ts'
import { compressCounts } from '#common/mask/rle-string.ts'
import { jsonObject, readJson } from './json-column.ts'
import type { Schema } from './schema.ts'

/** A binary mask as the project keeps it. */
export interface StoredMask {
  readonly width: number
  readonly height: number
  /** COCO's compressed run lengths (column-major), as the string that is in COCO's files. */
  readonly counts: string
  /** Pixels. */
  readonly area: number
  /** x, y, width, height in pixels; all 0 for an empty mask. */
  readonly bbox: readonly [number, number, number, number]
}

/** What is known of an object in an image beside its outline. */
export interface InstanceFacts {
  readonly imageId: ImageId
  readonly category: string | null
  /** The number of the category in the file it came from. */
  readonly categorySourceId: number | null
  /** 0…1, how sure a detector was. */
  readonly score: number | null
  readonly isCrowd: boolean
  /** Where it came from, e.g. 'import:coco' or 'detector:maskrcnn'. */
  readonly origin: string
  /** The annotation as it was, with its own coordinates and fields that are unknown here. */
  readonly source: JsonObject | null
}

export interface NewInstance extends InstanceFacts {
  readonly mask: StoredMask
  /** Who drew it; null for the mask of a machine or a dataset. */
  readonly auditor: string | null
}

interface InstanceMask extends InstanceFacts {
  readonly id: InstanceMaskId
  readonly createdAt: number
}

export interface MaskRevision {
  readonly id: MaskRevisionId
  readonly instanceMaskId: InstanceMaskId
  /** 0 is the machine mask; corrections count from 1. */
  readonly number: number
  readonly kind: 'machine' | 'correction'
  readonly auditor: string | null
  readonly mask: StoredMask
  /** Of size and run lengths; worth naming in the audit entry, which then proves the mask. */
  readonly sha256: string
  readonly createdAt: number
}

/** An object with its newest outline. */
export interface CurrentMask {
  readonly instance: InstanceMask
  readonly revision: MaskRevision
}

/** A mask in the form that is kept. */
export function storedMask(rle: Rle): StoredMask {
  const { width, height, counts } = rle
  return { width, height, counts: compressCounts(counts), area: rleArea(rle), bbox: rleBbox(rle) }
}

/** SHA-256 over size and run lengths, in hex; equal masks have equal hashes. */
export function hashMask({ width, height, counts }: Pick<StoredMask, 'width' | 'height' | 'counts'>): string {
  return hash('sha256', `${width}x${height} ${counts}`)
}

/** The row of a new object. */
export function toInstanceRow(instance: InstanceFacts, now: number): Insertable<Schema['instance_mask']> {
  const { imageId, category, categorySourceId, score, isCrowd, origin, source } = instance
  return {
    image_id: imageId,
    category,
    category_source_id: categorySourceId,
    score,
    is_crowd: isCrowd ? 1 : 0,
    origin,
    source: source && canonicalJson(source),
    created_at: now,
  }
}

/** The row of a new outline. */
export function toRevisionRow(
  mask: StoredMask,
  facts: { instanceMaskId: InstanceMaskId; number: number; auditor: string | null; now: number },
): Insertable<Schema['mask_revision']> {
  const { instanceMaskId, number, auditor, now } = facts
  const [bbox_x, bbox_y, bbox_width, bbox_height] = mask.bbox
  return {
    instance_mask_id: instanceMaskId,
    number,
    kind: auditor === null ? 'machine' : 'correction',
    auditor,
    width: mask.width,
    height: mask.height,
    rle: Buffer.from(mask.counts, 'latin1'),
    sha256: hashMask(mask),
    area: mask.area,
    bbox_x,
    bbox_y,
    bbox_width,
    bbox_height,
    created_at: now,
  }
}

type InstanceRow = Selectable<Schema['instance_mask']>
type RevisionRow = Selectable<Schema['mask_revision']>

export function fromRevisionRow(row: RevisionRow): MaskRevision {
  const { id, instance_mask_id: instanceMaskId, number, kind, auditor, width, height, area, sha256 } = row
  const mask: StoredMask = {
    width,
    height,
    counts: row.rle.toString('latin1'),
    area,
    bbox: [row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height],
  }
  return { id, instanceMaskId, number, kind, auditor, mask, sha256, createdAt: row.created_at }
}

/** An object joined with one outline, whose columns of the same name come as `revision_id` and `revised_at`. */
export function fromCurrentRow(
  row: InstanceRow & Omit<RevisionRow, 'id' | 'instance_mask_id'> & { revision_id: MaskRevisionId; revised_at: number },
): CurrentMask {
  const { id, image_id: imageId, category, category_source_id: categorySourceId, score, origin, source } = row
  const instance: InstanceMask = {
    id,
    imageId,
    category,
    categorySourceId,
    score,
    isCrowd: row.is_crowd === 1,
    origin,
    source: source === null ? null : readJson(jsonObject, source, `instance_mask ${id} source`),
    createdAt: row.created_at,
  }
  const { revision_id, revised_at } = row
  return {
    instance,
    revision: fromRevisionRow({ ...row, id: revision_id, instance_mask_id: id, created_at: revised_at }),
  }
}
