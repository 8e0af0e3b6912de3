import type { Insertable, Kysely, Selectable, SelectQueryBuilder, Transaction } from 'kysely'
import { AppError } from '#common/contract/errors.ts'
import { canonicalJson, type JsonObject } from '#common/contract/canonical-json.ts'
import type { FolderId, ImageId } from '#common/contract/ids.ts'
import { jsonObject, readJson } from './json-column.ts'
import { inChunks, type Page, reserveIds } from './paging.ts'
import type { Schema } from './schema.ts'

/** An image file as it was when it was taken into the project. */
interface ImageFile {
  readonly folderId: FolderId
  /** Below the folder, parts separated by '/', never leaving it. */
  readonly file: string
  /** After EXIF orientation. */
  readonly width: number
  readonly height: number
  readonly sizeBytes: number
  /** Of the file's bytes, in hex. */
  readonly sha256: string
}

export interface NewImage extends ImageFile {
  readonly label?: string | null
  /** 'train', 'val', 'test' or what the dataset calls it. */
  readonly split?: string | null
  /** What the dataset says of the image beyond this; carried through to exports. */
  readonly source?: JsonObject
}

export interface ProjectImage extends Required<NewImage> {
  readonly id: ImageId
  readonly createdAt: number
}

/** Both conditions hold; `null` finds the images without a label or split. */
export interface ImageFilter {
  readonly label?: string | null
  readonly split?: string | null
}

/** @param path absolute */
export async function findOrInsertFolder(trx: Transaction<Schema>, path: string): Promise<FolderId> {
  const found = await trx.selectFrom('image_folder').where('path', '=', path).select('id').executeTakeFirst()
  if (found) return found.id
  const { id } = await trx.insertInto('image_folder').values({ path }).returning('id').executeTakeFirstOrThrow()
  return id
}

/** Absolute paths by id. */
export async function listFolders(db: Kysely<Schema>): Promise<ReadonlyMap<FolderId, string>> {
  const rows = await db.selectFrom('image_folder').orderBy('id').selectAll().execute()
  return new Map(rows.map(({ id, path }) => [id, path]))
}

/** Says where the images of a folder lie now. */
export async function moveFolder(trx: Transaction<Schema>, id: FolderId, path: string): Promise<void> {
  await trx.updateTable('image_folder').set({ path }).where('id', '=', id).execute()
}

/**
 * Takes images in.
 * @returns their ids, in the order given
 * @throws SqliteError where one of them is in the project already; `findImagesByFile` tells
 */
export async function insertImages(
  trx: Transaction<Schema>,
  images: readonly NewImage[],
  now: number,
): Promise<readonly ImageId[]> {
  const ids = await reserveIds<ImageId>(trx, 'image', images.length)
  const rows = images.map((image, index) => ({ ...toRow(image), id: ids[index]!, created_at: now }))
  for (const chunk of inChunks(rows, 500)) await trx.insertInto('image').values(chunk).execute()
  return ids
}

/** Changes what is given and leaves the rest. */
export async function updateImage(
  trx: Transaction<Schema>,
  id: ImageId,
  changes: Partial<
    Pick<NewImage, 'label' | 'split' | 'width' | 'height' | 'sizeBytes' | 'sha256' | 'folderId' | 'file'>
  >,
): Promise<void> {
  const { sizeBytes, folderId, ...rest } = changes
  await trx
    .updateTable('image')
    .set({
      ...rest,
      ...(sizeBytes !== undefined && { size_bytes: sizeBytes }),
      ...(folderId !== undefined && { folder_id: folderId }),
    })
    .where('id', '=', id)
    .execute()
}

/** @throws AppError 'record.missing' */
export async function getImage(db: Kysely<Schema>, id: ImageId): Promise<ProjectImage> {
  const row = await db.selectFrom('image').where('id', '=', id).selectAll().executeTakeFirst()
  if (!row) throw new AppError('record.missing', `the project has no image ${id}`, { data: { id } })
  return fromRow(row)
}

/** Those of the files that the project has, by file. */
export async function findImagesByFile(
  db: Kysely<Schema>,
  folderId: FolderId,
  files: readonly string[],
): Promise<ReadonlyMap<string, ProjectImage>> {
  const found = new Map<string, ProjectImage>()
  for (const chunk of inChunks(files, 500)) {
    const query = db.selectFrom('image').where('folder_id', '=', folderId).where('file', 'in', chunk).selectAll()
    for (const row of await query.execute()) found.set(row.file, fromRow(row))
  }
  return found
}

/** In the order in which they were taken in. */
export async function listImages(
  db: Kysely<Schema>,
  filter: ImageFilter,
  { after = 0 as ImageId, limit }: Page<ImageId>,
): Promise<ProjectImage[]> {
  const query = filtered(db.selectFrom('image'), filter).where('id', '>', after).orderBy('id').limit(limit).selectAll()
  return (await query.execute()).map(fromRow)
}

export async function countImages(db: Kysely<Schema>, filter: ImageFilter = {}): Promise<number> {
  const query = filtered(db.selectFrom('image'), filter).select((expression) =>
    expression.fn.countAll<number>().as('n'),
  )
  return (await query.executeTakeFirstOrThrow()).n
}

/** Every label with the number of its images, by label; `null`, the unlabelled ones, first. */
export async function countImagesByLabel(db: Kysely<Schema>): Promise<{ label: string | null; count: number }[]> {
  return db
    .selectFrom('image')
    .groupBy('label')
    .orderBy('label')
    .select((expression) => ['label', expression.fn.countAll<number>().as('count')])
    .execute()
}

function filtered<Output>(
  query: SelectQueryBuilder<Schema, 'image', Output>,
  { label, split }: ImageFilter,
): SelectQueryBuilder<Schema, 'image', Output> {
  if (label !== undefined) query = query.where('label', 'is', label)
  if (split !== undefined) query = query.where('split', 'is', split)
  return query
}

function toRow(image: NewImage): Omit<Insertable<Schema['image']>, 'id' | 'created_at'> {
  const { folderId, file, width, height, sizeBytes, sha256, label = null, split = null, source = {} } = image
  return {
    folder_id: folderId,
    file,
    width,
    height,
    size_bytes: sizeBytes,
    sha256,
    label,
    split,
    source: canonicalJson(source),
  }
}

function fromRow(row: Selectable<Schema['image']>): ProjectImage {
  const { folder_id: folderId, size_bytes: sizeBytes, created_at: createdAt, source, ...rest } = row
  return { ...rest, folderId, sizeBytes, createdAt, source: readJson(jsonObject, source, `image ${row.id} source`) }
}
