import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { AppError } from '#common/contract/errors.ts'

/**
 * What is known of a file before it is opened: a pipe would wait for its other end, and a device may never end.
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a pipe, a device, no permission)
 */
export async function regularFile(path: string): Promise<Stats> {
  try {
    const found = await stat(path)
    requireRegular(path, found)
    return found
  } catch (cause) {
    throw readingError(path, cause)
  }
}

/** @throws AppError 'file.unreadable' */
export function requireRegular(path: string, found: Stats): void {
  if (found.isFile()) return
  const what = found.isDirectory() ? 'a folder' : 'not a regular file'
  throw new AppError('file.unreadable', `${path} is ${what}`, { data: { path } })
}

/** What the system says of a file that cannot be read, as 'file.missing' or 'file.unreadable'; an AppError as it is. */
export function readingError(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('file.missing', `there is no file ${path}`, { hint: 'Check the path.', data: { path }, cause })
  }
  return new AppError('file.unreadable', `${path} cannot be read: ${message}`, { data: { path }, cause })
}
