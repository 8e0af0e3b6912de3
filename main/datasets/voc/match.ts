import type { Box } from '#common/mask/rle.ts'
import type { VocRecord } from './annotation.ts'

/** A mask as far as its record is found by it. */
interface Drawn {
  readonly box: Box
  /** Its class, where its pixels say one. */
  readonly category: string | null
}

/** Boxes of one object share at least this: those of VOC were drawn with less care than its masks. */
const minShare = 0.5

/** Keeps hostile files, whose boxes all fit all masks, from filling the memory. */
const maxPairs = 1_000_000

/**
 * Finds the record of each mask: the one at its place, which is VOC's order, if its box and name fit; else, of those
 * left over, the one whose box fits best.
 * @returns a record or null for each mask, in their order
 */
export function matchRecords(masks: readonly Drawn[], records: readonly VocRecord[]): (VocRecord | null)[] {
  const found = masks.map((mask, i) =>
    records[i] !== undefined && fit(mask, records[i]) >= minShare ? records[i] : null,
  )
  const used = new Set(found)
  const pairs: { readonly i: number; readonly record: VocRecord; readonly share: number }[] = []
  for (const record of records) {
    if (used.has(record)) continue
    for (const [i, mask] of masks.entries()) {
      const share = found[i] === null ? fit(mask, record) : 0
      if (share >= minShare && pairs.length < maxPairs) pairs.push({ i, record, share })
    }
  }
  for (const { i, record } of pairs.sort((a, b) => b.share - a.share)) {
    if (found[i] !== null || used.has(record)) continue
    found[i] = record
    used.add(record)
  }
  return found
}

/** Whether a box can stand for a mask's own. */
export function isBoxOf(box: Box, own: Box): boolean {
  return boxShare(box, own) >= minShare
}

function fit({ box, category }: Drawn, record: VocRecord): number {
  const isNamed = category === null || category === record.name
  return isNamed && record.box !== null ? boxShare(box, record.box) : 0
}

/** Intersection over union. */
function boxShare(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1])
  const shared = Math.max(width, 0) * Math.max(height, 0)
  return shared / (a[2] * a[3] + b[2] * b[3] - shared)
}
