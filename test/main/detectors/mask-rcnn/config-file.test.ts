import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig, type ReadConfig } from '#main/detectors/mask-rcnn/config-file.ts'
import { cocoConfig } from '#main/detectors/mask-rcnn/config.ts'
import type { NetworkShape } from '#main/detectors/mask-rcnn/network.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { errorOf } from '../../engine/engine-tools.ts'

const shape: NetworkShape = { backbone: 'resnet50', nClasses: 3, nRatios: 3, poolSize: 7, maskPoolSize: 14 }

function written(content: unknown): string {
  const path = join(temporaryFolder(), 'config.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function read(content: unknown): Promise<ReadConfig> {
  return readConfig(written(content), shape)
}

/** A configuration without what the weights say. */
const fromCoco = { ...cocoConfig, ...shape }

describe('the configuration of a Mask R-CNN', () => {
  it('is COCO’s where there is none, or an empty one, for the network of the weights', async () => {
    expect(await readConfig(null, shape)).toEqual({ config: fromCoco, classNames: null })
    expect(await read({})).toEqual({ config: fromCoco, classNames: null })
    expect(await read({ config: {} })).toEqual({ config: fromCoco, classNames: null })
  })

  const fields = [
    ['IMAGE_MIN_DIM', 0, 'minSide'],
    ['IMAGE_MAX_DIM', 512, 'maxSide'],
    ['IMAGE_MIN_SCALE', 2, 'minScale'],
    ['MEAN_PIXEL', [0, 127.5, 255], 'mean'],
    ['RPN_ANCHOR_SCALES', [8, 16, 32, 64, 128], 'anchorScales'],
    ['RPN_ANCHOR_RATIOS', [0.3, 1, 3], 'anchorRatios'],
    ['RPN_NMS_THRESHOLD', 0.9, 'rpnNms'],
    ['RPN_BBOX_STD_DEV', [1, 2, 3, 4], 'rpnBoxStd'],
    ['BBOX_STD_DEV', [4, 3, 2, 1], 'boxStd'],
    ['PRE_NMS_LIMIT', 100, 'preNms'],
    ['POST_NMS_ROIS_INFERENCE', 50, 'proposals'],
    ['DETECTION_MIN_CONFIDENCE', 0, 'minConfidence'],
    ['DETECTION_NMS_THRESHOLD', 1, 'detectionNms'],
    ['DETECTION_MAX_INSTANCES', 7, 'maxDetections'],
  ] as const

  it.each(fields)('takes %s', async (field, value, own) => {
    const expected = { config: { ...fromCoco, [own]: value }, classNames: null }
    expect(await read({ [field]: value })).toEqual(expected)
    expect(await read({ config: { [field]: value } })).toEqual(expected)
  })

  it('takes what agrees with the weights, and names of the classes', async () => {
    const agreeing = {
      ...{ BACKBONE: 'resnet50', NUM_CLASSES: 3, CLASS_NAMES: ['cat', 'dog'], IMAGE_RESIZE_MODE: 'square' },
      ...{ RPN_ANCHOR_STRIDE: 1, BACKBONE_STRIDES: [4, 8, 16, 32, 64], POOL_SIZE: 7, MASK_POOL_SIZE: 14 },
    }
    expect(await read(agreeing)).toEqual({ config: fromCoco, classNames: ['cat', 'dog'] })
  })

  it('lets be what it does not know, and what is beside config; that goes first', async () => {
    const unknown = { NAME: 'coco', LEARNING_RATE: 0.001, GPU_COUNT: 1, LOSS_WEIGHTS: { rpn_class_loss: 1 } }
    expect(await read(unknown)).toEqual({ config: fromCoco, classNames: null })
    const { config, classNames } = await read({
      ...{ made: 'by hand', CLASS_NAMES: ['cat', 'dog'], PRE_NMS_LIMIT: 1 },
      config: { ...unknown, PRE_NMS_LIMIT: 2 },
    })
    expect({ preNms: config.preNms, classNames }).toEqual({ preNms: 2, classNames: ['cat', 'dog'] })
  })

  it('may begin with a mark of its byte order', async () => {
    expect((await read('\uFEFF{"PRE_NMS_LIMIT": 5}')).config.preNms).toBe(5)
  })
})

describe('a configuration that cannot be', () => {
  it.each<[string, unknown]>([
    ['BACKBONE', 'resnet101'],
    ['BACKBONE', 'vgg16'],
    ['NUM_CLASSES', 81],
    ['NUM_CLASSES', '3'],
    ['NUM_CLASSES', 1],
    ['CLASS_NAMES', ['background', 'cat', 'dog']],
    ['CLASS_NAMES', [1, 2]],
    ['CLASS_NAMES', 'cat'],
    ['IMAGE_RESIZE_MODE', 'pad64'],
    ['IMAGE_RESIZE_MODE', 'crop'],
    ['IMAGE_RESIZE_MODE', 'none'],
    ['IMAGE_MIN_DIM', -1],
    ['IMAGE_MIN_DIM', 800.5],
    ['IMAGE_MAX_DIM', 1000],
    ['IMAGE_MAX_DIM', 8192],
    ['IMAGE_MAX_DIM', 0],
    ['IMAGE_MIN_SCALE', '2'],
    ['MEAN_PIXEL', 120],
    ['MEAN_PIXEL', [1, 2]],
    ['MEAN_PIXEL', [1, 2, null]],
    ['BACKBONE_STRIDES', [4, 8, 16, 32]],
    ['BACKBONE_STRIDES', [4, 8, 16, 32, 32]],
    ['RPN_ANCHOR_SCALES', [32, 64]],
    ['RPN_ANCHOR_SCALES', [32, 64, 128, 256, -512]],
    ['RPN_ANCHOR_RATIOS', [0.5, 1]],
    ['RPN_ANCHOR_RATIOS', [0.5, 0, 1]],
    ['RPN_ANCHOR_STRIDE', 2],
    ['POOL_SIZE', 14],
    ['MASK_POOL_SIZE', 28],
    ['RPN_NMS_THRESHOLD', 1.5],
    ['RPN_BBOX_STD_DEV', [0.1, 0.1, 0.2]],
    ['BBOX_STD_DEV', [0, 0.1, 0.2, 0.2]],
    ['PRE_NMS_LIMIT', 0],
    ['POST_NMS_ROIS_INFERENCE', 1e9],
    ['DETECTION_MIN_CONFIDENCE', 70],
    ['DETECTION_NMS_THRESHOLD', -0.1],
    ['DETECTION_MAX_INSTANCES', 1.5],
  ])('is refused by file and field: %s of %j', async (field, value) => {
    for (const content of [{ [field]: value }, { config: { [field]: value } }]) {
      const path = written(content)
      const { code, message, hint } = await errorOf(readConfig(path, shape))
      expect({ code, hint }).toEqual({ code: 'model.card', hint: expect.stringContaining('COCO') as string })
      expect(message.startsWith(`${path}: `)).toBe(true)
      expect(message).toContain(field)
      expect(message).not.toContain('\n')
    }
  })

  it('is refused where it does not name the ratios that the weights are for', async () => {
    const { code, message } = await errorOf(readConfig(null, { ...shape, nRatios: 5 }))
    expect(code).toBe('model.card')
    expect(message).toMatch(/^the configuration of COCO: RPN_ANCHOR_RATIOS has 3 ratios, the weights are for 5$/)
  })

  it.each<[string, string]>([
    ['text', 'no JSON\nat all'],
    ['JSON cut off', '{"NUM_CLASSES": 3'],
    ['nothing', ''],
    ['a list', '[1, 2]'],
    ['null', 'null'],
    ['NaN, as Python writes it', '{"IMAGE_MIN_SCALE": NaN}'],
    ['a number without end', '{"IMAGE_MIN_SCALE": 1e999}'],
    ['a config that is none', '{"config": "balloon.py"}'],
  ])('is refused in one line: %s', async (_, content) => {
    const path = written(content)
    const { code, message } = await errorOf(readConfig(path, shape))
    expect(code).toBe('model.card')
    expect(message.startsWith(`${path}: `)).toBe(true)
    expect(message).not.toContain('\n')
  })

  it('is refused where it is not there, a folder, or no text of this kind by its size', async () => {
    const folder = temporaryFolder()
    expect((await errorOf(readConfig(join(folder, 'none.json'), shape))).code).toBe('file.missing')
    expect((await errorOf(readConfig(folder, shape))).code).toBe('file.unreadable')
    expect((await errorOf(read(' '.repeat(5_000_000)))).code).toBe('model.card')
  })
})
