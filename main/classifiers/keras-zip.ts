import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '#common/contract/errors.ts'
import { sha256OfFile } from '#main/files/hash-file.ts'
import { openHdf5 } from '#main/files/hdf5.ts'
import type { ZipEntries } from '#main/files/zip-entries.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import type { LayersModelFile } from '#main/tensor/read-layers-model.ts'
import type { ClassifierFormat } from './format.ts'
import type { KerasGeneration } from './keras-config/keras-object.ts'
import { readKerasH5 } from './keras-h5.ts'
import { buildKerasModel, setWeights, type KerasModel } from './keras-model.ts'
import { keras3Weights } from './keras-zip-weights.ts'
import { sourceOfLayersModel } from './layers-model-source.ts'
import { namingFile } from './naming-file.ts'

/** A whole model as `model.save('x.keras')` writes it: Keras 3, and TensorFlow's Keras from 2.12 on. */
export const kerasZipFormat: ClassifierFormat = {
  id: 'keras-zip',
  label: 'Keras model (.keras)',
  endings: ['.keras'],
  read: (path) => sourceOfLayersModel(path, () => readKerasZip(path)),
}

const configEntry = 'config.json'
const metadataEntry = 'metadata.json'
const weightsEntry = 'model.weights.h5'
/** where Keras splits the weights into several files */
const splitEntry = 'model.weights.json'

/** the first bytes of an HDF5 file */
const hdf5Start = [0x89, 0x48, 0x44, 0x46]

/** The description of a network of thousands of layers has some megabytes. */
const maxConfigBytes = 64e6
const maxMetadataBytes = 1e6
/** A weight of 8 bytes, and three of them that an optimiser keeps beside it. */
const bytesPerWeight = 32
/** What HDF5 needs for its own. */
const bytesPerTensor = 16_384

/**
 * Loads the Keras model of a .keras file through the current TensorFlow.js backend. The caller disposes `model`.
 * Nothing else may use TensorFlow.js meanwhile.
 * @returns the model, and the sha256 of the file
 * @throws AppError what `withZipEntries` and `openHdf5` throw; 'model.format' (tensors that do not fit, each named),
 *   'model.layer-unknown', 'model.weights-not-finite'
 */
export async function readKerasZip(path: string): Promise<LayersModelFile> {
  // before Keras 2.12 this ending gave an HDF5 file
  if (await isHdf5(path)) return readKerasH5(path)
  // only now: its library needs web streams, which the Node of an older Electron lacks
  const { withZipEntries } = await import('#main/files/zip-entries.ts')
  const names = [configEntry, metadataEntry, weightsEntry, splitEntry]
  return withZipEntries(path, names, async (entries) => {
    requireParts(path, entries)
    const generation = generationOf(path, await textOf(entries, metadataEntry, maxMetadataBytes))
    const text = await textOf(entries, configEntry, maxConfigBytes)
    const { size: sizeBytes } = await stat(path)
    const kerasModel = await buildKerasModel(path, { text, generation, sizeBytes })
    try {
      await setWeightsOf(path, entries, kerasModel)
      return { model: kerasModel.model, sha256: await sha256OfFile(path) }
    } catch (error) {
      kerasModel.model.dispose()
      throw error
    }
  })
}

async function isHdf5(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  // whoever opens it next says why it cannot be read
  const file = found?.isFile() ? await open(path).catch(() => null) : null
  if (!file) return false
  try {
    const { buffer } = await file.read(new Uint8Array(hdf5Start.length), 0, hdf5Start.length, 0)
    return hdf5Start.every((byte, i) => byte === buffer[i])
  } finally {
    await file.close()
  }
}

function requireParts(path: string, entries: ZipEntries): void {
  if (entries.has(splitEntry)) {
    throw new AppError('model.format', `${path} has its weights in several parts`, {
      hint: 'Save the model again without max_shard_size.',
    })
  }
  const absent = [configEntry, metadataEntry, weightsEntry].find((name) => !entries.has(name))
  if (absent === undefined) return
  throw new AppError('model.format', `${path} is no Keras model: it has no ${absent}`, {
    hint: 'Give a file that model.save("NAME.keras") wrote.',
  })
}

async function textOf(entries: ZipEntries, name: string, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  await entries.unpack(name, maxBytes, (chunk) => void chunks.push(chunk))
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function generationOf(path: string, metadata: string): KerasGeneration {
  const version = /"keras_version"\s*:\s*"(\d+)\./.exec(metadata)?.[1]
  if (version === '2') return 2
  if (version !== undefined && Number(version) >= 3) return 3
  throw new AppError('model.format', `${path} does not say which Keras wrote it (${metadataEntry})`, {
    hint: 'Save the model again with model.save().',
  })
}

/** HDF5 can only be read from a file: it lies in a folder of its own, which nobody else may enter, while it is read. */
async function setWeightsOf(path: string, entries: ZipEntries, kerasModel: KerasModel): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'obalex-weights-'))
  const weightsPath = join(folder, weightsEntry)
  try {
    await unpackWeights(entries, weightsPath, maxWeightBytes(kerasModel))
    const file = await openHdf5(weightsPath)
    try {
      namingFile(path, () => setWeights(kerasModel, keras3Weights(file, kerasModel.entry)))
    } finally {
      file.close()
    }
  } catch (error) {
    throw namedInstead(error, weightsPath, `the ${weightsEntry} of ${path}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The user knows nothing of the file that an entry became for a moment. */
function namedInstead(error: unknown, unknownPath: string, name: string): unknown {
  if (!(error instanceof AppError) || !error.message.includes(unknownPath)) return error
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new AppError(error.code, error.message.replaceAll(unknownPath, name), { ...hint, cause: error })
}

/** More than the weights of the described model, and of its optimiser, can take. */
function maxWeightBytes({ model }: KerasModel): number {
  const tensors = model.layers.flatMap((layer) => layer.weights)
  const nWeights = tensors.reduce((sum, { shape }) => sum + sizeOf(shape as number[]), 0)
  return nWeights * bytesPerWeight + (model.layers.length + tensors.length) * bytesPerTensor + 1e6
}

async function unpackWeights(entries: ZipEntries, target: string, maxBytes: number): Promise<void> {
  const file = await open(target, 'wx', 0o600)
  try {
    await entries.unpack(weightsEntry, maxBytes, (chunk) => file.writeFile(chunk))
  } finally {
    await file.close()
  }
}
