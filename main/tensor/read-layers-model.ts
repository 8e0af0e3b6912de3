import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import type { io, LayersModel } from '@tensorflow/tfjs'
import { z } from 'zod'
import { AppError } from '#common/contract/errors.ts'
import { describeIssues } from '#common/contract/rpc.ts'
import { buildLayersModel } from './build-layers-model.ts'
import { sizeOf } from './graph.ts'

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
  quantization: z
    .object({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().optional(),
      min: z.number().optional(),
    })
    .loose()
    .optional(),
})
const modelSchema = z.object({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(weightSchema) })),
})
type Group = z.output<typeof modelSchema>['weightsManifest'][number]

const bytesOf = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const

/**
 * Loads a TF.js layers-model (`model.json` and its shards) through the current TensorFlow.js backend.
 * The caller disposes `model`. Nothing else may use TensorFlow.js meanwhile.
 * @throws AppError 'file.missing', 'model.format', 'model.shard-missing', 'model.shard-size', 'path.outside',
 *   'model.weights-not-finite' (naming the tensor), 'model.layer-unknown'
 */
export async function readLayersModel(path: string): Promise<LayersModelFile> {
  const json = await readModelJson(path)
  const hash = createHash('sha256').update(json)
  const manifest = parseModelJson(path, json)
  const weightData: ArrayBuffer[] = []
  for (const group of manifest.weightsManifest) {
    const bytes = await readGroup(path, group)
    hash.update(bytes)
    requireFinite(path, group, bytes)
    weightData.push(bytes.buffer)
  }
  const model = await buildLayersModel(path, {
    modelTopology: manifest.modelTopology,
    weightSpecs: manifest.weightsManifest.flatMap((group) => group.weights) as io.WeightsManifestEntry[],
    weightData,
  })
  return { model, sha256: hash.digest('hex') }
}

async function readModelJson(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new AppError('file.missing', `the model file ${path} cannot be read`, {
      hint: 'Give the path of a TF.js model.json.',
      cause,
    })
  }
}

function parseModelJson(path: string, bytes: Uint8Array): z.output<typeof modelSchema> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new AppError('model.format', `${path} is not JSON: ${inOneLine(cause)}`, {
      hint: 'Give the path of a TF.js model.json; if it is one, the file was cut off: copy it again.',
      cause,
    })
  }
  const parsed = modelSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const keys: object = typeof json === 'object' && json !== null ? json : {}
  if ('format' in keys && keys.format === 'graph-model') {
    throw new AppError('model.format', `${path} is a TF.js graph-model`, {
      hint: 'Export the Keras model as a layers-model: a graph-model has lost its layers.',
    })
  }
  const absent = ['modelTopology', 'weightsManifest'].find((key) => !(key in keys))
  const why = absent === undefined ? describeIssues(parsed.error) : `it has no “${absent}”`
  throw new AppError('model.format', `${path} is not a TF.js layers-model: ${why}`, {
    hint: 'Give the model.json that TF.js or its converter wrote.',
    cause: parsed.error,
  })
}

/** The bytes of a group's shards, one after the other, in a buffer of their own. */
async function readGroup(modelPath: string, group: Group): Promise<Uint8Array<ArrayBuffer>> {
  const shards: Uint8Array[] = []
  for (const name of group.paths) shards.push(await readShard(modelPath, name))
  const expected = group.weights.reduce((sum, weight) => sum + sizeBytesOf(weight), 0)
  const found = shards.reduce((sum, shard) => sum + shard.length, 0)
  if (found !== expected) {
    const hold = group.paths.length > 1 ? 'hold' : 'holds'
    throw new AppError(
      'model.shard-size',
      `${modelPath}: ${nameShards(group.paths)} ${hold} ${found} bytes, the tensors need ${expected}`,
      { hint: 'The file was cut off or belongs to another model; copy it again.', data: { expected, found } },
    )
  }
  const bytes = new Uint8Array(found)
  let offset = 0
  for (const shard of shards) {
    bytes.set(shard, offset)
    offset += shard.length
  }
  return bytes
}

function nameShards(paths: readonly string[]): string {
  return paths.length > 2 ? `${paths[0]!} to ${paths.at(-1)!}` : paths.join(' and ') || 'no weight file'
}

async function readShard(modelPath: string, name: string): Promise<Uint8Array> {
  const relative = normalize(name)
  if (isAbsolute(relative) || relative.split(sep).includes('..')) {
    throw new AppError('path.outside', `${modelPath} names the shard “${name}”, which lies outside the model’s folder`)
  }
  try {
    return await readFile(join(dirname(modelPath), relative))
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const what = isAbsent ? 'is missing' : `cannot be read: ${inOneLine(cause)}`
    throw new AppError('model.shard-missing', `${modelPath}: its weight file ${name} ${what}`, {
      hint: 'Copy all files that belong to the model into one folder.',
      data: { shard: name },
      cause,
    })
  }
}

function sizeBytesOf(weight: Group['weights'][number]): number {
  return sizeOf(weight.shape) * bytesOf[weight.quantization?.dtype ?? weight.dtype]
}

function requireFinite(path: string, group: Group, bytes: Uint8Array): void {
  let offset = 0
  for (const weight of group.weights) {
    const size = sizeBytesOf(weight)
    const values = new DataView(bytes.buffer, bytes.byteOffset + offset, size)
    if (!areFinite[weight.quantization?.dtype ?? weight.dtype](values)) {
      throw new AppError('model.weights-not-finite', `${path}: the weights of ${weight.name} hold NaN or infinity`, {
        hint: 'The training that made this file diverged, or the file is damaged.',
        data: { tensor: weight.name },
      })
    }
    offset += size
  }
}

const always = (): boolean => true

/** Whether all values of a stored type are finite, told from their bytes; integers always are. */
const areFinite: Readonly<Record<keyof typeof bytesOf, (values: DataView) => boolean>> = {
  float32: (values) => {
    for (let at = 0; at < values.byteLength; at += 4) if (!Number.isFinite(values.getFloat32(at, true))) return false
    return true
  },
  float16: (values) => {
    const exponent = 0x7c00 // all ones: NaN or infinity
    for (let at = 0; at < values.byteLength; at += 2) {
      if ((values.getUint16(at, true) & exponent) === exponent) return false
    }
    return true
  },
  int32: always,
  bool: always,
  uint8: always,
  uint16: always,
}

function inOneLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ').trim()
}
