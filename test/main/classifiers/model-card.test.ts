import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CardOptions } from '#common/contract/procedures/models.ts'
import { completeCard, type ModelFacts } from '#main/classifiers/model-card.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'

const facts: ModelFacts = {
  inputShape: [64, 64, 3],
  nClasses: 3,
  layerNames: ['conv', 'relu', 'dense'],
  lastSpatialLayer: 'relu',
}
const open: ModelFacts = { ...facts, inputShape: [null, null, 3] }
const labels = ['cat', 'dog', 'cow']

/** A folder of a model, with the files beside it; a text is written as it is. */
function modelFolder({ card, metadata }: { card?: unknown; metadata?: unknown }): string {
  const folder = join(temporaryFolder(), 'animals')
  mkdirSync(folder)
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  if (card !== undefined) write('model.json.card.json', card)
  if (metadata !== undefined) write('metadata.json', metadata)
  return join(folder, 'model.json')
}

const teachableMachine = {
  tfjsVersion: '1.3.1',
  tmVersion: '2.4.5',
  packageName: '@teachablemachine/image',
  modelName: 'tm-my-image-model',
  labels,
  imageSize: 96,
}

describe('a model card', () => {
  it('is what the user says, with defaults for the rest', async () => {
    const path = modelFolder({})
    expect(await completeCard(path, { preprocess: 'torch' }, facts)).toEqual({
      name: 'animals',
      width: 64,
      height: 64,
      preprocess: 'torch',
      labels: null,
      layer: 'relu',
      resize: 'nearest',
      fit: 'stretch',
    })
    const options: CardOptions = {
      name: 'Mine',
      preprocess: 'unit',
      labels,
      layer: 'conv',
      resize: 'area',
      fit: 'crop',
      size: 64,
    }
    const { size, ...said } = options
    expect(await completeCard(path, options, facts)).toEqual({ ...said, width: size, height: size })
  })

  it('takes each entry from the options, else its card file, else metadata.json, else the architecture', async () => {
    const architecture = { ...open, layerNames: ['conv_pw_13_relu'] }
    const metadata = { ...teachableMachine, modelName: 'From metadata' }
    const card = { name: 'From card', labels: ['a', 'b', 'c'], size: 128, preprocess: 'caffe', layer: 'conv' }
    const only = (folder: Parameters<typeof modelFolder>[0], options: CardOptions = {}) =>
      completeCard(modelFolder(folder), options, architecture)

    expect(await only({})).toMatchObject({ name: 'animals', labels: null, width: 224, preprocess: 'tf' })
    expect(await only({})).toMatchObject({ layer: 'conv_pw_13_relu' })
    expect(await only({ metadata })).toMatchObject({ name: 'From metadata', labels, width: 96, preprocess: 'tf' })
    const fromCard = { name: 'From card', labels: card.labels, width: 128, preprocess: 'caffe', layer: 'conv' }
    expect(await only({ metadata, card })).toMatchObject(fromCard)
    const options: CardOptions = { name: 'Said', labels, preprocess: 'none', layer: 'relu' }
    const fromOptions = { ...options, width: 32, height: 32 }
    expect(await only({ metadata, card }, { ...options, size: 32 })).toMatchObject(fromOptions)
    // an option that is there without a value is not said
    const undefinedName = { name: undefined } as unknown as CardOptions
    expect(await only({ card }, undefinedName)).toMatchObject({ name: 'From card' })
  })

  it.each([
    [['block5_conv3'], 'block5_conv3', 'caffe'],
    [['block5_conv3', 'block5_conv4'], 'block5_conv4', 'caffe'],
    [['conv5_block3_out', 'avg_pool'], 'conv5_block3_out', 'caffe'],
    [['conv5_block3_out', 'post_bn', 'post_relu'], 'post_relu', 'tf'],
    [['conv_pw_13_relu'], 'conv_pw_13_relu', 'tf'],
    [['Conv_1_bn', 'out_relu'], 'out_relu', 'tf'],
  ])('knows the architecture of the layers %j', async (layerNames, layer, preprocess) => {
    const card = await completeCard(modelFolder({}), {}, { ...facts, layerNames })
    expect(card).toMatchObject({ layer, preprocess })
  })

  it('is called by the file where that says more than “model”, and by the folder also for a relative path', async () => {
    const path = join(temporaryFolder(), 'cats.json')
    expect(await completeCard(path, { preprocess: 'tf' }, facts)).toMatchObject({ name: 'cats' })
    const here = basename(process.cwd())
    expect(await completeCard('model.json', { preprocess: 'tf' }, facts)).toMatchObject({ name: here })
  })

  it('never guesses the preprocessing', async () => {
    const path = modelFolder({ metadata: { labels } })
    await expect(completeCard(path, {}, facts)).rejects.toMatchObject({
      code: 'model.preprocessing-unknown',
      message: expect.stringContaining(path) as string,
      hint: expect.stringContaining('--preprocess') as string,
    })
  })
})

