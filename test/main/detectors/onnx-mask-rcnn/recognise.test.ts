import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AppError } from '#common/contract/errors.ts'
import { detectorEnds, recognise } from '#main/detectors/onnx-mask-rcnn/recognise.ts'
import { openOnnxFile, type OnnxFile } from '#main/tensor/onnx/read-onnx-file.ts'
import { floatTensor, writeOnnx, type FileModel } from '../../../builders/onnx-file.ts'
import { detectorModel, type SmallDetectorOptions } from '../../../builders/small-detector.ts'
import { codeOf, errorOf } from '../../engine/engine-tools.ts'

async function opened(model: FileModel): Promise<{ path: string; file: OnnxFile }> {
  const path = writeOnnx(model)
  const file = await openOnnxFile(path)
  onTestFinished(() => file.close())
  return { path, file }
}

async function recognised(options: SmallDetectorOptions, card?: string | object) {
  const { path, file } = await opened(detectorModel(options))
  if (card !== undefined) writeFileSync(`${path}.card.json`, typeof card === 'string' ? card : JSON.stringify(card))
  return recognise(path, file)
}

/** What is wrong with the ends of a model. */
async function refusal(change: (model: FileModel) => Partial<FileModel>): Promise<AppError> {
  const model = detectorModel()
  const { file } = await opened({ ...model, ...change(model) })
  return errorOf(Promise.resolve().then(() => detectorEnds(file.model)))
}

describe('the ends of a Mask R-CNN', () => {
  it('are known by type and rank, whatever they are called and in whatever order', async () => {
    const model = detectorModel()
    const names: Record<string, string> = { boxes: '6568', labels: '6570', scores: '6572', masks: '6887' }
    const renamed = (list: readonly string[]): string[] => list.map((name) => names[name] ?? name)
    const { file } = await opened({
      ...model,
      nodes: model.nodes.map((node) => ({ ...node, outputs: renamed(node.outputs) })),
      outputs: [...model.outputs!].reverse().map((value) => ({ ...value, name: names[value.name]! })),
    })
    expect(detectorEnds(file.model)).toEqual({ input: 'image', ...names })
  })

  it('are found where the weights are listed as inputs, as old exporters do', async () => {
    const model = detectorModel()
    const { file } = await opened({ ...model, inputs: [{ name: 'zero', shape: [] }, ...model.inputs] })
    expect(detectorEnds(file.model).input).toBe('image')
  })

  it.each<[string, RegExp, (model: FileModel) => Partial<FileModel>]>([
    [
      'labels of int32',
      /labels/,
      ({ outputs }) => ({ outputs: outputs!.with(1, { name: 'labels', shape: ['n'], type: 6 }) }),
    ],
    [
      'masks without their second axis',
      /masks/,
      ({ outputs }) => ({ outputs: outputs!.with(3, { name: 'masks', shape: ['n', 28, 28] }) }),
    ],
    ['no masks at all', /none .* masks/, ({ outputs }) => ({ outputs: outputs!.slice(0, 3) })],
    [
      'two outputs that can be the boxes',
      /2 .* boxes/,
      ({ outputs }) => ({ outputs: [...outputs!, { name: 'mean', shape: ['n', 4] }] }),
    ],
    [
      'outputs of no said rank',
      /boxes/,
      ({ outputs }) => ({ outputs: outputs!.with(0, { name: 'boxes', shape: [] }) }),
    ],
    ['photos in batches', /one colour photo/, () => ({ inputs: [{ name: 'image', shape: [1, 3, 224, 224] }] })],
    ['photos of bytes', /one colour photo/, () => ({ inputs: [{ name: 'image', shape: [3, 'h', 'w'], type: 2 }] })],
    ['grey photos', /one colour photo/, () => ({ inputs: [{ name: 'image', shape: [1, 'h', 'w'] }] })],
    ['two inputs', /one colour photo/, ({ inputs }) => ({ inputs: [...inputs, { name: 'sizes', shape: [2] }] })],
  ])('are refused: %s', async (_, why, change) => {
    const { code, message, hint } = await refusal(change)
    expect({ code, message, hint }).toEqual({
      code: 'model.format',
      message: expect.stringMatching(why) as string,
      hint: expect.stringContaining('torchvision') as string,
    })
    expect(message).not.toContain('\n')
  })
})

