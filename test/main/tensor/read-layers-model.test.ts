import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AppError } from '#common/contract/errors.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import { writeSmallModel } from '../../builders/small-model.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from '../files/damage.ts'
import { relativeDifference } from './layer-models.ts'

interface Weight {
  name: string
  shape: number[]
  dtype: string
  quantization?: { dtype: string; scale?: number; min?: number; original_dtype?: string }
}
interface ModelJson {
  format?: string
  modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } }
  weightsManifest: { paths: string[]; weights: Weight[] }[]
}

/** A small model whose model.json was changed. */
async function changedModel(change: (json: ModelJson) => unknown): Promise<string> {
  const path = await writeSmallModel(temporaryFolder(), { card: null })
  const json = JSON.parse(readFileSync(path, 'utf8')) as ModelJson
  writeFileSync(path, JSON.stringify(change(json) ?? json))
  return path
}

/** The one error that reading ends with: a line that names the file. */
async function errorOf(path: string): Promise<AppError> {
  const error = await readLayersModel(path).then(
    ({ model }) => {
      model.dispose()
      throw new Error('the model was read')
    },
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(AppError)
  const { message } = error as AppError
  expect(message).toContain(path)
  expect(message).not.toContain('\n')
  expect(message.length).toBeLessThan(path.length + 250)
  return error as AppError
}

const shardsOf = (path: string): string[] =>
  readdirSync(dirname(path))
    .filter((name) => name.endsWith('.bin'))
    .map((name) => join(dirname(path), name))

describe('a layers-model', () => {
  it('is read with the hash of its files', async () => {
    const path = await writeSmallModel(temporaryFolder(), { nShards: 4 })
    const hash = createHash('sha256')
    for (const file of [path, ...shardsOf(path)]) hash.update(readFileSync(file))
    const { model, sha256 } = await readLayersModel(path)
    expect(sha256).toBe(hash.digest('hex'))
    expect(model.layers.map(({ name }) => name)).toContain('features_relu')
    model.dispose()
  })

  it('may begin with a byte order mark and have several groups of weights', async () => {
    const path = await changedModel((json) => {
      const [{ paths, weights }] = json.weightsManifest as [ModelJson['weightsManifest'][number]]
      json.weightsManifest = [
        { paths, weights },
        { paths: [], weights: [] },
      ]
    })
    writeFileSync(path, `\uFEFF${readFileSync(path, 'utf8')}`)
    const { model } = await readLayersModel(path)
    expect(model.countParams()).toBeGreaterThan(500)
    model.dispose()
  })

  it.each(['uint8', 'uint16', 'float16'] as const)('may have weights quantised to %s', async (dtype) => {
    const plain = await writeSmallModel(temporaryFolder())
    const { model: original } = await readLayersModel(plain)
    const expected = original.getLayer('features').getWeights()[0]!.dataSync<'float32'>()
    const levels = { uint8: 255, uint16: 65535, float16: 0 }[dtype]
    const [low, high] = [Math.min(...expected), Math.max(...expected)]
    const scale = levels ? (high - low) / levels : 1
    const path = await quantised(plain, 'features/kernel', (values) => {
      const stored = [...values].map((value) => (levels ? Math.round((value - low) / scale) : float16Bits(value)))
      const bytes = dtype === 'uint8' ? Uint8Array.from(stored) : Uint16Array.from(stored)
      return { bytes, quantization: levels ? { dtype, scale, min: low } : { dtype, original_dtype: 'float32' } }
    })
    const { model } = await readLayersModel(path)
    onTestFinished(() => {
      model.dispose()
      original.dispose()
    })
    const found = model.getLayer('features').getWeights()[0]!.dataSync()
    expect(relativeDifference(found, expected)).toBeLessThan(levels ? 1 / levels : 1e-3)
  })
})

/** Rewrites one tensor of a model in another stored type. */
async function quantised(
  path: string,
  tensor: string,
  store: (values: Float32Array) => {
    bytes: Uint8Array | Uint16Array
    quantization: NonNullable<Weight['quantization']>
  },
): Promise<string> {
  const all = Buffer.concat(shardsOf(path).map((shard) => readFileSync(shard)))
  const json = JSON.parse(readFileSync(path, 'utf8')) as ModelJson
  const weights = json.weightsManifest[0]!.weights
  const parts: Uint8Array[] = []
  let offset = 0
  for (const weight of weights) {
    const size = 4 * weight.shape.reduce((a, b) => a * b, 1)
    const own = Uint8Array.from(all.subarray(offset, offset + size))
    offset += size
    if (weight.name !== tensor) {
      parts.push(own)
      continue
    }
    const { bytes, quantization } = store(new Float32Array(own.buffer))
    parts.push(new Uint8Array(bytes.buffer))
    weight.quantization = quantization
  }
  json.weightsManifest[0]!.paths = ['all.bin']
  writeFileSync(join(dirname(path), 'all.bin'), Buffer.concat(parts))
  writeFileSync(path, JSON.stringify(json))
  return Promise.resolve(path)
}

/** Bits of the half-precision number below, for values in the normal range. */
function float16Bits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!
  const exponent = ((bits >>> 23) & 0xff) - 112
  return exponent <= 0 ? 0 : ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff)
}

