import { readFile, stat } from 'node:fs/promises'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'

/**
 * Reads a whole regular file.
 * @param limit most bytes that are read; a larger file is refused before any of it is, with `limit.code`
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a pipe, a device, no permission); `limit.code`
 */
export async function readBytes(
  path: string,
  limit: { readonly maxBytes: number; readonly code: ErrorCode },
): Promise<Uint8Array> {
  try {
    // a pipe or a device could block or never end
    const found = await stat(path)
    if (!found.isFile()) {
      throw new AppError('file.unreadable', `${path} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}.`)
    }
    if (found.size > limit.maxBytes) {
      throw new AppError(limit.code, `${path} has ${found.size} bytes; at most ${limit.maxBytes} are read.`, {
        data: { path, sizeBytes: found.size, maxBytes: limit.maxBytes },
      })
    }
    return await readFile(path)
  } catch (cause) {
    throw cause instanceof AppError ? cause : readingError(path, cause)
  }
}

function readingError(path: string, cause: unknown): AppError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new AppError('file.missing', `There is no file ${path}.`, { hint: 'Check the path.', data: { path }, cause })
  }
  return new AppError('file.unreadable', `${path} cannot be read: ${message}`, { data: { path }, cause })
}
