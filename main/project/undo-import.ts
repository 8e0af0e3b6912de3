import { type Kysely, sql, type Transaction } from 'kysely'
import type { FolderId, ImageId, PredictionId, ScoreId } from '#common/contract/ids.ts'
import { type IdRange, markUndone, type StoredImport } from './import-repository.ts'
import { isIn, replacedPhotos, touchedImages } from './import-traces.ts'
import { inChunks } from './paging.ts'
import type { Schema } from './schema.ts'
import type { Watch } from './watch.ts'

/** Rows in one statement. */
const chunkSize = 500

/** How much goes with an import that is undone. */
export interface GoingRows {
  readonly images: number
  readonly instances: number
  /** of masks that stay */
  readonly corrections: number
  readonly predictions: number
  readonly maps: number
  readonly scores: number
}

/** What the undo of an import came to. */
export interface UndoneRows {
  readonly gone: GoingRows
  /** images that are as they were before it */
  readonly nRestored: number
  /** of all images that it had touched, in order */
  readonly touched: readonly ImageId[]
}

/** Counts what would go with an import, and the images that would be again as they were. */
export async function countGoing(
  db: Kysely<Schema>,
  of: StoredImport,
): Promise<{ readonly gone: GoingRows; readonly nRestored: number }> {
  const predictions = await goingPredictions(db, of)
  const loose = await looseScores(db, of)
  let [maps, scores] = [0, loose.length]
  for (const chunk of inChunks(predictions, chunkSize)) {
    const { nMaps, nScores } = await db
      .selectFrom('explanation')
      .leftJoin('score', 'score.explanation_id', 'explanation.id')
      .where('explanation.prediction_id', 'in', chunk)
      .select(({ fn }) => [
        fn.count<number>('explanation.id').distinct().as('nMaps'),
        fn.count<number>('score.id').as('nScores'),
      ])
      .executeTakeFirstOrThrow()
    maps += nMaps
    scores += nScores
  }
  const { n: nRestored } = await db
    .selectFrom('former_image')
    .where('import_id', '=', of.id)
    .where((expression) => expression.not(isIn('former_image.image_id', of.images)))
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  const counted = { ...(await countImported(db, of)), predictions: predictions.length, maps, scores }
  return { gone: counted, nRestored }
}

/**
 * Takes an import out again, in the transaction whose entry says so: what it brought in goes with what machines made of
 * it since, and what it overwrote is there again. Whether people's work stands in the way is asked before; where it was
 * not, references between rows refuse it.
 */
export async function undoImport(trx: Transaction<Schema>, of: StoredImport, watch: Watch): Promise<UndoneRows> {
  const counts = await countGoing(trx, of)
  const touched = await touchedImages(trx, of).orderBy('id').execute()
  await markUndone(trx, of.id)
  for (const chunk of inChunks(await looseScores(trx, of), chunkSize)) {
    await trx.deleteFrom('score').where('id', 'in', chunk).execute()
    await watch.step(0)
  }
  for (const chunk of inChunks(await goingPredictions(trx, of), chunkSize)) {
    await deletePredictions(trx, chunk)
    await watch.step(chunk.length)
  }
  await restoreImages(trx, of, watch)
  const folders = await goingFolders(trx, of)
  await deleteRange(trx, 'mask_revision', of.revisions, watch)
  await deleteRange(trx, 'instance_mask', of.instances, watch)
  await deleteRange(trx, 'image', of.images, watch)
  await deleteEmptyFolders(trx, folders)
  return { ...counts, touched: touched.map(({ id }) => id) }
}

/** How many steps an undo tells `watch` of. */
export function countSteps({ images, instances, revisions }: StoredImport, gone: GoingRows, nRestored: number): number {
  const length = ({ before, last }: IdRange): number => last - before
  return length(images) + length(instances) + length(revisions) + gone.predictions + nRestored
}

async function countImported(
  db: Kysely<Schema>,
  of: StoredImport,
): Promise<Pick<GoingRows, 'images' | 'instances' | 'corrections'>> {
  const { rows } = await sql<{ images: number; instances: number; corrections: number }>`
    SELECT
      (SELECT count(*) FROM image WHERE ${isIn('id', of.images)}) AS images,
      (SELECT count(*) FROM instance_mask WHERE ${isIn('id', of.instances)}) AS instances,
      (SELECT count(*) FROM mask_revision
        WHERE ${isIn('id', of.revisions)} AND NOT ${isIn('instance_mask_id', of.instances)}) AS corrections`.execute(db)
  return rows[0]!
}

