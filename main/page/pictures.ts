import { createHash } from 'node:crypto'
import type { EngineClient } from '#common/contract/index.ts'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import { plainAnswer, type Answer } from './answer.ts'

/** Pictures of photos are named by numbers only. */
const smallPath = /^\/project\/(\d{1,9})\/image\/(\d{1,9})\/(thumbnail|outline)\/(\d{1,9})$/
const tilePath = /^\/project\/(\d{1,9})\/image\/(\d{1,9})\/tile\/(\d{1,9})\/(\d{1,9})\/(\d{1,9})$/

const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  'request.invalid': 400,
  'record.missing': 404,
  'file.missing': 404,
  'path.outside': 404,
  'image.changed': 409,
}

/** Whether a path is that of pictures, and not of the page. */
export function isPicturePath(path: string): boolean {
  return path.startsWith('/project/')
}

/**
 * The picture that a path names. It may be kept, but is asked about each time: the numbers of projects mean others once
 * the program was started again.
 * @param known `If-None-Match` of the request
 * @param signal aborted where nobody waits any more
 */
export async function pictureAnswer(
  engine: EngineClient,
  path: string,
  { known, signal }: { readonly known: string | undefined; readonly signal: AbortSignal },
): Promise<Answer> {
  try {
    const picture = await askForPicture(engine, path, signal)
    if (picture === null) return plainAnswer(400, 'Pictures are asked for by numbers.')
    const etag = `"${createHash('sha256').update(picture.bytes).digest('base64url')}"`
    const caching = { 'Cache-Control': 'private, no-cache', ETag: etag }
    if (known === etag) return { status: 304, headers: caching }
    return { status: 200, headers: { 'Content-Type': picture.type, ...caching }, body: picture.bytes }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return plainAnswer(statuses[error.code] ?? 500, error.message)
  }
}

type Picture = Awaited<ReturnType<EngineClient['image.tile']>>

async function askForPicture(engine: EngineClient, path: string, signal: AbortSignal): Promise<Picture | null> {
  const [, project, image, kind, side] = smallPath.exec(path) ?? []
  if (kind === 'thumbnail' || kind === 'outline') {
    const request = { project: Number(project), image: Number(image), side: Number(side) }
    return engine[`image.${kind}`](request, { signal })
  }
  const tile = tilePath.exec(path)?.slice(1).map(Number)
  if (!tile) return null
  const [ofProject, ofImage, level, column, row] = tile as [number, number, number, number, number]
  return engine['image.tile']({ project: ofProject, image: ofImage, level, column, row }, { signal })
}
