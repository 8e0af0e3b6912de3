import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AppError } from '#common/contract/errors.ts'

/** What Windows answers while a virus scanner or an indexer holds one of the two files. */
const passing = new Set(['EPERM', 'EACCES', 'EBUSY'])
const attempts = 20
const pauseMs = 100

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is no folder',
  EISDIR: 'a folder has this name',
  EACCES: 'there is no permission to write there',
  EPERM: 'there is no permission to write there',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'another program holds it',
}

type Content = Uint8Array | string | AsyncIterable<Uint8Array | string>

/** Tells what making the content threw from what writing it did. */
class PartsFailure extends Error {}

/**
 * Writes a file so that at any moment, a power cut included, there is either the old one or the whole new one: under
 * another name in the same folder first, then renamed. A link of that name is replaced by the file.
 * @param content text is written as UTF-8; parts are asked for one after the other, as they are written
 * @throws AppError 'file.unwritable'; whatever making the parts throws. Nothing is left behind then.
 */
export async function writeAside(path: string, content: Content): Promise<void> {
  const aside = join(dirname(path), `.obalex-${randomBytes(8).toString('hex')}.part`)
  try {
    await writeAndSync(aside, content)
    await moveInPlace(aside, path)
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => undefined)
    if (cause instanceof PartsFailure) throw cause.cause
    throw cause instanceof AppError ? cause : unwritable(path, cause)
  }
}

/**
 * Gives a file that is whole and on the disk its name, in the same folder, durably.
 * @throws AppError 'file.unwritable'
 */
export async function moveInPlace(from: string, to: string): Promise<void> {
  try {
    await renameOver(from, to)
  } catch (cause) {
    throw unwritable(to, cause)
  }
  await syncFolder(dirname(to))
}

/** AppError 'file.unwritable' that says, in words, why a file or folder cannot be written. */
export function unwritable(path: string, cause: unknown): AppError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  return new AppError('file.unwritable', `${path} cannot be written: ${reasons[code] ?? message}.`, {
    hint: 'Choose another place.',
    data: { path, code },
    cause,
  })
}

async function writeAndSync(path: string, content: Content): Promise<void> {
  // 'wx': a name that somebody else put there is never written through
  const file = await open(path, 'wx')
  try {
    await file.writeFile(typeof content === 'object' && Symbol.asyncIterator in content ? marked(content) : content)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function* marked(parts: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array | string> {
  try {
    yield* parts
  } catch (cause) {
    throw new PartsFailure('the content could not be made', { cause })
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (process.platform !== 'win32' || attempt === attempts || !passing.has(code)) throw error
      await wait(pauseMs)
    }
  }
}

/** Makes the rename itself durable. Windows does not open folders, and some network disks refuse: the file is whole. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // nothing to do: what was promised is there
  }
}
