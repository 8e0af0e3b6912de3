import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { snakeCase } from '#main/classifiers/keras-zip-weights.ts'
import { kerasZipFormat, readKerasZip } from '#main/classifiers/keras-zip.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from '../files/damage.ts'
import { seededValues } from '../tensor/layer-models.ts'
import { expectComputable, predict, readingError, readModel } from './keras-reading.ts'
import {
  keysInZip,
  smallConfig,
  smallWeights,
  smallZipEntries,
  smallZipWeights,
  writeSmallH5,
  writeZip,
  type Weights,
} from './small-keras.ts'

const photoShape = [6, 5, 3]
const photo = seededValues(90, 8)

/** Where the weights are unpacked. */
let scratch: string
beforeEach(() => {
  scratch = temporaryFolder()
  vi.stubEnv('TMPDIR', scratch)
})
afterEach(() => {
  vi.unstubAllEnvs()
  expect(readdirSync(scratch).filter((name) => name.startsWith('obalex-weights-'))).toEqual([])
})

describe('a whole model in a .keras file', () => {
  it.each([0, 6])('packed at level %i is read with its weights', async (level) => {
    const model = await readModel(await writeZip(await smallZipEntries(), { level }))
    expectComputable(model, photo, photoShape)
    const stored = Object.values(smallWeights()).flatMap((tensors) => Object.values(tensors))
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(stored.map(({ values }) => [...values]))
  })

  it('is a classifier known by the sha256 of its file', async () => {
    const path = await writeZip(await smallZipEntries())
    const source = await kerasZipFormat.read(path)
    onTestFinished(() => source.dispose())
    expect(source.facts).toMatchObject({ inputShape: photoShape, nClasses: 3, lastSpatialLayer: 'second' })
    expect(source.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'))
  })

  it('finds its weights as TensorFlow 2.12 stored them', async () => {
    const old = smallWeights()
    const arrays = Object.entries(old).flatMap(([layer, tensors]) =>
      Object.values(tensors).map(
        (tensor, i) => [`_layer_checkpoint_dependencies/${keysInZip[layer]!}/vars/${i}`, tensor] as const,
      ),
    )
    const weights = await smallZipWeights({}, { arrays: Object.fromEntries(arrays) })
    const path = await writeZip({ ...(await smallZipEntries({ version: '2.12.0' })), 'model.weights.h5': weights })
    const expected = predict(await readModel(await writeZip(await smallZipEntries())), photo, photoShape)
    expect([...predict(await readModel(path), photo, photoShape)]).toEqual([...expected])
  })

  it('may be an .h5 file, as Keras wrote one by this name before', async () => {
    const path = join(temporaryFolder(), 'old.keras')
    renameSync(await writeSmallH5(), path)
    expectComputable(await readModel(path), photo, photoShape)
  })

  it.each([
    ['Conv2D', 'conv2d'],
    ['ReLU', 're_lu'],
    ['BatchNormalization', 'batch_normalization'],
    ['DepthwiseConv2D', 'depthwise_conv2d'],
    ['GlobalAveragePooling2D', 'global_average_pooling2d'],
    ['InputLayer', 'input_layer'],
    ['MyCNNLayer', 'my_cnn_layer'],
  ])('has the weights of a %s under %s', (className, key) => {
    expect(snakeCase(className)).toBe(key)
  })
})

describe('tensors that do not fit are named', () => {
  const tensor = (...shape: number[]) => ({
    shape,
    values: seededValues(
      shape.reduce((a, b) => a * b),
      1,
    ),
  })

  it.each<[string, (weights: Weights) => unknown, string]>([
    [
      'of another shape',
      (weights) => void (weights['second']!['kernel'] = tensor(3, 3, 3, 4)),
      '/layers/conv2d_1/vars/0',
    ],
    ['a missing one', (weights) => delete weights['first']!['bias'], 'first/bias'],
    ['a missing layer', (weights) => delete weights['second'], 'second'],
    ['one too many', (weights) => void (weights['first']!['more'] = tensor(4)), '/layers/conv2d/vars/2'],
    ['a layer too many', (weights) => void (weights['third'] = { kernel: tensor(4) }), '/layers/third'],
  ])('%s', async (_, change, named) => {
    const weights = smallWeights()
    change(weights)
    const error = await readingError(await writeZip(await smallZipEntries({ weights })))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining(named) as string })
    expect(error.message).toMatch(/^[^\n]+small\.keras: /)
  })

  it('that hold NaN', async () => {
    const weights = smallWeights()
    weights['second']!['bias']!.values[1] = NaN
    const error = await readingError(await writeZip(await smallZipEntries({ weights })))
    expect(error).toMatchObject({ code: 'model.weights-not-finite', data: { tensor: '/layers/conv2d_1/vars/1' } })
  })

  it('weights beside the layers', async () => {
    const weights = await smallZipWeights(smallWeights(), { arrays: { 'vars/0': tensor(2) } })
    const error = await readingError(await writeZip({ ...(await smallZipEntries()), 'model.weights.h5': weights }))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining('/vars') as string })
  })

  it('a layer whose weights are noted as those of another', async () => {
    const arrays = Object.fromEntries(
      Object.values(smallWeights()['first']!).map((stored, i) => [`${i}`, stored] as const),
    )
    const { second, scores } = smallWeights()
    const weights = await smallZipWeights(
      {},
      {
        groups: {
          layers: {
            groups: {
              conv2d: { groups: { vars: { attributes: { name: 'second' }, arrays } } },
              conv2d_1: { arrays: { 'vars/0': second!['kernel']!, 'vars/1': second!['bias']! } },
              dense: { arrays: { 'vars/0': scores!['kernel']!, 'vars/1': scores!['bias']! } },
            },
          },
        },
      },
    )
    const error = await readingError(await writeZip({ ...(await smallZipEntries()), 'model.weights.h5': weights }))
    expect(error).toMatchObject({ code: 'model.format', data: { tensor: '/layers/conv2d/vars' } })
  })
})

