import { dirname } from 'node:path'
import { createHash } from 'node:crypto'
import { AppError } from '#common/contract/errors.ts'
import { sha256OfFile } from '#main/files/hash-file.ts'
import { resolveInside } from '#main/files/safe-path.ts'
import { FileBytes } from './read-bytes.ts'
import { readModel, type OnnxModel } from './read-model.ts'
import { ProtobufReader } from './read-protobuf.ts'
import type { OnnxTensor } from './read-tensor.ts'

/** An ONNX file that is open, with the files of its external data. Whoever opened it closes it. */
export interface OnnxFile {
  readonly model: OnnxModel
  /** over all its files, hex */
  readonly sha256: string
  /** Values of one of its tensors, read each time anew. @throws AppError 'model.format', 'file.unreadable' */
  read(tensor: OnnxTensor): Float32Array | number[]
  close(): void
}

/**
 * Opens an ONNX file. Weights stay in it until they are asked for; it must live as long as a graph that is made of it.
 * @throws AppError 'file.missing', 'file.unreadable'; 'model.format' where it is damaged or no ONNX model;
 *   'path.outside' and 'model.shard-missing', 'model.shard-size' for its external data
 */
export async function openOnnxFile(path: string): Promise<OnnxFile> {
  const file = new FileBytes(path)
  try {
    const model = readModel(new ProtobufReader(file))
    const paths = await findExternals(path, tensorsOf(model))
    return {
      model,
      sha256: await sha256OfFiles(path, paths),
      read: (tensor) => {
        if (!tensor.external) return tensor.read()
        // opened for each tensor: some exporters give every one a file of its own
        const external = new FileBytes(paths.get(tensor.external.location)!)
        try {
          return tensor.read(external)
        } finally {
          external.close()
        }
      },
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * The locations of an ONNX file's external data, as they stand in it: where they lead is not looked at.
 * @throws AppError 'file.missing', 'file.unreadable'; 'model.format'
 */
export function externalLocations(path: string): readonly string[] {
  const file = new FileBytes(path)
  try {
    const tensors = tensorsOf(readModel(new ProtobufReader(file)))
    return [...new Set(tensors.flatMap(({ external }) => (external ? [external.location] : [])))]
  } finally {
    file.close()
  }
}

function tensorsOf({ initializers, nodes }: OnnxModel): OnnxTensor[] {
  const tensors = [...initializers]
  for (const { attributes } of nodes) {
    for (const value of attributes.values()) if (isTensor(value)) tensors.push(value)
  }
  return tensors
}

export function isTensor(value: unknown): value is OnnxTensor {
  return typeof value === 'object' && value !== null && 'external' in value
}

/** Checks that each tensor lies in a file inside the model's folder. @returns the files' paths, by location */
async function findExternals(path: string, tensors: readonly OnnxTensor[]): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  const sizes = new Map<string, number>()
  for (const { name, external } of tensors) {
    if (!external) continue
    const { location, offset, length } = external
    if (!paths.has(location)) {
      const inside = await resolveInside(dirname(path), location)
      sizes.set(location, sizeOfExternal(inside, location))
      paths.set(location, inside)
    }
    if (offset + length > sizes.get(location)!) {
      throw new AppError('model.shard-size', `its weight file ${location} ends before the tensor ${name} does`, {
        hint: 'The file was cut off or belongs to another model; copy it again.',
        data: { tensor: name, location },
      })
    }
  }
  return paths
}

function sizeOfExternal(path: string, location: string): number {
  try {
    const file = new FileBytes(path)
    file.close()
    return file.size
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'file.missing') throw cause
    throw new AppError('model.shard-missing', `its weight file ${location} is missing`, {
      hint: 'Copy all files that belong to the model into one folder.',
      data: { location },
      cause,
    })
  }
}

/** The file's own hash where it is alone, else that of all hashes with the files' locations. */
async function sha256OfFiles(path: string, externals: ReadonlyMap<string, string>): Promise<string> {
  const own = await sha256OfFile(path)
  if (externals.size === 0) return own
  const hash = createHash('sha256').update(own)
  for (const [location, external] of [...externals].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${location}\n${await sha256OfFile(external)}`)
  }
  return hash.digest('hex')
}
