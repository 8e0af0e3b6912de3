import { open } from 'node:fs/promises'
import { readingError, regularFile } from './regular-file.ts'

/**
 * The beginning of a file as text.
 * @param nBytes of it at most
 * @throws AppError 'file.missing'; 'file.unreadable' (a folder, a pipe, a device, no permission)
 */
export async function readHead(path: string, nBytes: number): Promise<string> {
  const { size } = await regularFile(path)
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read({ buffer: new Uint8Array(Math.min(nBytes, size)), position: 0 })
      return new TextDecoder().decode(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw readingError(path, cause)
  }
}
