import { type Expression, type Kysely, sql, type SqlBool } from 'kysely'
import type { ImageId, InstanceMaskId, MaskRevisionId, StrokeId } from '#common/contract/ids.ts'
import { type IdRange, listImports, type StoredImport } from './import-repository.ts'
import type { Schema } from './schema.ts'

type Db = Kysely<Schema>

/** Whether the id in a column is one of a range. */
export function isIn(column: string, { before, last }: IdRange): Expression<SqlBool> {
  const id = sql.ref(column)
  return sql<SqlBool>`(${id} > ${before} AND ${id} <= ${last})`
}

/** The images that an import brought in, changed, or gave masks or corrections. */
export function touchedImages(db: Db, { id, images, revisions }: StoredImport) {
  const added = db.selectFrom('image').where(isIn('image.id', images)).select('image.id')
  const masked = db
    .selectFrom('mask_revision')
    .innerJoin('instance_mask', 'instance_mask.id', 'mask_revision.instance_mask_id')
    .where(isIn('mask_revision.id', revisions))
    .select('instance_mask.image_id as id')
  const refreshed = db.selectFrom('former_image').where('import_id', '=', id).select('image_id as id')
  return added.union(masked).union(refreshed)
}

/** The images whose photo an import replaced by what it is now. */
export function replacedPhotos(db: Db, { id }: StoredImport) {
  return db
    .selectFrom('former_image')
    .innerJoin('image', 'image.id', 'former_image.image_id')
    .where('former_image.import_id', '=', id)
    .whereRef('former_image.sha256', '<>', 'image.sha256')
    .select('image.id')
}

/** What people have made of an import since, and on how many images. */
export interface WorkOnImport {
  readonly nImages: number
  readonly kinds: readonly WorkKind[]
}
export type WorkKind = 'verdict' | 'choice' | 'flag' | 'stroke' | 'correction'

/**
 * Looks for work of people that would go with an import, or would be about something else without it: verdicts given and
 * objects chosen since on images that it touched; flags of images that it brought in; strokes on outlines of its own, or painted since on
 * a photo that it replaced; corrections of masks of its own.
 */
export async function workOnImport(db: Db, of: StoredImport): Promise<WorkOnImport> {
  const found = new Set<ImageId>()
  const kinds: WorkKind[] = []
  for (const [kind, query] of Object.entries(workOf(db, of))) {
    const rows = await query.distinct().execute()
    if (rows.length > 0) kinds.push(kind as WorkKind)
    for (const { image } of rows) found.add(image)
  }
  return { nImages: found.size, kinds }
}

function workOf(db: Db, of: StoredImport) {
  return {
    verdict: db
      .selectFrom('review')
      .where('review.audit_seq', '>', of.auditSeq)
      .where('review.image_id', 'in', touchedImages(db, of))
      .select('review.image_id as image'),
    choice: db
      .selectFrom('hand_choice')
      .where('hand_choice.audit_seq', '>', of.auditSeq)
      .where('hand_choice.image_id', 'in', touchedImages(db, of))
      .select('hand_choice.image_id as image'),
    flag: db.selectFrom('flag').where(isIn('flag.image_id', of.images)).select('flag.image_id as image'),
    stroke: db
      .selectFrom('stroke')
      .innerJoin('instance_mask', 'instance_mask.id', 'stroke.instance_mask_id')
      .innerJoin('mask_revision', (join) =>
        join
          .onRef('mask_revision.instance_mask_id', '=', 'stroke.instance_mask_id')
          .onRef('mask_revision.number', '=', 'stroke.base_number'),
      )
      .where('stroke.id', '>', of.before.stroke as StrokeId)
      .where((expression) =>
        expression.or([
          isIn('mask_revision.id', of.revisions),
          expression('instance_mask.image_id', 'in', replacedPhotos(db, of)),
        ]),
      )
      .select('instance_mask.image_id as image'),
    correction: db
      .selectFrom('mask_revision')
      .innerJoin('instance_mask', 'instance_mask.id', 'mask_revision.instance_mask_id')
      .where('mask_revision.id', '>', of.revisions.last as MaskRevisionId)
      .where(isIn('instance_mask.id', of.instances))
      .where((expression) => expression.not(expression.exists(importOfRow(db, 'revision', 'mask_revision.id'))))
      .select('instance_mask.image_id as image'),
  }
}

/** A later import that touched the same images. */
interface LaterImport {
  readonly record: StoredImport
  readonly nImages: number
}

/** The newest import in force that touched images of this one after it, or null. */
export async function laterImport(db: Db, of: StoredImport): Promise<LaterImport | null> {
  for (const record of await listImports(db)) {
    if (record.id <= of.id) return null
    if (record.undoSeq !== null) continue
    const query = db
      .selectFrom(touchedImages(db, record).as('later'))
      .where('later.id', 'in', touchedImages(db, of))
      .select(({ fn }) => fn.countAll<number>().as('n'))
    const { n } = await query.executeTakeFirstOrThrow()
    if (n > 0) return { record, nImages: n }
  }
  return null
}

/** Objects that a detector found since on images that go, or whose photo does: by what, and on how many images. */
export async function detectedSince(
  db: Db,
  of: StoredImport,
): Promise<{ readonly origins: readonly string[]; readonly nImages: number }> {
  const rows = await db
    .selectFrom('instance_mask')
    .where('instance_mask.id', '>', of.instances.last as InstanceMaskId)
    .where((expression) =>
      expression.or([
        isIn('instance_mask.image_id', of.images),
        expression('instance_mask.image_id', 'in', replacedPhotos(db, of)),
      ]),
    )
    .where((expression) => expression.not(expression.exists(importOfRow(db, 'instance', 'instance_mask.id'))))
    .select(['instance_mask.image_id as image', 'instance_mask.origin'])
    .distinct()
    .execute()
  const origins = new Set(rows.map(({ origin }) => origin.replace(/^detector:/, '')))
  return { origins: [...origins].sort(), nImages: new Set(rows.map(({ image }) => image)).size }
}

/** The import that a row came in with, if it came in with one. */
function importOfRow(db: Db, kind: 'instance' | 'revision', column: string) {
  const [before, last] = [sql.ref(`other.${kind}_before`), sql.ref(`other.${kind}_last`)]
  const id = sql.ref(column)
  return db
    .selectFrom('import as other')
    .where(sql<SqlBool>`${id} > ${before} AND ${id} <= ${last}`)
    .select('other.id')
}
