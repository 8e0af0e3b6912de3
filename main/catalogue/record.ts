import { readFile, rm } from 'node:fs/promises'
import { z } from 'zod'
import { writeAside } from '#main/files/write-aside.ts'

/** Which file was verified for an entry, and what it looked like then. */
const LibraryRecord = z.strictObject({
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  mtimeMs: z.number(),
  sha256: z.string(),
  verifiedBy: z.enum(['hash', 'structure']),
})
export type LibraryRecord = z.output<typeof LibraryRecord>

/** Null where there is none, or one that cannot be read: then the file is verified again. */
export async function readRecord(path: string): Promise<LibraryRecord | null> {
  try {
    return LibraryRecord.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return null
  }
}

/** @throws AppError 'file.unwritable' */
export async function writeRecord(path: string, record: LibraryRecord): Promise<void> {
  await writeAside(path, `${JSON.stringify(record, null, 2)}\n`)
}

export async function removeRecord(path: string): Promise<void> {
  await rm(path, { force: true })
}
