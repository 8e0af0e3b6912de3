import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as h5wasm from 'h5wasm/node'
import { beforeAll, describe, expect, it } from 'vitest'
import { maskRcnn } from '#main/detectors/mask-rcnn.ts'
import { boxHead, maskHead, trunk, type NetworkShape } from '#main/detectors/mask-rcnn/network.ts'
import { openWeights } from '#main/detectors/mask-rcnn/weights.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { recordLayers } from '#main/tensor/stored-weights.ts'
import { seededLayers, writeKerasWeights, type WrittenLayer } from '../../../builders/keras-weights.ts'
import { writeHdf5 } from '../../../builders/keras-files.ts'
import { temporaryFolder } from '../../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'
import { errorOf } from '../../engine/engine-tools.ts'

beforeAll(() => h5wasm.ready)

const shape: NetworkShape = { backbone: 'resnet50', nClasses: 3, nRatios: 3, poolSize: 7, maskPoolSize: 14 }

/** What is read of the layers before any is compared with the network's. */
const telling: Readonly<Record<string, readonly number[]>> = {
  rpn_class_raw: [1, 1, 1, 6],
  mrcnn_class_conv1: [7, 1, 1, 1],
  mrcnn_class_logits: [1, 3],
}

/** All layers of a network with all their tensors, each of one number: what is wrong with them is found before. */
function tinyLayers(of: NetworkShape = shape): WrittenLayer[] {
  const { layers, weights } = recordLayers()
  trunk(of, 64, weights)
  boxHead(of, weights)
  maskHead(of, weights)
  return layers.map(({ name, shapes }) => ({
    name,
    tensors: Object.keys(shapes).map((tensor, i) => {
      const own = i === 0 ? (telling[name] ?? [1]) : [1]
      return { name: `${name}/${tensor}:0`, shape: own, values: new Float32Array(own.reduce((a, b) => a * b)) }
    }),
  }))
}

function written(layers: readonly WrittenLayer[]): string {
  const path = join(temporaryFolder(), 'weights.h5')
  writeKerasWeights(path, layers)
  return path
}

/** The layers with a kernel of another shape. */
function reshaped(layer: string, own: readonly number[]): WrittenLayer[] {
  return tinyLayers().map(({ name, tensors }) => {
    if (name !== layer) return { name, tensors }
    const [kernel, ...others] = tensors
    const values = new Float32Array(own.reduce((a, b) => a * b))
    return { name, tensors: [{ ...kernel!, shape: own, values }, ...others] }
  })
}

async function refusal(path: string) {
  const { code, message, hint } = await errorOf(openWeights(path))
  expect(message).not.toContain('\n')
  return { code, message, hint }
}

const misfit = (message: RegExp) => ({
  code: 'model.format',
  message: expect.stringMatching(message) as string,
  hint: expect.stringContaining('mask_rcnn_coco.h5') as string,
})

describe('weights that are not Mask R-CNN’s', () => {
  it('are refused: those of a classifier', async () => {
    const layers = seededLayers('mobilenet', { inputShape: [32, 32, 3], alpha: 0.25, head: { kind: 'none' } })
    expect(await refusal(written(layers))).toEqual(misfit(/no layer rpn_class_raw/))
  })

  it('are refused: HDF5 without Keras’s lists', async () => {
    const arrays = { photos: { shape: [2], values: new Float32Array(2) } }
    const path = await writeHdf5(join(temporaryFolder(), 'data.h5'), { arrays })
    expect(await refusal(path)).toEqual(misfit(/save_weights/))
  })

  it('are refused: text, a file cut off, none', async () => {
    const folder = temporaryFolder()
    const text = join(folder, 'text.h5')
    writeFileSync(text, 'no weights')
    expect((await refusal(text)).code).toBe('file.format')
    const path = written(tinyLayers())
    const whole = readFileSync(path)
    for (const share of [0.01, 0.3, 0.7, 0.99]) {
      writeFileSync(path, whole.subarray(0, Math.floor(whole.length * share)))
      expect((await refusal(path)).code).toMatch(/^(file|model)\.format$/)
    }
    expect((await refusal(join(folder, 'none.h5'))).code).toBe('file.missing')
  })
})

