import { type Kysely, sql } from 'kysely'
import type { ImageId } from '#common/contract/ids.ts'
import { inChunks } from './paging.ts'
import type { Schema } from './schema.ts'

/**
 * Those of some images that have masks.
 * @param detector hash of the detector that one of them must be from; null: from anybody
 */
export async function imagesWithMasks(
  db: Kysely<Schema>,
  imageIds: readonly ImageId[],
  detector: string | null,
): Promise<ReadonlySet<ImageId>> {
  const found = new Set<ImageId>()
  for (const chunk of inChunks(imageIds, 500)) {
    const rows = await db
      .selectFrom('instance_mask')
      .where('image_id', 'in', chunk)
      .$if(detector !== null, (query) => query.where(sql`source ->> '$.detector'`, '=', detector))
      .distinct()
      .select('image_id')
      .execute()
    for (const { image_id: id } of rows) found.add(id)
  }
  return found
}

/** What a detector's finding depends on beside the photo. */
export interface DetectorFacts {
  /** hash of its file */
  readonly detector: string
  /** hash of its configuration */
  readonly settings: string
  /** least score, 0…1 */
  readonly minScore: number
}

/**
 * The images in which a detector has found nothing. Only the log tells: they have no mask of it. Reads the whole log; for
 * once at the beginning of a piece of work.
 */
export async function imagesFoundEmpty(db: Kysely<Schema>, facts: DetectorFacts): Promise<ReadonlySet<ImageId>> {
  const { detector, settings, minScore } = facts
  const rows = await db
    .selectFrom('audit_log')
    .where('action', '=', 'image.detect')
    .where(sql`data ->> '$.n'`, '=', 0)
    .where(sql`data ->> '$.detector'`, '=', detector)
    .where(sql`data ->> '$.settings'`, '=', settings)
    .where(sql`data ->> '$.minScore'`, '=', minScore)
    .select('subject')
    .execute()
  return new Set(rows.map(({ subject }) => Number(subject.slice('image:'.length)) as ImageId))
}
