import type { IncomingMessage } from 'node:http'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '#common/contract/errors.ts'
import { moveInPlace } from '#main/files/write-aside.ts'
import type { Digest } from './digest.ts'
import { httpGet, refused } from './http-get.ts'
import { PartFile, partPath, removePart, type PartOrigin } from './part-file.ts'

export interface DownloadRequest {
  readonly url: URL
  /** where the file goes; its folder exists */
  readonly path: string
  /** bytes it must have; null: what the server says */
  readonly bytes: number | null
  /**
   * Looks at the whole file before it has its name, its size included.
   * @throws AppError 'catalogue.differs' where it is not the one that was wanted
   */
  readonly verify: (path: string, digest: Digest) => Promise<void>
  /** true where `verify` knows the content: parts of two versions of a file cannot be taken for one then */
  readonly isContentKnown: boolean
}

export interface DownloadContext {
  /** what is there is kept */
  readonly signal: AbortSignal
  readonly onProgress: (step: string, done: number, total: number | null) => void
  readonly patience?: Patience
}

/** How long a server is tried that does not answer, or in the middle of a file no more. */
export interface Patience {
  /** tries in a row that bring nothing */
  readonly triesInVain: number
  /** tries altogether */
  readonly tries: number
  /** before the second try; twice as long before each further one, up to 60 times */
  readonly firstPauseMs: number
  readonly idleMs: number
}

const defaultPatience: Patience = { triesInVain: 5, tries: 200, firstPauseMs: 500, idleMs: 30_000 }

/** A server that does not say how much it sends is listened to for so long. */
const maxUnknownBytes = 2 ** 30

/** Statuses that mean: later perhaps. */
const passing: ReadonlySet<number | undefined> = new Set([408, 425, 429])

/** A connection that broke, or an answer that may be another one later. */
class Broken extends Error {}

/**
 * Downloads a file, or goes on with what an earlier call left of it. Broken connections are taken up again; the file has
 * its name only once it is whole, verified and on the disk. One call at a time for a path.
 * @throws AppError 'download.failed', 'download.refused', 'file.unwritable': what is there is kept, and the next call goes
 *   on with it, also after 'aborted'; 'catalogue.differs' and what else `verify` throws
 */
export async function download(request: DownloadRequest, context: DownloadContext): Promise<Digest> {
  const part = partPath(request.path)
  let digest: Digest
  try {
    digest = await fetchWhole(part, request, context)
  } catch (error) {
    throw context.signal.aborted ? stopped(part, error) : error
  }
  try {
    await request.verify(part, digest)
  } catch (error) {
    // the rest of it would not make it the right one
    if (error instanceof AppError && error.code === 'catalogue.differs') await removePart(part)
    throw error
  }
  await moveInPlace(part, request.path)
  await removePart(part)
  return digest
}

async function fetchWhole(path: string, request: DownloadRequest, context: DownloadContext): Promise<Digest> {
  const part = await PartFile.open(path, {
    signal: context.signal,
    onBytes: (done) => context.onProgress('reading what is there already', done, request.bytes),
  })
  try {
    await fillPart(part, request, context)
    return await part.finish()
  } finally {
    await part.close()
    if (part.size === 0) await removePart(path)
  }
}

/** Asks for what is missing until nothing is. */
async function fillPart(part: PartFile, request: DownloadRequest, context: DownloadContext): Promise<void> {
  const { signal, patience = defaultPatience } = context
  let inVain = 0
  for (let tries = 1; !isWhole(part, request); tries++) {
    const before = part.size
    try {
      await fetchRest(part, request, { ...context, patience })
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error
      inVain = part.size > before ? 0 : inVain + 1
      if (inVain >= patience.triesInVain || tries >= patience.tries) throw failed(part, request, error)
      context.onProgress('waiting for the server', part.size, part.origin?.total ?? request.bytes)
      await wait(patience.firstPauseMs * Math.min(2 ** inVain, 60), undefined, { signal })
    }
  }
}

function isWhole(part: PartFile, { bytes, url }: DownloadRequest): boolean {
  const total = bytes ?? part.origin?.total ?? null
  // more than there should be is not whole, but no request can mend it: `verify` says what is wrong
  return part.origin?.url === url.href && total !== null && part.size >= total
}