describe('weights of a Mask R-CNN that do not fit', () => {
  it.each(['conv1', 'bn5c_branch2c', 'fpn_p5', 'rpn_bbox_pred', 'mrcnn_mask_deconv'])(
    'are refused by the layer that is missing: %s',
    async (missing) => {
      const path = written(tinyLayers().filter(({ name }) => name !== missing))
      expect(await refusal(path)).toEqual(misfit(new RegExp(`the layer ${missing} of Mask R-CNN .* is missing`)))
    },
  )

  it('are known as those of ResNet101 whichever of its layers is missing', async () => {
    const layers = tinyLayers({ ...shape, backbone: 'resnet101' })
    const path = written(layers.filter(({ name }) => name !== 'res4g_branch2a'))
    expect(await refusal(path)).toEqual(misfit(/the layer res4g_branch2a of Mask R-CNN \(ResNet101, 3 classes\)/))
  })

  it('are refused by the first tensor of another shape', async () => {
    expect(await refusal(written(tinyLayers()))).toEqual(
      misfit(/the tensor conv1\/kernel:0 has the shape \[1\], .*conv1\/kernel \[7, 7, 3, 64\]/),
    )
  })

  it('are taken by their names: a layer of another name is not taken for the one at its place', async () => {
    const layers = tinyLayers().map((layer) => (layer.name === 'fpn_p2' ? { ...layer, name: 'fpn_p2_new' } : layer))
    expect(await refusal(written(layers))).toEqual(misfit(/the layer fpn_p2 .* is missing/))
  })

  it('may hold more, in any order', async () => {
    const anchors = {
      name: 'anchors',
      tensors: [{ name: 'anchors/Variable:0', shape: [1], values: new Float32Array(1) }],
    }
    expect(await refusal(written([anchors, ...tinyLayers().reverse()]))).toEqual(misfit(/the tensor conv1\/kernel:0/))
  })

  it.each<[string, readonly number[]]>([
    ['rpn_class_raw', [1, 1, 1, 5]],
    ['rpn_class_raw', [6]],
    ['rpn_class_raw', [1, 1, 1, 0]],
    ['mrcnn_class_logits', [3]],
    ['mrcnn_class_logits', [1, 1]],
    ['mrcnn_class_logits', [1, 0]],
    ['mrcnn_class_conv1', [0, 1, 1, 1]],
  ])('are refused where their numbers of classes and anchors cannot be: %s of %j', async (layer, own) => {
    expect(await refusal(written(reshaped(layer, own)))).toEqual(
      misfit(new RegExp(`its layer ${layer} has the shape \\[${own.join(', ')}\\]`)),
    )
  })
})

describeWithData('weights of a Mask R-CNN', () => {
  it.each([
    ['mask_rcnn_coco_like.h5', { backbone: 'resnet101', nClasses: 81, nRatios: 3, poolSize: 7, maskPoolSize: 14 }],
    ['mask_rcnn_resnet50.h5', { backbone: 'resnet50', nClasses: 81, nRatios: 3, poolSize: 7, maskPoolSize: 14 }],
  ])('tell what network they are for: %s', async (name, expected) => {
    const { file, shape: found } = await openWeights(testData(`goldens/mask-rcnn/${name}`))
    file.close()
    expect(found).toEqual(expected)
  })

  it('are those of a detector that says what it is', async () => {
    const path = testData('goldens/mask-rcnn/mask_rcnn_resnet50.h5')
    const folder = temporaryFolder()
    const config = join(folder, 'config.json')
    writeFileSync(config, JSON.stringify({ IMAGE_MAX_DIM: 64, IMAGE_MIN_DIM: 0, DETECTION_MIN_CONFIDENCE: 0.25 }))
    const detector = await maskRcnn.load({ path, config, architecture: 'maskrcnn', runtime: 'auto' }, [onnxRuntime])
    const { classes, ...info } = detector.info
    await detector.dispose()
    expect(info).toMatchObject({
      ...{ name: 'mask_rcnn_resnet50', label: 'Mask R-CNN on ResNet50', runtime: 'onnx', minScore: 0.25, side: 64 },
    })
    expect(classes).toHaveLength(80)
    expect(classes[15]).toEqual({ index: 16, name: 'cat', categoryId: 17 })
    expect(detector.bytes).toBeGreaterThan(1e8)
  })
})
