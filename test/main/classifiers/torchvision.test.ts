import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeNative } from '#common/explanation/native-map.ts'
import { renderMap } from '#common/explanation/render-map.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { explainerById } from '#main/explainers/registry.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import type { Runtime } from '#main/tensor/runtime.ts'
import { relativeDifference } from '../tensor/layer-models.ts'
import { describeOnRuntimes } from '../tensor/each-runtime.ts'

const fixtures = new URL('../../fixtures/onnx/', import.meta.url)

interface Expected {
  readonly logits: readonly number[]
  /** every seventh value of the layer for two photos, and the gradients there of classes 0 and 1 */
  readonly activation: readonly number[]
  readonly gradient: readonly number[]
}
const expected = JSON.parse(readFileSync(new URL('torchvision.json', fixtures), 'utf8')) as Record<string, Expected>

const side = 32
/** As in make_torchvision.py. */
const photos = Float32Array.from({ length: 2 * side * side * 3 }, (_, at) => {
  const [photo, i] = [Math.floor(at / (side * side * 3)), at % (side * side * 3)]
  return Math.sin((i + 1000 * photo) * 0.37) * Math.cos(i * 0.011)
})

async function load(name: string, runtime: Runtime = onnxRuntime): Promise<Classifier> {
  await runtime.start()
  const path = fileURLToPath(new URL(`${name}.onnx`, fixtures))
  const card = { preprocess: 'none', size: name.startsWith('torchvision') ? side : 12 } as const
  const classifier = await loadClassifier(path, { card, runtime: 'auto' }, () => Promise.resolve([runtime]))
  onTestFinished(() => classifier.dispose())
  return classifier
}

/** The layer that the head pools, by what PyTorch calls it in the file, and the last activation. */
const networks = [
  ['resnet-basic', '/layer2/layer2.1/relu_1/Relu', 'linear'],
  ['resnet-bottleneck', '/layer2/layer2.1/relu_2/Relu', 'linear'],
  ['mobilenet-v2', '/features/features.5/features.5.2/Clip', 'linear'],
  ['efficientnet', '/features/features.4/features.4.2/Mul', 'linear'],
  ['densenet', '/features/norm5/BatchNormalization', 'linear'],
  ['vgg', '/features/features.10/MaxPool', 'linear'],
  ['squeezenet', '/classifier/classifier.2/Relu', 'linear'],
  ['mobilenet-v2-softmax', '/net/features/features.5/features.5.2/Clip', 'softmax'],
  ['mobilenet-v2-sigmoid', '/net/features/features.5/features.5.2/Clip', 'sigmoid'],
  ['mobilenet-v2-log-softmax', '/net/features/features.5/features.5.2/Clip', 'softmax'],
] as const

describeOnRuntimes('networks of torchvision', (runtime) => {
  it.each(networks)('have PyTorch’s scores, and its gradients at the layer that is pooled: %s', async (name, layer) => {
    const classifier = await load(`torchvision-${name}`, runtime)
    const { logits, activation, gradient } = expected[name]!
    const some = (values: Float32Array): Float32Array => values.filter((_, i) => i % 7 === 0)
    // without the last activation; of a softmax or its logarithm up to a number that all classes share
    const found = await classifier.logits(photos, 2)
    expect(relativeDifference(found, logits)).toBeLessThan(1e-4)
    const gradients = await classifier.layerGradients(photos, [0, 1], 'logit', layer)
    expect(relativeDifference(some(gradients.activation), activation)).toBeLessThan(1e-4)
    expect(relativeDifference(some(gradients.gradient), gradient)).toBeLessThan(1e-4)
  })

  it.each(networks)('are explained by every method at a layer of their own: %s', async (name) => {
    const classifier = await load(`torchvision-${name}`, runtime)
    for (const [method, options] of methods) {
      const explainer = explainerById(method)
      for (const variant of explainer.variants) {
        const map = await explainer.explain({
          classifier,
          input: photos.subarray(0, side * side * 3),
          photo: new Uint8Array(side * side * 3),
          classIndex: 1,
          against: null,
          variant,
          options: explainer.options.parse(options),
          signal: new AbortController().signal,
          onProgress: () => undefined,
        })
        expect(encodeNative(map).values.length).toBeLessThanOrEqual(32 * 32 * 8)
        expect(renderMap(map, { width: side, height: side }).data.every((value) => value >= 0 && value <= 1)).toBe(true)
      }
    }
  })
})

const methods = [
  ['gradcam', {}],
  ['gradcam++', {}],
  ['scorecam', { channels: 4 }],
  ['rise', { samples: 8 }],
] as const

describe('a network that PyTorch exported', () => {
  it.each(networks)(
    'is explained at the last layer that all of the photo’s way leads through: %s',
    async (name, layer) => {
      const { info } = await load(`torchvision-${name}`)
      const behind: Record<string, string> = { densenet: '/Relu', vgg: '/avgpool/AveragePool' }
      expect(info.card.layer).toBe(behind[name] ?? layer)
    },
  )

  it('says which layers there are where one is missing', async () => {
    const classifier = await load('torchvision-mobilenet-v2')
    const gradients = classifier.layerGradients(photos, [0, 1], 'logit', 'features.99')
    await expect(gradients).rejects.toMatchObject({
      code: 'model.layer-missing',
      hint: expect.stringContaining('/features/features.5/features.5.2/Clip') as string,
    })
  })

  it('refuses a layer behind the last one with a spatial extent', async () => {
    const classifier = await load('torchvision-vgg')
    const { layers } = (await classifier
      .layerGradients(photos, [0, 1], 'logit', 'no such layer')
      .catch((error: unknown) => (error as { data: { layers: string[] } }).data)) as { layers: string[] }
    const flat = layers.find((name) => /Flatten/.test(name))!
    await expect(classifier.layerGradients(photos, [0, 1], 'logit', flat)).rejects.toMatchObject({
      code: 'model.layer-missing',
      message: expect.stringContaining('no spatial extent') as string,
    })
  })

  it('says which operator runs as it is, and is explained behind it', async () => {
    const classifier = await load('grouped')
    expect(classifier.info.notes).toEqual([expect.stringMatching(/the operator Conv .*gradients reach back/) as string])
    const { gradient, activation } = await classifier.layerGradients(
      photos.subarray(0, photos.length / 2),
      [0],
      'logit',
    )
    expect(gradient).toHaveLength(activation.length)
    expect(gradient.some((value) => value !== 0)).toBe(true)
  })
})
