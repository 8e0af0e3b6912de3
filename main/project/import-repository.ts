import { hash } from 'node:crypto'
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { ImportId } from '#common/contract/ids.ts'
import { readAuditHead } from './audit-log.ts'
import type { ProjectImage } from './image-repository.ts'
import { lastGivenId } from './paging.ts'
import type { Schema } from './schema.ts'

/** Ids of rows that came in together: after `before`, up to `last`; none where the two are equal. */
export interface IdRange {
  readonly before: number
  readonly last: number
}

/** Which rows of a project came in with an import. */
export interface StoredImport {
  readonly id: ImportId
  /** Of the entry of the audit log that was written with it. */
  readonly auditSeq: number
  /** Of the entry that was written with its undo; null: it is in force. */
  readonly undoSeq: number | null
  readonly folders: IdRange
  readonly images: IdRange
  readonly instances: IdRange
  /** First outlines of its instances, and corrections of others. */
  readonly revisions: IdRange
  /** The newest that there were before it. */
  readonly before: { readonly prediction: number; readonly score: number; readonly stroke: number }
}

type Values = Insertable<Schema['import']>

/**
 * Records an import in the transaction that takes it in: `begin`, then what is overwritten, then `end`. The record belongs
 * to the entry that ends the transaction; there is none where nothing came in.
 */
export class ImportRecorder {
  readonly #trx: Transaction<Schema>
  readonly #values: Values
  #id: ImportId | null = null

  private constructor(trx: Transaction<Schema>, values: Values) {
    this.#trx = trx
    this.#values = values
  }

  static async begin(trx: Transaction<Schema>): Promise<ImportRecorder> {
    const { seq } = await readAuditHead(trx)
    const marks = await marksOf(trx)
    return new ImportRecorder(trx, {
      audit_seq: seq + 1,
      undo_seq: null,
      folder_before: marks.folder,
      folder_last: marks.folder,
      image_before: marks.image,
      image_last: marks.image,
      instance_before: marks.instance,
      instance_last: marks.instance,
      revision_before: marks.revision,
      revision_last: marks.revision,
      prediction_before: await lastGivenId(trx, 'prediction'),
      score_before: await lastGivenId(trx, 'score'),
      stroke_before: await lastGivenId(trx, 'stroke'),
    })
  }

  /** Keeps an image as it is before it is changed; of several changes the first counts. */
  async keepFormer({ id, width, height, sizeBytes, sha256, label, split }: ProjectImage): Promise<void> {
    const former = { width, height, size_bytes: sizeBytes, sha256, label, split }
    await this.#trx
      .insertInto('former_image')
      .values({ import_id: await this.#insert(), image_id: id, ...former })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /** @returns null where nothing came in */
  async end(): Promise<StoredImport | null> {
    const { folder, image, instance, revision } = await marksOf(this.#trx)
    const { folder_before, image_before, instance_before, revision_before } = this.#values
    const isChanged =
      folder > folder_before || image > image_before || instance > instance_before || revision > revision_before
    if (this.#id === null && !isChanged) return null
    const row = await this.#trx
      .updateTable('import')
      .set({ folder_last: folder, image_last: image, instance_last: instance, revision_last: revision })
      .where('id', '=', await this.#insert())
      .returningAll()
      .executeTakeFirstOrThrow()
    return fromRow(row)
  }

  async #insert(): Promise<ImportId> {
    if (this.#id !== null) return this.#id
    const query = this.#trx.insertInto('import').values(this.#values).returning('id')
    this.#id = (await query.executeTakeFirstOrThrow()).id
    return this.#id
  }
}

/** All imports that are recorded, the newest first. */
export async function listImports(db: Kysely<Schema>): Promise<StoredImport[]> {
  return (await db.selectFrom('import').orderBy('id', 'desc').selectAll().execute()).map(fromRow)
}

/** The record of the import of an entry of the audit log, or null. */
export async function findImportOf(db: Kysely<Schema>, auditSeq: number): Promise<StoredImport | null> {
  const row = await db.selectFrom('import').where('audit_seq', '=', auditSeq).selectAll().executeTakeFirst()
  return row ? fromRow(row) : null
}

/** Says that an import is being undone; the entry that ends the transaction is that of the undo. */
export async function markUndone(trx: Transaction<Schema>, id: ImportId): Promise<void> {
  const { seq } = await readAuditHead(trx)
  await trx
    .updateTable('import')
    .set({ undo_seq: seq + 1 })
    .where('id', '=', id)
    .execute()
}

/** What the audit log says of the rows of an import: the record is then proven by the log. */
export async function importFacts(db: Kysely<Schema>, record: StoredImport): Promise<JsonObject> {
  const { id, folders, images, instances, revisions, before } = record
  const range = ({ before, last }: IdRange): number[] => [before, last]
  const former = await db
    .selectFrom('former_image')
    .where('import_id', '=', id)
    .orderBy('image_id')
    .selectAll()
    .execute()
  const lines = former.map(({ import_id: _, ...row }) => canonicalJson(row))
  return {
    folders: range(folders),
    images: range(images),
    instances: range(instances),
    revisions: range(revisions),
    before: { ...before },
    former: { n: former.length, sha256: hash('sha256', lines.join('\n')) },
  }
}

async function marksOf(trx: Transaction<Schema>) {
  return {
    folder: await lastGivenId(trx, 'image_folder'),
    image: await lastGivenId(trx, 'image'),
    instance: await lastGivenId(trx, 'instance_mask'),
    revision: await lastGivenId(trx, 'mask_revision'),
  }
}

function fromRow(row: Selectable<Schema['import']>): StoredImport {
  return {
    id: row.id,
    auditSeq: row.audit_seq,
    undoSeq: row.undo_seq,
    folders: { before: row.folder_before, last: row.folder_last },
    images: { before: row.image_before, last: row.image_last },
    instances: { before: row.instance_before, last: row.instance_last },
    revisions: { before: row.revision_before, last: row.revision_last },
    before: { prediction: row.prediction_before, score: row.score_before, stroke: row.stroke_before },
  }
}
