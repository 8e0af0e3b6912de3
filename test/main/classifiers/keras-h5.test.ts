import { readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kerasH5Format, readKerasH5 } from '#main/classifiers/keras-h5.ts'
import { writeHdf5, type Hdf5Array } from '../../builders/keras-files.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { expectOnlyAppErrors } from '../files/damage.ts'
import { seededValues } from '../tensor/layer-models.ts'
import { expectComputable, predict, readingError, readModel } from './keras-reading.ts'
import { smallConfig, smallH5Content, smallWeights, writeSmallH5, type Weights } from './small-keras.ts'

const photoShape = [6, 5, 3]
const photo = seededValues(90, 8)

describe('a whole model in an .h5 file', () => {
  it('is read with its weights', async () => {
    const model = await readModel(await writeSmallH5())
    expectComputable(model, photo, photoShape)
    const stored = Object.values(smallWeights()).flatMap((tensors) => Object.values(tensors))
    expect(model.getWeights().map((weight) => [...weight.dataSync()])).toEqual(stored.map(({ values }) => [...values]))
  })

  it('is a classifier known by the sha256 of its file', async () => {
    const path = await writeSmallH5()
    const source = await kerasH5Format.read(path)
    onTestFinished(() => source.dispose())
    expect(source.facts).toMatchObject({ inputShape: photoShape, nClasses: 3, lastSpatialLayer: 'second' })
    expect(source.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'))
    const answer = await source.reference(photo, photoShape)
    expect([...answer]).toEqual([...predict(await readModel(path), photo, photoShape)])
  })

  it('may have double precision', async () => {
    const weights = smallWeights()
    const double = (tensor: Hdf5Array): Hdf5Array => ({ ...tensor, values: Float64Array.from(tensor.values) })
    const doubles: Weights = Object.fromEntries(
      Object.entries(weights).map(([layer, { kernel, bias }]) => [
        layer,
        { kernel: double(kernel!), bias: double(bias!) },
      ]),
    )
    const found = predict(await readModel(await writeSmallH5({ weights: doubles })), photo, photoShape)
    const expected = predict(await readModel(await writeSmallH5()), photo, photoShape)
    expect([...found]).toEqual([...expected])
  })

  it('may have lists of names that are cut into several attributes', async () => {
    const content = smallH5Content()
    const { attributes, groups } = content.groups.model_weights
    const { layer_names: names = [] } = attributes
    const second = groups['second']!
    const path = await writeHdf5(join(temporaryFolder(), 'cut.h5'), {
      ...content,
      groups: {
        model_weights: {
          attributes: { layer_names0: names.slice(0, 2), layer_names1: names.slice(2) },
          groups: {
            ...groups,
            second: {
              ...second,
              attributes: { weight_names0: ['small/second/kernel'], weight_names1: ['small/second/bias'] },
            },
          },
        },
      },
    })
    const found = predict(await readModel(path), photo, photoShape)
    expect([...found]).toEqual([...predict(await readModel(await writeSmallH5()), photo, photoShape)])
  })

  it('may have noted the random numbers of a layer', async () => {
    const config = smallConfig()
    config.config.layers.splice(1, 0, { class_name: 'RandomFlip', config: { name: 'flip' } })
    const state: Hdf5Array = { shape: [3], values: new Float32Array(3) }
    const path = await writeSmallH5({ config, weights: { flip: { 'StateVar:0': state }, ...smallWeights() } })
    expectComputable(await readModel(path), photo, photoShape)
  })
})

describe('tensors that do not fit are named', () => {
  const tensor = (...shape: number[]): Hdf5Array => ({
    shape,
    values: seededValues(
      shape.reduce((a, b) => a * b),
      1,
    ),
  })

  it.each<[string, (weights: Weights) => unknown, string]>([
    ['of another shape', (weights) => void (weights['second']!['kernel'] = tensor(3, 3, 3, 4)), 'small/second/kernel'],
    ['transposed', (weights) => void (weights['scores']!['kernel'] = tensor(3, 4)), 'small/scores/kernel'],
    ['a missing one', (weights) => delete weights['first']!['bias'], 'first/bias'],
    ['a missing layer', (weights) => delete weights['second'], 'second'],
    ['one too many', (weights) => void (weights['first']!['more'] = tensor(4)), 'small/first/more'],
    ['a layer too many', (weights) => void (weights['third'] = { kernel: tensor(4) }), 'small/third/kernel'],
    ['weights beside the layers', (weights) => void (weights['top_level_model_weights'] = { own: tensor(2) }), 'own'],
  ])('%s', async (_, change, named) => {
    const weights = smallWeights()
    change(weights)
    const error = await readingError(await writeSmallH5({ weights }))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining(named) as string })
    expect(error.message).toMatch(/^[^\n]+small\.h5: /)
  })

  it.each([NaN, Infinity])('that hold %d', async (value) => {
    const weights = smallWeights()
    weights['second']!['bias']!.values[1] = value
    const error = await readingError(await writeSmallH5({ weights }))
    expect(error).toMatchObject({ code: 'model.weights-not-finite', data: { tensor: 'second: small/second/bias' } })
  })

  it('that are listed but not there', async () => {
    const content = smallH5Content()
    const { groups } = content.groups.model_weights
    const path = await writeHdf5(join(temporaryFolder(), 'less.h5'), {
      ...content,
      groups: {
        model_weights: {
          ...content.groups.model_weights,
          groups: { ...groups, scores: { attributes: groups['scores']!.attributes! } },
        },
      },
    })
    const error = await readingError(path)
    expect(error).toMatchObject({ code: 'file.format', message: expect.stringContaining('scores/kernel') as string })
  })
})

