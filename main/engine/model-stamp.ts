import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Tells whether a classifier that was loaded is still what lies on the disk: times and sizes of the model's file and of
 * those that its card may come from. Weights in files of their own are written together with the model's file.
 * @returns null where the model's file is not there
 */
export async function modelStamp(path: string): Promise<string | null> {
  const files = [path, `${path}.card.json`, join(dirname(path), 'metadata.json')]
  const stamps = await Promise.all(files.map(fileStamp))
  return stamps[0] === null ? null : stamps.join(' ')
}

/** Tells a file from another one under the same path; null: it cannot be looked at. */
export async function fileStamp(file: string): Promise<string | null> {
  try {
    const { mtimeMs, size } = await stat(file)
    return `${mtimeMs}:${size}`
  } catch {
    return null // what cannot be looked at is for the loading to complain of
  }
}
