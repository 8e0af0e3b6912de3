import { readFile } from 'node:fs/promises'
import { AppError, type ErrorCode } from '#common/contract/errors.ts'
import { readingError, regularFile } from './regular-file.ts'

/**
 * Reads a whole regular file.
 * @param limit most bytes that are read; a larger file is refused before any of it is, with `limit.code`
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a pipe, a device, no permission); `limit.code`
 */
export async function readBytes(
  path: string,
  limit: { readonly maxBytes: number; readonly code: ErrorCode },
): Promise<Uint8Array> {
  const { size } = await regularFile(path)
  if (size > limit.maxBytes) {
    throw new AppError(limit.code, `${path} has ${size} bytes; at most ${limit.maxBytes} are read.`, {
      data: { path, sizeBytes: size, maxBytes: limit.maxBytes },
    })
  }
  try {
    return await readFile(path)
  } catch (cause) {
    throw readingError(path, cause)
  }
}