describe('files that are no model are refused', () => {
  it.each([
    ['not JSON', '{"class_name"', 'model.format'],
    ['a list', '[]', 'model.format'],
    [
      'a custom layer',
      '{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"Mine","config":{"name":"m","batch_input_shape":[null,6,5,3]}}]}}',
      'model.layer-unknown',
    ],
    ['of a class of its own', '{"class_name":"MyModel","config":{}}', 'model.layer-unknown'],
  ])('described by %s', async (_, config, code) => {
    expect(await readingError(await writeSmallH5({ config }))).toMatchObject({ code })
  })

  it.each([
    ['1.2.2', 'Keras 1.2.2'],
    [null, 'Keras'],
  ])('written by version %s', async (version, named) => {
    const error = await readingError(await writeSmallH5({ version }))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining(named) as string })
  })

  it('that hold something else', async () => {
    const path = await writeHdf5(join(temporaryFolder(), 'other.h5'), {
      arrays: { data: { shape: [1], values: new Float32Array(1) } },
    })
    expect(await readingError(path)).toMatchObject({ code: 'model.format' })
    const text = join(temporaryFolder(), 'text.h5')
    writeFileSync(text, 'not HDF5')
    expect(await readingError(text)).toMatchObject({ code: 'file.format' })
    expect(await readingError(join(temporaryFolder(), 'none.h5'))).toMatchObject({ code: 'file.missing' })
  })

  it('that are weights only, saying how they can be used', async () => {
    const { attributes, groups } = smallH5Content().groups.model_weights
    const path = await writeHdf5(join(temporaryFolder(), 'weights.h5'), { attributes, groups })
    expect(await readingError(path)).toMatchObject({
      code: 'model.format',
      hint: expect.stringContaining('--architecture vgg16|resnet50|mobilenet') as string,
    })
  })

  it('with layers larger than the file can hold', async () => {
    const config = smallConfig()
    config.config.layers.at(-1)!.config['units'] = 1e12
    expect(await readingError(await writeSmallH5({ config }))).toMatchObject({ code: 'model.format' })
  })

  it('with inputs that are no colour photos', async () => {
    const config = smallConfig()
    config.config.layers[0]!.config['batch_shape'] = [null, 6, 5, 1]
    const weights = smallWeights()
    weights['first']!['kernel'] = { shape: [3, 3, 1, 4], values: new Float32Array(36) }
    const path = await writeSmallH5({ config, weights })
    await expect(kerasH5Format.read(path)).rejects.toMatchObject({ code: 'model.format' })
  })
})

it('survives any damage', async () => {
  const path = await writeSmallH5()
  await readModel(path)
  await expectOnlyAppErrors(readFileSync(path), async (bytes) => {
    writeFileSync(path, bytes)
    const { model } = await readKerasH5(path)
    model.dispose()
  })
})
