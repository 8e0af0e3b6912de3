import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ArchitectureRequest } from '#common/contract/procedures/models.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { readNpy } from '#main/files/npy.ts'
import type { Classifier } from '#main/tensor/classifier.ts'
import { writeOccluded } from '#main/tensor/occluded-logits.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { preprocess } from '#main/tensor/preprocess.ts'
import type { OccludedInput } from '#main/tensor/runtime.ts'
import { describeWithData, testData } from '../../../builders/test-data.ts'

const side = 224
/** Each with a step at which patches lie unlike to its strides; few patches of a small network are not worth windows. */
const networks: readonly (readonly [string, ArchitectureRequest, number])[] = [
  ['vgg16', { name: 'vgg16', alpha: 1, top: true }, 59],
  ['resnet50', { name: 'resnet50', alpha: 1, top: true }, 59],
  ['mobilenet025', { name: 'mobilenet', alpha: 0.25, top: true }, 13],
]

describeWithData('exact incremental occlusion', () => {
  describe.each(networks)('of %s', (golden, architecture, step) => {
    let classifier: Classifier
    let photo: OccludedInput
    beforeAll(async () => {
      await onnxRuntime.start()
      const path = testData(`goldens/arch/${golden}_periodic.h5`)
      classifier = await loadClassifier(path, { card: {}, runtime: 'onnx', architecture }, () =>
        Promise.resolve([onnxRuntime]),
      )
      const photos = (await readNpy(testData('goldens/arch/photos.npy'))).data as Uint8Array
      const input = preprocess(photos.subarray(0, side * side * 3), classifier.info.card.preprocess)
      photo = { input, filling: new Float32Array(input.length), width: side }
    }, 120_000)
    afterAll(() => classifier.dispose())

    it.each([
      ['the paper’s grid', 32, 16],
      ['patches that lie unlike to the strides', 45, step],
    ] as const)(
      'equals computing in full: %s',
      async (_, patch, stride) => {
        const along = Math.floor((side - patch) / stride) + 1
        const grid = { patch, stride, rows: along, cols: along }
        const { nClasses } = classifier.info
        const found = await classifier.occludedLogits!(photo, grid, { signal: new AbortController().signal })
        // null would say that the windows are not taken for quicker
        expect(found).toHaveLength(grid.rows * grid.cols * nClasses)
        const hidden = new Float32Array(photo.input.length)
        const last = grid.rows * grid.cols - 1
        for (const index of [grid.cols - 1, Math.floor(last / 2) + 1, last]) {
          writeOccluded(photo, grid, index, hidden)
          const expected = await classifier.logits(hidden, 1)
          const range = Math.max(...expected) - Math.min(...expected)
          expected.forEach((logit, i) =>
            expect(Math.abs(found![index * nClasses + i]! - logit) / range).toBeLessThan(5e-6),
          )
        }
        expect(classifier.info.notes).toEqual([])
      },
      120_000,
    )
  })
})