/** Predictions of images that go, and those made since of photos that an import put in the place of others. */
async function goingPredictions(db: Kysely<Schema>, of: StoredImport): Promise<PredictionId[]> {
  const replaced = replacedPhotos(db, of)
  const rows = await db
    .selectFrom('prediction')
    .where(isIn('prediction.image_id', of.images))
    .select('prediction.id')
    .union(
      db
        .selectFrom('prediction')
        .innerJoin('image', 'image.id', 'prediction.image_id')
        .where('prediction.image_id', 'in', replaced)
        .where('prediction.id', '>', of.before.prediction as PredictionId)
        .whereRef('prediction.image_sha256', '=', 'image.sha256')
        .select('prediction.id'),
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** Scores since then of images that stay: of masks that go, or not to be told from them. A run makes them again. */
async function looseScores(db: Kysely<Schema>, of: StoredImport): Promise<ScoreId[]> {
  const going = new Set(await goingPredictions(db, of))
  const rows = await db
    .selectFrom('prediction')
    .innerJoin('explanation', 'explanation.prediction_id', 'prediction.id')
    .innerJoin('score', 'score.explanation_id', 'explanation.id')
    .where('prediction.image_id', 'in', touchedImages(db, of))
    .where('score.id', '>', of.before.score as ScoreId)
    .select(['score.id', 'prediction.id as prediction'])
    .execute()
  return rows.filter(({ prediction }) => !going.has(prediction)).map(({ id }) => id)
}

/** With their maps and scores; the bytes of maps go where no other map has the same. */
async function deletePredictions(trx: Transaction<Schema>, ids: readonly PredictionId[]): Promise<void> {
  const maps = await trx
    .selectFrom('explanation')
    .where('prediction_id', 'in', ids)
    .select('blob_sha256')
    .distinct()
    .execute()
  await trx.deleteFrom('prediction').where('id', 'in', ids).execute()
  const blobs = maps.map(({ blob_sha256 }) => blob_sha256)
  for (const chunk of inChunks(blobs, chunkSize)) {
    await trx
      .deleteFrom('blob')
      .where('sha256', 'in', chunk)
      .where((expression) => {
        const maps = expression.selectFrom('explanation').whereRef('explanation.blob_sha256', '=', 'blob.sha256')
        return expression.not(expression.exists(maps.select('explanation.id')))
      })
      .execute()
  }
}

async function restoreImages(trx: Transaction<Schema>, { id, images }: StoredImport, watch: Watch): Promise<void> {
  const former = await trx.selectFrom('former_image').where('import_id', '=', id).selectAll().execute()
  for (const chunk of inChunks(former, chunkSize)) {
    const staying = chunk.filter(({ image_id }) => image_id <= images.before || image_id > images.last)
    for (const { import_id: _, image_id, ...values } of staying) {
      await trx.updateTable('image').set(values).where('id', '=', image_id).execute()
    }
    await watch.step(staying.length)
  }
  await trx.deleteFrom('former_image').where('import_id', '=', id).execute()
}

async function deleteRange(
  trx: Transaction<Schema>,
  table: 'mask_revision' | 'instance_mask' | 'image',
  { before, last }: IdRange,
  watch: Watch,
): Promise<void> {
  for (let from = before; from < last; from += chunkSize) {
    const to = Math.min(from + chunkSize, last)
    await sql`DELETE FROM ${sql.table(table)} WHERE ${isIn('id', { before: from, last: to })}`.execute(trx)
    await watch.step(to - from)
  }
}

/** Its own, and those where photos of its images were found since. */
async function goingFolders(trx: Transaction<Schema>, { folders, images }: StoredImport): Promise<FolderId[]> {
  const own = trx.selectFrom('image_folder').where(isIn('id', folders)).select('id')
  const found = trx
    .selectFrom('image')
    .where(isIn('image.id', images))
    .where('folder_id', '>', folders.last as FolderId)
    .select('folder_id as id')
  return (await own.union(found).execute()).map(({ id }) => id)
}

/** A folder stays where other images have their photos in it. */
async function deleteEmptyFolders(trx: Transaction<Schema>, ids: readonly FolderId[]): Promise<void> {
  await trx
    .deleteFrom('image_folder')
    .where('id', 'in', ids)
    .where((expression) => {
      const images = expression.selectFrom('image').whereRef('image.folder_id', '=', 'image_folder.id')
      return expression.not(expression.exists(images.select('image.id')))
    })
    .execute()
}