/** One request, and what it brings. @throws Broken, or what Node says of a broken connection; AppError */
async function fetchRest(
  part: PartFile,
  request: DownloadRequest,
  { signal, onProgress, patience }: Required<DownloadContext>,
): Promise<void> {
  const { url, bytes } = request
  const headers = rangeHeaders(part, request)
  const response = await httpGet(url, { headers, signal, idleMs: patience.idleMs })
  try {
    await beginAnswer(part, request, response)
    const total = bytes ?? part.origin!.total
    if (total !== null) await requireRoom(part, total)
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      await part.append(chunk)
      onProgress('downloading', part.size, total)
      if (part.size > (total ?? maxUnknownBytes)) break
    }
    if (part.size > maxUnknownBytes && total === null) throw refused(url, 'answers without an end')
    if (part.size === 0) throw refused(url, 'has nothing in it')
    // an answer without a length ends where its connection does
    if (total === null) await part.setTotal(part.size)
    else if (part.size < total) throw new Broken(`the server ended after ${part.size} of ${total} bytes`)
  } finally {
    response.destroy()
  }
}

/** The headers that ask for the rest of the same version of the file; none where it has to begin anew. */
function rangeHeaders(
  { size, origin }: PartFile,
  { url, bytes, isContentKnown }: DownloadRequest,
): Record<string, string> {
  const total = bytes ?? origin?.total ?? Infinity
  if (origin?.url !== url.href || size === 0 || size >= total) return {}
  if (origin.validator === null) return isContentKnown ? { range: `bytes=${size}-` } : {}
  return { range: `bytes=${size}-`, 'if-range': origin.validator }
}

/** Looks at the head of an answer; empties the part where the answer begins with the file's first byte. */
async function beginAnswer(part: PartFile, request: DownloadRequest, response: IncomingMessage): Promise<void> {
  const { url, bytes } = request
  const { statusCode = 0, statusMessage = '', headers } = response
  if (statusCode === 200) {
    const length = numberOf(headers['content-length'])
    if (bytes !== null && length !== null && length !== bytes) throw wrongSize(url, length, bytes)
    await part.restart(originOf(url, headers, length))
    return
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  const total = part.origin?.total ?? bytes
  if (statusCode === 206 && Number(range?.[1]) === part.size && (total === null || Number(range?.[2]) === total)) return
  if (statusCode === 206 || statusCode === 416) {
    // not the part that was asked for, or of another file: it begins anew with the next try
    await part.restart(originOf(url, {}, null))
    throw new Broken(`the server has another version of the file now`)
  }
  const status = `answers ${statusCode} ${statusMessage}`.trimEnd()
  if (statusCode >= 500 || passing.has(statusCode)) throw new Broken(`the server ${status}`)
  throw refused(url, status)
}

function originOf(url: URL, headers: IncomingMessage['headers'], total: number | null): PartOrigin {
  const { etag, 'last-modified': lastModified } = headers
  // a weak ETag does not promise the same bytes
  const validator = etag !== undefined && !etag.startsWith('W/') ? etag : (lastModified ?? null)
  return { url: url.href, validator, total }
}

function numberOf(header: string | undefined): number | null {
  return header === undefined || !/^\d+$/.test(header) ? null : Number(header)
}

/** @throws AppError 'file.unwritable' before something is downloaded that has no room */
async function requireRoom(part: PartFile, total: number): Promise<void> {
  const disk = await statfs(dirname(part.path)).catch(() => null)
  const room = disk === null ? Infinity : disk.bavail * disk.bsize
  const needed = total - part.size
  if (room >= needed) return
  throw new AppError(
    'file.unwritable',
    `${dirname(part.path)} has room for ${room.toLocaleString('en')} bytes, and ${needed.toLocaleString('en')} are needed: the disk is full.`,
    {
      hint: 'Nothing was lost. Make room and download it again: it goes on with what is there.',
      data: { path: part.path, code: 'ENOSPC', room, needed },
    },
  )
}

function wrongSize(url: URL, found: number, expected: number): AppError {
  return new AppError('catalogue.differs', `${url.href} has ${found} bytes, and the catalogue says ${expected}.`, {
    hint: 'It is not the file that was published, and nothing of it was taken. Get it another way and add it from the disk.',
    data: { url: url.href, found, expected },
  })
}

function failed(part: PartFile, { url, bytes }: DownloadRequest, cause: unknown): AppError {
  const { message, code = 'no answer' } = cause as NodeJS.ErrnoException
  const total = bytes ?? part.origin?.total ?? 'an unknown number of'
  const isBegun = part.size > 0
  const progress = !isBegun ? 'could not be reached' : `stopped after ${part.size} of ${total} bytes`
  return new AppError('download.failed', `${url.host} ${progress}: ${message || code}.`, {
    hint: isBegun
      ? 'What was downloaded is kept. Check the network and download it again: it goes on from there.'
      : 'Check the network and download it again; behind a proxy set HTTPS_PROXY.',
    data: { url: url.href, bytes: part.size },
    cause,
  })
}

function stopped(path: string, cause: unknown): AppError {
  return new AppError('aborted', 'the download was stopped', {
    hint: 'What was downloaded is kept; the same download goes on from there.',
    data: { path },
    cause,
  })
}