describe('a file that is no layers-model', () => {
  it('is missing, or a folder', async () => {
    const folder = temporaryFolder()
    expect(await errorOf(join(folder, 'model.json'))).toMatchObject({ code: 'file.missing' })
    mkdirSync(join(folder, 'folder.json'))
    expect(await errorOf(join(folder, 'folder.json'))).toMatchObject({ code: 'file.missing' })
  })

  it.each([
    ['empty', ''],
    ['no JSON', 'weights\n of my model'],
    ['cut off', '{"modelTopology": {\n"class_name": "Seq'],
    ['binary', '\u0000\u0001\uFFFD'],
  ])('is %s', async (_, text) => {
    const path = join(temporaryFolder(), 'model.json')
    writeFileSync(path, text)
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('is not JSON') as string,
    })
  })

  it.each([null, 3, [], 'model', {}, { modelTopology: null }])('is the JSON %j', async (json) => {
    const path = await changedModel(() => json ?? 'null')
    expect(await errorOf(path)).toMatchObject({ code: 'model.format' })
  })

  it('is a graph-model', async () => {
    const path = await changedModel((json) => ({ ...json, format: 'graph-model', modelTopology: undefined }))
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('graph-model') as string,
      hint: expect.stringContaining('layers-model') as string,
    })
  })

  it('has no manifest of weights', async () => {
    const path = await changedModel((json) => ({ ...json, weightsManifest: undefined }))
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('weightsManifest') as string,
    })
  })
})

describe('weight files', () => {
  it('are missing', async () => {
    const path = await writeSmallModel(temporaryFolder())
    const shard = shardsOf(path)[1]!
    rmSync(shard)
    expect(await errorOf(path)).toMatchObject({
      code: 'model.shard-missing',
      message: expect.stringContaining(`${basename(shard)} is missing`) as string,
      data: { shard: basename(shard) },
    })
  })

  it('are folders', async () => {
    const path = await writeSmallModel(temporaryFolder())
    const shard = shardsOf(path)[1]!
    rmSync(shard)
    mkdirSync(shard)
    expect(await errorOf(path)).toMatchObject({ code: 'model.shard-missing' })
  })

  it.each([
    ['shorter', -1],
    ['longer', 4],
  ])('are %s than the tensors need', async (_, by) => {
    const path = await writeSmallModel(temporaryFolder())
    const shard = shardsOf(path)[2]!
    const bytes = readFileSync(shard)
    writeFileSync(shard, by < 0 ? bytes.subarray(0, by) : Buffer.concat([bytes, Buffer.alloc(by)]))
    const error = await errorOf(path)
    expect(error).toMatchObject({ code: 'model.shard-size' })
    const { expected, found } = error.data as { expected: number; found: number }
    expect(found - expected).toBe(by)
    expect(error.message).toContain(`${found} bytes`)
  })

  it.each(['../model.bin', 'a/../../model.bin', '/etc/hostname', '..'])('lie outside at %s', async (outside) => {
    const path = await changedModel((json) => void (json.weightsManifest[0]!.paths = [outside]))
    expect(await errorOf(path)).toMatchObject({
      code: 'path.outside',
      message: expect.stringContaining(`“${outside}”`) as string,
    })
  })

  it('may lie in a folder of their own', async () => {
    const path = await changedModel((json) => {
      json.weightsManifest[0]!.paths = json.weightsManifest[0]!.paths.map((name) => `./weights/${name}`)
    })
    mkdirSync(join(dirname(path), 'weights'))
    for (const shard of shardsOf(path)) {
      writeFileSync(join(dirname(path), 'weights', basename(shard)), readFileSync(shard))
      rmSync(shard)
    }
    const { model } = await readLayersModel(path)
    model.dispose()
  })
})

