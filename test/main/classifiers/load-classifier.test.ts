import { expect, it } from 'vitest'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { expectMobilenetGolden } from './mobilenet-golden.ts'

const chooser = new RuntimeChooser()

describeWithData('MobileNet 0.25 with its real ImageNet weights', () => {
  it.each(['onnx', 'wasm'] as const)('gives Keras’s logits and probabilities on %s', expectMobilenetGolden)
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