describe('files that are no model are refused', () => {
  it.each(['config.json', 'metadata.json', 'model.weights.h5'])('without %s', async (name) => {
    const { [name]: _, ...entries } = await smallZipEntries()
    const error = await readingError(await writeZip(entries))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining(name) as string })
  })

  it('with weights in parts', async () => {
    const { 'model.weights.h5': weights, ...entries } = await smallZipEntries()
    const path = await writeZip({ ...entries, 'model.weights.json': '{}', 'model_00000.weights.h5': weights! })
    expect(await readingError(path)).toMatchObject({
      code: 'model.format',
      hint: expect.stringContaining('max_shard_size') as string,
    })
  })

  it.each([
    ['not JSON', '{', 'model.format'],
    ['a custom layer', JSON.stringify({ ...smallConfig(), module: 'mine' }), 'model.layer-unknown'],
  ])('described by %s', async (_, config, code) => {
    expect(await readingError(await writeZip(await smallZipEntries({ config })))).toMatchObject({ code })
  })

  it.each([null, '1.0', 'new'])('of version %s', async (version) => {
    expect(await readingError(await writeZip(await smallZipEntries({ version })))).toMatchObject({
      code: 'model.format',
    })
  })

  it('with weights that are no HDF5, naming the file the user knows', async () => {
    const path = await writeZip({ ...(await smallZipEntries()), 'model.weights.h5': 'nothing' })
    const error = await readingError(path)
    expect(error).toMatchObject({ code: 'file.format', message: expect.stringContaining(path) as string })
    expect(error.message).not.toContain('obalex-weights-')
  })

  it('with weights that unpack to more than the model can have', async () => {
    const bomb = await writeZip(
      { ...(await smallZipEntries()), 'model.weights.h5': new Uint8Array(20e6) },
      { level: 9 },
    )
    expect(readFileSync(bomb).length).toBeLessThan(60_000)
    expect(await readingError(bomb)).toMatchObject({
      code: 'file.format',
      message: expect.stringContaining('MB') as string,
    })
  })

  it('with an entry that leads out of the archive, or is encrypted', async () => {
    const bytes = readFileSync(await writeZip({ ...(await smallZipEntries()), 'xx/evil.py': 'x' })).toString('latin1')
    const path = join(temporaryFolder(), 'evil.keras')
    writeFileSync(path, Buffer.from(bytes.replaceAll('xx/evil.py', '../evil.py'), 'latin1'))
    expect(await readingError(path)).toMatchObject({ code: 'path.outside' })
    expect(await readingError(await writeZip(await smallZipEntries(), { password: 'p' }))).toMatchObject({
      code: 'file.format',
    })
  })
})

it('survives any damage', async () => {
  const path = await writeZip(await smallZipEntries())
  await readModel(path)
  await expectOnlyAppErrors(readFileSync(path), async (bytes) => {
    writeFileSync(path, bytes)
    const { model } = await readKerasZip(path)
    model.dispose()
  })
})
