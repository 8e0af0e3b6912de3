import { expect, it } from 'vitest'
import { encodeNative } from '#common/explanation/native-map.ts'
import { explainerById } from '#main/explainers/registry.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { selfTestGraph } from '#main/tensor/self-test.ts'
import { naiveClassifier } from './small-classifier.ts'

const side = 224
const small = naiveClassifier(selfTestGraph, 'depthwise')

/** Inputs of 224 pixels and a layer of 14×14 cells, as VGG16 has; numbers that no packing makes shorter. */
const classifier: Classifier = {
  ...small,
  info: { ...small.info, card: { ...small.info.card, width: side, height: side }, nClasses: 2 },
  batchSize: 32,
  logits: (_, n) => Promise.resolve(Float32Array.from({ length: 2 * n }, (__, i) => Math.sin(i * i))),
  layerGradients: () => {
    const [height, width, channels] = [14, 14, 8]
    const values = Float32Array.from({ length: height * width * channels }, (_, i) => Math.sin(i * i))
    return Promise.resolve({ height, width, channels, activation: values, gradient: values.map(Math.cos) })
  },
}

it.each(['occlusion', 'gradcam', 'gradcam++'])('a map of %s takes less than 10 KB as it is kept', async (method) => {
  const explainer = explainerById(method)
  for (const variant of explainer.variants) {
    const native = await explainer.explain({
      ...{ classifier, variant, classIndex: 0, against: null },
      input: new Float32Array(side * side * 3),
      photo: new Uint8Array(side * side * 3),
      options: explainer.options.parse({}),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    const { header, values } = encodeNative(native)
    expect(values.length).toBeGreaterThan(1000)
    expect(header.length + values.length).toBeLessThan(10_000)
  }
})