describe('sizes', () => {
  it('left open by the model are what is asked for, also in one direction only', async () => {
    const path = modelFolder({})
    const size = (shape: readonly (number | null)[], options: CardOptions) =>
      completeCard(path, { preprocess: 'tf', ...options }, { ...facts, inputShape: shape })
    expect(await size([null, null, 3], {})).toMatchObject({ width: 224, height: 224 })
    expect(await size([null, null, 3], { size: 160 })).toMatchObject({ width: 160, height: 160 })
    expect(await size([96, null, 3], { size: 96 })).toMatchObject({ width: 96, height: 96 })
    expect(await size([96, null, 3], {})).toMatchObject({ width: 224, height: 96 })
    expect(await size([96, 128, 3], {})).toMatchObject({ width: 128, height: 96 })
  })

  it('that the model does not take are refused, said by the user or by the card', async () => {
    const refusal = { code: 'model.card', message: expect.stringContaining('64×64') as string }
    await expect(completeCard(modelFolder({}), { preprocess: 'tf', size: 128 }, facts)).rejects.toMatchObject(refusal)
    const card = { preprocess: 'tf', size: 128 }
    await expect(completeCard(modelFolder({ card }), {}, facts)).rejects.toMatchObject(refusal)
    // what metadata.json says of the size is about the training photos, not a wish
    const path = modelFolder({ metadata: teachableMachine })
    expect(await completeCard(path, {}, facts)).toMatchObject({ width: 64, height: 64 })
  })

  it('that do not fit into the short side that photos are brought to are refused', async () => {
    const card = { preprocess: 'tf', fit: { shortSide: 63 } } as const
    const refusal = { code: 'model.card', message: expect.stringContaining('64×64') as string }
    await expect(completeCard(modelFolder({ card }), {}, facts)).rejects.toMatchObject(refusal)
    await expect(completeCard(modelFolder({}), card, facts)).rejects.toMatchObject(refusal)
    const fit = { shortSide: 64 }
    expect(await completeCard(modelFolder({ card: { ...card, fit } }), {}, facts)).toMatchObject({ fit })
  })

  it.each([4, 5000])('of %i pixels are no photos', async (side) => {
    const odd = { ...facts, inputShape: [side, 64, 3] }
    await expect(completeCard(modelFolder({}), { preprocess: 'tf' }, odd)).rejects.toMatchObject({
      code: 'model.format',
      message: expect.stringContaining(`64×${side}`) as string,
      hint: expect.stringContaining('from 8 to 4096') as string,
    })
  })
})

describe('labels', () => {
  it.each([
    ['options', {}, { labels: ['a', 'b'] }],
    ['the card', { card: { labels: ['a', 'b'] } }, {}],
    ['metadata.json', { metadata: { labels: ['a', 'b'] } }, {}],
  ])('of another number than the classes are refused, from %s', async (_, files, options) => {
    const path = modelFolder(files)
    await expect(completeCard(path, { preprocess: 'tf', ...options }, facts)).rejects.toMatchObject({
      code: 'model.labels',
      message: expect.stringContaining(path) as string,
      data: { nClasses: 3, nLabels: 2 },
    })
  })
})

describe('a Teachable Machine model', () => {
  it('wants preprocessing tf and is called as its folder where its maker gave no name', async () => {
    const card = await completeCard(modelFolder({ metadata: teachableMachine }), {}, open)
    expect(card).toMatchObject({ name: 'animals', preprocess: 'tf', labels, width: 96, height: 96 })
  })

  it.each([{ tmVersion: '2.0.0' }, { packageName: '@teachablemachine/image' }])('is told by %j', async (mark) => {
    expect(await completeCard(modelFolder({ metadata: mark }), {}, facts)).toMatchObject({ preprocess: 'tf' })
  })

  it('keeps its labels where its name is empty', async () => {
    const metadata = { ...teachableMachine, modelName: '' }
    expect(await completeCard(modelFolder({ metadata }), {}, facts)).toMatchObject({ name: 'animals', labels })
  })
})

describe('files beside the model', () => {
  it.each([
    ['cut off', '{"preprocess":\n "tf'],
    ['no object', '[]'],
    ['of an unknown preprocessing', { preprocess: 'keras' }],
    ['of labels that are no list', { labels: 'cat' }],
    ['of a size that is none', { preprocess: 'tf', size: 3 }],
    ['of an empty name', { preprocess: 'tf', name: '' }],
  ])('that are cards %s are refused by name, in one line', async (_, card) => {
    const path = modelFolder({ card })
    const error = await completeCard(path, { preprocess: 'tf' }, open).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'model.card' })
    expect((error as Error).message).toMatch(/^[^\n]*model\.json\.card\.json[^\n]*$/)
  })

  it('may be cards with more in them than is known here, and a byte order mark', async () => {
    const card = `\uFEFF${JSON.stringify({ preprocess: 'tf', author: 'me', version: 3 })}`
    expect(await completeCard(modelFolder({ card }), {}, facts)).toMatchObject({ preprocess: 'tf' })
  })

  it.each([
    ['a list', []],
    ['other labels', { labels: { 0: 'cat' } }],
    ['no labels', { labels: [] }],
    ['an odd size', { imageSize: 0.5, labels }],
  ])('that are metadata.json of other programs are ignored: %s', async (_, metadata) => {
    const card = await completeCard(modelFolder({ metadata }), { preprocess: 'none' }, open)
    expect(card).toMatchObject({ labels: null, width: 224 })
  })

  it('that cannot be read or parsed are not passed over', async () => {
    const broken = modelFolder({ metadata: '{"labels": [' })
    await expect(completeCard(broken, { preprocess: 'tf' }, facts)).rejects.toMatchObject({
      code: 'model.card',
      message: expect.stringContaining('metadata.json is not JSON') as string,
    })
    const folder = modelFolder({})
    mkdirSync(`${folder}.card.json`)
    await expect(completeCard(folder, { preprocess: 'tf' }, facts)).rejects.toMatchObject({ code: 'model.card' })
  })

  it('are not looked for beside files that are not TF.js’s', async () => {
    const path = modelFolder({ metadata: teachableMachine }).replace('model.json', 'model.onnx')
    await expect(completeCard(path, {}, facts)).rejects.toMatchObject({ code: 'model.preprocessing-unknown' })
  })
})
