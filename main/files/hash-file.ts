import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { AppError } from '#common/contract/errors.ts'

/**
 * sha256 of a file of any size, hex.
 * @throws AppError 'file.unreadable'
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  } catch (cause) {
    throw new AppError('file.unreadable', `${path} cannot be read: ${String(cause)}`, { data: { path }, cause })
  }
  return hash.digest('hex')
}