describe('how an export wants its photos', () => {
  it('is torchvision’s where it holds ImageNet’s mean, else the model zoo’s', async () => {
    expect((await recognised({ isNormalising: true })).dialect.id).toBe('torchvision')
    expect((await recognised({ isNormalising: false })).dialect.id).toBe('model-zoo')
  })

  it('is told by the mean of any shape, also of a constant node', async () => {
    const model = detectorModel({ isNormalising: false })
    const attributes = { value: floatTensor([3, 1, 1], [0.485, 0.456, 0.406]) }
    const constant = { type: 'Constant', inputs: [], outputs: ['imagenet'], attributes }
    const { path, file } = await opened({ ...model, nodes: [constant, ...model.nodes] })
    expect((await recognise(path, file)).dialect.id).toBe('torchvision')
  })

  it('is what its card says', async () => {
    expect((await recognised({ isNormalising: false }, { detector: 'torchvision' })).dialect.id).toBe('torchvision')
    expect((await recognised({ isNormalising: true }, { detector: 'model-zoo' })).dialect.id).toBe('model-zoo')
  })
})

describe('the classes of an export', () => {
  it('are COCO’s by their ids where there are 91', async () => {
    const { classes } = await recognised({ nClasses: 91 })
    expect(classes).toHaveLength(80)
    expect(classes.find(({ name }) => name === 'toothbrush')).toEqual({ index: 90, name: 'toothbrush', categoryId: 90 })
  })

  it('are COCO’s one after the other where there are 81', async () => {
    const { classes } = await recognised({ nClasses: 81 })
    expect(classes).toHaveLength(80)
    expect(classes.at(-1)).toEqual({ index: 80, name: 'toothbrush', categoryId: 90 })
    expect(classes[15]).toEqual({ index: 16, name: 'cat', categoryId: 17 })
  })

  it('are numbers where there are as many as nobody knows', async () => {
    const { classes } = await recognised({ nClasses: 3 })
    expect(classes).toEqual([
      { index: 1, name: 'class 1', categoryId: 1 },
      { index: 2, name: 'class 2', categoryId: 2 },
    ])
  })

  it('are what the card calls them, also where the file does not tell their number', async () => {
    const labels = ['nucleus', 'membrane']
    const named = labels.map((name, i) => ({ index: i + 1, name, categoryId: i + 1 }))
    expect((await recognised({ nClasses: 3 }, { labels })).classes).toEqual(named)
    expect((await recognised({ nClasses: null }, { labels, name: 'of no matter here' })).classes).toEqual(named)
  })

  it('are not guessed, and the card must fit', async () => {
    const unknown = await errorOf(recognised({ nClasses: null }))
    expect(unknown).toMatchObject({
      code: 'model.labels',
      hint: expect.stringContaining('model.onnx.card.json') as string,
    })
    const many = await errorOf(recognised({ nClasses: 3 }, { labels: ['a', 'b', 'c'] }))
    expect(many).toMatchObject({ code: 'model.labels', message: expect.stringMatching(/2 classes.* 3/) as string })
  })

  it.each([
    ['no JSON', '{"labels": [', /no JSON/],
    ['a list', '[]', /card\.json/],
    ['no such dialect', '{"detector": "yolo"}', /detector/],
    ['labels that are numbers', '{"labels": [1, 2]}', /labels/],
    ['no labels', '{"labels": []}', /labels/],
  ])('come from no broken card: %s', async (_, card, why) => {
    const { code, message } = await errorOf(recognised({}, card))
    expect({ code, message }).toEqual({ code: 'model.card', message: expect.stringMatching(why) as string })
    expect(message).toMatch(/^\S*model\.onnx\.card\.json/)
    expect(message).not.toContain('\n')
  })

  it('come from a card with a mark of its byte order, too', async () => {
    const { classes } = await recognised({ nClasses: 2 }, '\uFEFF{"labels": ["leaf"]}')
    expect(classes.map(({ name }) => name)).toEqual(['leaf'])
  })

  it('are not guessed where there is a card that cannot be read', async () => {
    const { path, file } = await opened(detectorModel())
    mkdirSync(`${path}.card.json`)
    expect(await codeOf(recognise(path, file))).toBe('file.unreadable')
  })
})
