import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { RuntimeId } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { readNpy } from '#main/files/npy.ts'
import { RuntimeChooser } from '#main/tensor/choose-runtime.ts'
import { logitsInBatches } from '#main/tensor/classifier.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import { testData } from '../../builders/test-data.ts'

/** Checks MobileNet 0.25 with its real ImageNet weights on a runtime: Keras's logits, probabilities and five best. */
export async function expectMobilenetGolden(runtime: RuntimeId): Promise<void> {
  const chooser = new RuntimeChooser()
  const path = testData('data/mobilenet-v1-0.25-tfjs/model.json')
  const classifier = await loadClassifier(path, { card: {}, runtime }, (preference) => chooser.choose(preference))
  try {
    expect(classifier.info).toMatchObject({
      nClasses: 1000,
      predictionRuntime: runtime,
      card: { width: 224, height: 224, preprocess: 'tf', layer: 'conv_pw_13_relu', fit: 'stretch', resize: 'nearest' },
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
    expect(top5).toHaveLength(6)
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
}
