import type { Kysely, Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import type { ImageId, InstanceMaskId, MaskRevisionId } from '#common/contract/ids.ts'
import {
  type CurrentMask,
  fromCurrentRow,
  fromRevisionRow,
  hashMask,
  type MaskRevision,
  type NewInstance,
  type StoredMask,
  toInstanceRow,
  toRevisionRow,
} from './mask-rows.ts'
import { inChunks, type Page, reserveIds } from './paging.ts'
import type { Schema } from './schema.ts'
import { unwatched } from './watch.ts'

/**
 * Adds objects with their first revision: number 0 for a machine's mask, 1 where an auditor drew it.
 * @returns both ids, in the order given
 */
export async function insertInstances(
  trx: Transaction<Schema>,
  instances: readonly NewInstance[],
  now: number,
): Promise<{ id: InstanceMaskId; revisionId: MaskRevisionId }[]> {
  const ids = await reserveIds<InstanceMaskId>(trx, 'instance_mask', instances.length)
  const revisionIds = await reserveIds<MaskRevisionId>(trx, 'mask_revision', instances.length)
  const instanceRows = instances.map((instance, index) => ({ ...toInstanceRow(instance, now), id: ids[index]! }))
  const revisionRows = instances.map(({ mask, auditor }, index) => ({
    ...toRevisionRow(mask, { instanceMaskId: ids[index]!, number: auditor === null ? 0 : 1, auditor, now }),
    id: revisionIds[index]!,
  }))
  for (const chunk of inChunks(instanceRows, 500)) await trx.insertInto('instance_mask').values(chunk).execute()
  for (const chunk of inChunks(revisionRows, 500)) await trx.insertInto('mask_revision').values(chunk).execute()
  return ids.map((id, index) => ({ id, revisionId: revisionIds[index]! }))
}

/** Adds an auditor's outline of an object; what was there stays. */
export async function addCorrection(
  trx: Transaction<Schema>,
  { instanceMaskId, auditor, mask }: { instanceMaskId: InstanceMaskId; auditor: string; mask: StoredMask },
  now: number,
): Promise<MaskRevision> {
  const newest = await trx
    .selectFrom('mask_revision')
    .where('instance_mask_id', '=', instanceMaskId)
    .orderBy('number', 'desc')
    .limit(1)
    .select('number')
    .executeTakeFirst()
  if (!newest) {
    const data = { instanceMaskId }
    throw new AppError('record.missing', `the project has no instance mask ${instanceMaskId}`, { data })
  }
  const row = await trx
    .insertInto('mask_revision')
    .values(toRevisionRow(mask, { instanceMaskId, number: newest.number + 1, auditor, now }))
    .returningAll()
    .executeTakeFirstOrThrow()
  return fromRevisionRow(row)
}

/** The objects of images with their newest outlines, by image, in the order in which they came; images without are absent. */
export async function currentMasks(
  db: Kysely<Schema>,
  imageIds: readonly ImageId[],
): Promise<ReadonlyMap<ImageId, readonly CurrentMask[]>> {
  const found = new Map<ImageId, CurrentMask[]>()
  for (const chunk of inChunks(imageIds, 500)) {
    for (const row of await selectCurrent(db).where('instance_mask.image_id', 'in', chunk).execute()) {
      const masks = found.get(row.image_id)
      if (masks) masks.push(fromCurrentRow(row))
      else found.set(row.image_id, [fromCurrentRow(row)])
    }
  }
  return found
}

/**
 * One object with its newest outline.
 * @throws AppError 'record.missing' where the image has no such object
 */
export async function getCurrentMask(
  db: Kysely<Schema>,
  { id, imageId }: { readonly id: InstanceMaskId; readonly imageId: ImageId },
): Promise<CurrentMask> {
  const query = selectCurrent(db).where('instance_mask.id', '=', id).where('instance_mask.image_id', '=', imageId)
  const row = await query.executeTakeFirst()
  if (row) return fromCurrentRow(row)
  throw new AppError('record.missing', `image ${imageId} has no mask ${id}`, { data: { id, imageId } })
}

/** The outlines that machines gave the objects of an image, by object; those that a person drew are absent. */
export async function machineMasks(
  db: Kysely<Schema>,
  imageId: ImageId,
): Promise<ReadonlyMap<InstanceMaskId, MaskRevision>> {
  const rows = await db
    .selectFrom('instance_mask')
    .innerJoin('mask_revision', 'mask_revision.instance_mask_id', 'instance_mask.id')
    .where('instance_mask.image_id', '=', imageId)
    .where('mask_revision.number', '=', 0)
    .selectAll('mask_revision')
    .execute()
  return new Map(rows.map((row) => [row.instance_mask_id, fromRevisionRow(row)]))
}

/** All objects of the project with their newest outlines, in the order in which they came. */
export async function listInstances(
  db: Kysely<Schema>,
  { after = 0 as InstanceMaskId, limit }: Page<InstanceMaskId>,
): Promise<CurrentMask[]> {
  const rows = await selectCurrent(db).where('instance_mask.id', '>', after).limit(limit).execute()
  return rows.map(fromCurrentRow)
}

/** Every category with the number of its objects, by category; `null`, those without one, first. */
export async function countInstancesByCategory(
  db: Kysely<Schema>,
): Promise<{ category: string | null; count: number }[]> {
  return db
    .selectFrom('instance_mask')
    .groupBy('category')
    .orderBy('category')
    .select((expression) => ['category', expression.fn.countAll<number>().as('count')])
    .execute()
}

/** All outlines that an object has had, the oldest first. */
export async function listRevisions(db: Kysely<Schema>, id: InstanceMaskId): Promise<MaskRevision[]> {
  const query = db.selectFrom('mask_revision').where('instance_mask_id', '=', id).orderBy('number').selectAll()
  return (await query.execute()).map(fromRevisionRow)
}

/**
 * The object of an image that has exactly this outline, among its machine masks or among its corrections, under the same
 * category: what a second import of the same file finds.
 */
export async function findIdentical(
  db: Kysely<Schema>,
  { imageId, category, kind, mask }: Pick<NewInstance, 'imageId' | 'category' | 'mask'> & Pick<MaskRevision, 'kind'>,
): Promise<InstanceMaskId | null> {
  const found = await db
    .selectFrom('instance_mask')
    .innerJoin('mask_revision', 'mask_revision.instance_mask_id', 'instance_mask.id')
    .where('instance_mask.image_id', '=', imageId)
    .where('instance_mask.category', 'is', category)
    .where('mask_revision.kind', '=', kind)
    .where('mask_revision.sha256', '=', hashMask(mask))
    .orderBy('instance_mask.id')
    .limit(1)
    .select('instance_mask.id')
    .executeTakeFirst()
  return found?.id ?? null
}

/** How many outlines have another size than their photo has now: it was replaced by one of another size. */
export async function countMasksOfOtherSize(db: Kysely<Schema>): Promise<number> {
  const { n } = await db
    .selectFrom('mask_revision')
    .innerJoin('instance_mask', 'instance_mask.id', 'mask_revision.instance_mask_id')
    .innerJoin('image', 'image.id', 'instance_mask.image_id')
    .where((expression) =>
      expression.or([
        expression('mask_revision.width', '!=', expression.ref('image.width')),
        expression('mask_revision.height', '!=', expression.ref('image.height')),
      ]),
    )
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return n
}

/**
 * Reads every outline and recomputes its hash.
 * @returns the first revision whose outline is not what it was, or null
 */
export async function firstBrokenRevision(db: Kysely<Schema>, watch = unwatched): Promise<MaskRevisionId | null> {
  for (let after = 0 as MaskRevisionId; ;) {
    const rows = await db
      .selectFrom('mask_revision')
      .where('id', '>', after)
      .orderBy('id')
      .limit(1000)
      .select(['id', 'width', 'height', 'rle', 'sha256'])
      .execute()
    const broken = rows.find((row) => hashMask({ ...row, counts: row.rle.toString('latin1') }) !== row.sha256)
    if (broken) return broken.id
    const last = rows.at(-1)
    if (!last) return null
    await watch.step(rows.length)
    after = last.id
  }
}

function selectCurrent(db: Kysely<Schema>) {
  return db
    .selectFrom('instance_mask')
    .innerJoin('mask_revision', 'mask_revision.instance_mask_id', 'instance_mask.id')
    .where('mask_revision.number', '=', (expression) =>
      expression
        .selectFrom('mask_revision as newer')
        .whereRef('newer.instance_mask_id', '=', 'instance_mask.id')
        .select((newer) => newer.fn.max<number>('newer.number').as('number')),
    )
    .orderBy('instance_mask.id')
    .selectAll('instance_mask')
    .select([
      'mask_revision.id as revision_id',
      'mask_revision.number',
      'mask_revision.kind',
      'mask_revision.auditor',
      'mask_revision.width',
      'mask_revision.height',
      'mask_revision.rle',
      'mask_revision.sha256',
      'mask_revision.area',
      'mask_revision.bbox_x',
      'mask_revision.bbox_y',
      'mask_revision.bbox_width',
      'mask_revision.bbox_height',
      'mask_revision.created_at as revised_at',
    ])
}
