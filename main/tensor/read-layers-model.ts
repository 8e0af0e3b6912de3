import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { loadLayersModel, type io, type LayersModel } from '@tensorflow/tfjs'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'

/** A TF.js layers-model read from disk, with the hash of everything that was read. */
export interface LayersModelFile {
  readonly model: LayersModel
  /** sha256 over model.json and the shards in manifest order, hex */
  readonly sha256: string
}

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'uint8', 'uint16', 'float16']),
  quantization: z.object({ dtype: z.enum(['uint8', 'uint16', 'float16']) }).loose().optional(),
})
const modelSchema = z.object({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(weightSchema) })),
})
type Group = z.output<typeof modelSchema>['weightsManifest'][number]

const bytesOf = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const

/**
 * Loads a TF.js layers-model (`model.json` and its shards) through the current TensorFlow.js backend.
 * The caller disposes `model`.
 * @throws AppError 'file.missing', 'model.format', 'model.shard-missing', 'model.shard-size',
 *   'model.weights-not-finite' (naming the tensor), 'model.layer-unknown'
 */
export async function readLayersModel(path: string): Promise<LayersModelFile> {
  const text = await readModelJson(path)
  const manifest = parseModelJson(path, text)
  const hash = createHash('sha256').update(text)
  const groups: Buffer[] = []
  for (const group of manifest.weightsManifest) {
    const bytes = await readGroup(path, group)
    hash.update(bytes)
    requireFinite(path, group, bytes)
    groups.push(bytes)
  }
  const artifacts: io.ModelArtifacts = {
    modelTopology: manifest.modelTopology,
    weightSpecs: manifest.weightsManifest.flatMap((group) => group.weights) as io.WeightsManifestEntry[],
    weightData: joined(groups),
  }
  try {
    return { model: await loadLayersModel({ load: () => Promise.resolve(artifacts) }), sha256: hash.digest('hex') }
  } catch (cause) {
    throw topologyError(path, cause)
  }
}

function joined(groups: readonly Buffer[]): ArrayBuffer {
  const all = new Uint8Array(groups.reduce((sum, group) => sum + group.length, 0))
  let offset = 0
  for (const group of groups) {
    all.set(group, offset)
    offset += group.length
  }
  return all.buffer
}

async function readModelJson(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('file.missing', `the model file ${path} cannot be read`, {
      hint: 'Give the path of a TF.js model.json.',
      cause,
    })
  }
}

function parseModelJson(path: string, text: string): z.output<typeof modelSchema> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('model.format', `${path} is not JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = modelSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const isGraphModel = typeof json === 'object' && json !== null && 'format' in json && json.format === 'graph-model'
  throw new AppError(
    'model.format',
    isGraphModel ? `${path} is a TF.js graph-model` : `${path} is not a TF.js layers-model (no topology or manifest)`,
    { hint: 'Export the Keras model as a layers-model: a graph-model has lost its layers.', cause: parsed.error },
  )
}

async function readGroup(modelPath: string, group: Group): Promise<Buffer> {
  const shards: Buffer[] = []
  for (const name of group.paths) {
    const relative = normalize(name)
    if (isAbsolute(relative) || relative.split(sep).includes('..')) {
      throw new AppError('path.outside', `${modelPath} names the shard “${name}”, which lies outside the model's folder`)
    }
    try {
      shards.push(await readFile(join(dirname(modelPath), relative)))
    } catch (cause) {
      throw new AppError('model.shard-missing', `${modelPath}: its weight file ${name} is missing`, {
        hint: 'Copy all files that belong to the model into one folder.',
        data: { shard: name },
        cause,
      })
    }
  }
  const bytes = Buffer.concat(shards)
  const expected = group.weights.reduce((sum, weight) => sum + sizeBytesOf(weight), 0)
  if (bytes.length !== expected) {
    throw new AppError(
      'model.shard-size',
      `${modelPath}: ${group.paths.join(', ')} ${group.paths.length > 1 ? 'hold' : 'holds'} ${bytes.length} bytes, its tensors need ${expected}`,
      { hint: 'The file was cut off or belongs to another model; copy it again.', data: { expected, found: bytes.length } },
    )
  }
  return bytes
}

function sizeBytesOf(weight: Group['weights'][number]): number {
  const nValues = weight.shape.reduce((product, n) => product * n, 1)
  return nValues * bytesOf[weight.quantization?.dtype ?? weight.dtype]
}

function requireFinite(path: string, group: Group, bytes: Buffer): void {
  let offset = 0
  for (const weight of group.weights) {
    const size = sizeBytesOf(weight)
    if (weight.dtype === 'float32' && !weight.quantization) {
      const values = new DataView(bytes.buffer, bytes.byteOffset + offset, size)
      for (let at = 0; at < size; at += 4) {
        if (Number.isFinite(values.getFloat32(at, true))) continue
        throw new AppError('model.weights-not-finite', `${path}: the weights of ${weight.name} hold NaN or infinity`, {
          hint: 'The training that made this file diverged, or the file is damaged.',
          data: { tensor: weight.name },
        })
      }
    }
    offset += size
  }
}

function topologyError(path: string, cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const unknown = /Unknown layer: (\w+)/.exec(message)?.[1]
  if (unknown) {
    return new AppError('model.layer-unknown', `${path}: TensorFlow.js knows no layer of class ${unknown}`, {
      hint: 'Custom layers cannot be loaded; export the model as ONNX instead.',
      data: { layer: unknown },
      cause,
    })
  }
  return new AppError('model.format', `${path} cannot be loaded: ${message.split('\n')[0] ?? ''}`, { cause })
}
