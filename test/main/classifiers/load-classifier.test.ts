import { expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { readNpy } from '#main/files/npy.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { logitsInBatches } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'

const chooser = new RuntimeChooser()

describeWithData('MobileNet 0.25 with its real ImageNet weights', () => {
  it.each(['onnx', 'wasm'] as const)('gives Keras’s logits and probabilities on %s', async (runtime) => {
    const path = testData('data/mobilenet-v1-0.25-tfjs/model.json')
    const classifier = await loadClassifier(path, { card: {}, runtime }, (preference) => chooser.choose(preference))
    try {
      expect(classifier.info).toMatchObject({
        nClasses: 1000,
        predictionRuntime: runtime,
        card: {
          width: 224,
          height: 224,
          preprocess: 'tf',
          layer: 'conv_pw_13_relu',
          fit: 'stretch',
          resize: 'nearest',
        },
      })
      const photos = (await readNpy(testData('goldens/mobilenet025_real/photos.npy'))).data as Uint8Array
      const expected = (await readNpy(testData('goldens/mobilenet025_real/logits.npy'))).data as Float32Array
      const size = 224 * 224 * 3
      const logits = await logitsInBatches(
        classifier,
        6,
        (i, target) => target.set(preprocess(photos.subarray(i * size, (i + 1) * size), 'tf')),
        { signal: new AbortController().signal },
      )
      logits.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3))

      const { photos: top5 } = JSON.parse(readFileSync(testData('goldens/mobilenet025_real/top5.json'), 'utf8')) as {
        photos: { top5: [number, number, number][] }[]
      }
      top5.forEach(({ top5: expectedTop }, photo) => {
        const own = logits.subarray(photo * 1000, (photo + 1) * 1000)
        const probabilities = classifier.probabilities(own)
        const order = [...own.keys()].sort((a, b) => own[b]! - own[a]!).slice(0, 5)
        expect(order).toEqual(expectedTop.map(([index]) => index))
        for (const [index, , probability] of expectedTop) {
          expect(Math.abs(probabilities[index]! - probability)).toBeLessThan(1e-4)
        }
      })
    } finally {
      await classifier.dispose()
    }
  })
})

describeWithData('a Teachable Machine model of nested Sequentials', () => {
  it('is unfolded, checked against TensorFlow.js and runs on ONNX Runtime', async () => {
    const path = testData('data/tm-catsdogs-tfjs/model.json')
    const classifier = await loadClassifier(path, { card: {}, runtime: 'auto' }, (p) => chooser.choose(p))
    try {
      expect(classifier.info).toMatchObject({
        nClasses: 2,
        predictionRuntime: 'onnx',
        notes: [],
        card: { labels: ['Gatos', 'Perros'], preprocess: 'tf', layer: 'out_relu', width: 224, height: 224 },
      })
    } finally {
      await classifier.dispose()
    }
  })
})
