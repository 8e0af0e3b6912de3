import { stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { resolveInside } from '#main/files/safe-path.ts'
import { externalLocations } from '#main/tensor/onnx/read-onnx-file.ts'

/**
 * Tells whether a classifier or detector that was loaded is still what lies on the disk: times and sizes of the model's
 * file, of those that its card may come from and of those that an .onnx has its weights in. The weights of a model.json
 * are written together with it.
 * @returns null where the model's file is not there
 */
export async function modelStamp(path: string): Promise<string | null> {
  const own = await fileStamp(path)
  if (own === null) return null
  const weights = extname(path).toLowerCase() === '.onnx' ? await weightFiles(path, own) : []
  const files = [`${path}.card.json`, join(dirname(path), 'metadata.json'), ...weights]
  return [own, ...(await Promise.all(files.map(fileStamp)))].join(' ')
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

/** So many .onnx are remembered, those that were read last. */
const maxRead = 50
/** what an .onnx names beside itself, by its path: to read it takes a tenth of a second, and each photo asks */
const read = new Map<string, { readonly stamp: string; readonly files: readonly string[] }>()

async function weightFiles(path: string, stamp: string): Promise<readonly string[]> {
  const known = read.get(path)
  if (known?.stamp === stamp) return known.files
  const files = await readWeightFiles(path)
  read.delete(path)
  read.set(path, { stamp, files })
  if (read.size > maxRead) read.delete(read.keys().next().value!)
  return files
}

async function readWeightFiles(path: string): Promise<readonly string[]> {
  try {
    return await Promise.all(externalLocations(path).map((location) => resolveInside(dirname(path), location)))
  } catch {
    return [] // nor is this one usable: that, too, the loading says
  }
}