describe('weights', () => {
  it.each([NaN, Infinity])('that hold %d are refused by name', async (value) => {
    const path = await writeSmallModel(temporaryFolder(), { nShards: 1 })
    const shard = shardsOf(path)[0]!
    const bytes = readFileSync(shard)
    const first = 3 * 3 * 3 * 8 // the kernel of the first layer; the next tensor begins behind it
    bytes.writeFloatLE(value, 4 * (first + 2))
    writeFileSync(shard, bytes)
    expect(await errorOf(path)).toMatchObject({
      code: 'model.weights-not-finite',
      message: expect.stringContaining('conv_bn/gamma') as string,
      data: { tensor: 'conv_bn/gamma' },
    })
  })

  it('that hold NaN in half precision are refused by name', async () => {
    const path = await quantised(await writeSmallModel(temporaryFolder()), 'scores/bias', (values) => ({
      bytes: new Uint16Array(values.length).fill(0x7e00),
      quantization: { dtype: 'float16' },
    }))
    expect(await errorOf(path)).toMatchObject({ code: 'model.weights-not-finite', data: { tensor: 'scores/bias' } })
  })

  it.each(['float64', 'string', 'complex64', undefined])('of the type %s are refused', async (dtype) => {
    const path = await changedModel((json) => void (json.weightsManifest[0]!.weights[2]!.dtype = dtype!))
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('weightsManifest.0.weights.2.dtype') as string,
    })
  })

  it.each([
    ['of a bare stored type', (weight: Weight) => void (weight.dtype = 'uint8'), 'model.shard-size'],
    ['of another shape', (weight: Weight) => void weight.shape.reverse(), 'model.format'],
    ['of another name', (weight: Weight) => void (weight.name = 'conv/other'), 'model.format'],
    ['of a negative size', (weight: Weight) => void (weight.shape[0] = -3), 'model.format'],
    ['of an enormous size', (weight: Weight) => void (weight.shape[0] = 1e15), 'model.shard-size'],
  ])('%s are refused', async (_, change, code) => {
    const path = await changedModel((json) => change(json.weightsManifest[0]!.weights[0]!))
    expect(await errorOf(path)).toMatchObject({ code })
  })

  it('leave no tensors where they do not fit the layers', async () => {
    const path = await changedModel((json) => void (json.weightsManifest[0]!.weights.at(-1)!.name = 'scores/other'))
    const before = tf.memory().numTensors
    await errorOf(path)
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('layers', () => {
  it('of unknown classes are refused by their class', async () => {
    const path = await changedModel((json) => void (json.modelTopology.config.layers[2]!.class_name = 'HardSwish'))
    expect(await errorOf(path)).toMatchObject({
      code: 'model.layer-unknown',
      message: expect.stringContaining('HardSwish') as string,
      data: { layer: 'HardSwish' },
    })
  })

  it('with unknown activations are refused', async () => {
    const path = await changedModel(
      (json) => void (json.modelTopology.config.layers.at(-1)!.config['activation'] = 'gelu2'),
    )
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      message: expect.stringContaining('gelu2') as string,
    })
  })

  it('as Keras 3 writes them are refused with a way out', async () => {
    const path = await changedModel((json) => {
      const { config } = json.modelTopology.config.layers[0]!
      config['batch_shape'] = config['batch_input_shape']
      delete config['batch_input_shape']
    })
    expect(await errorOf(path)).toMatchObject({
      code: 'model.format',
      hint: expect.stringContaining('Keras 3') as string,
    })
  })
})

it('survives any damage to model.json', async () => {
  const path = await writeSmallModel(temporaryFolder(), { nShards: 1 })
  const bytes = readFileSync(path)
  await expectOnlyAppErrors(
    bytes,
    async (damaged) => {
      writeFileSync(path, damaged)
      const { model } = await readLayersModel(path)
      model.dispose()
    },
    150,
  )
})
