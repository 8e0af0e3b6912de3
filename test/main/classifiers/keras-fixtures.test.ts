import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kerasH5Format } from '#main/classifiers/keras-h5.ts'
import { kerasZipFormat } from '#main/classifiers/keras-zip.ts'
import { loadClassifier } from '#main/classifiers/load-classifier.ts'
import { sizeOf } from '#main/tensor/graph.ts'
import { onnxRuntime } from '#main/tensor/onnx/onnx-runtime.ts'
import { kerasFixture } from '../../builders/keras-files.ts'
import { relativeDifference } from '../tensor/layer-models.ts'
import { expectComputable, predict, readingError, readModel } from './keras-reading.ts'

interface Prediction {
  readonly scale: number | null
  readonly prediction?: readonly number[]
}
const predictions = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/keras/predictions.json'), 'utf8'),
) as Readonly<Record<string, Prediction>>

/** The photo that make_keras.py showed to the models. */
function photoOf(shape: readonly number[], scale: number): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((37 * i) % 256) * scale)
}

describe.each([2, 3])('what Keras %i saves', (generation) => {
  const files = ['sequential', 'branch', 'nested', 'transfer', 'inner_last'].flatMap((model) =>
    ['keras', 'h5'].map((ending): [string, string] => [model, `${model}.keras${generation}.${ending}`]),
  )

  it.each([...files, ['mobilenet', `mobilenet.keras${generation}.keras`]])(
    '%s answers as it did there (%s)',
    async (modelName, name) => {
      const model = await readModel(kerasFixture(name))
      const shape = model.inputs[0]!.shape.slice(1) as number[]
      const { scale, prediction } = predictions[`${modelName}.${generation}`]!
      const photo = photoOf(shape, scale!)
      expect(relativeDifference(predict(model, photo, shape), prediction!)).toBeLessThan(1e-5)
      if (modelName !== 'sequential') expectComputable(model, photo, shape)
    },
  )

  it.each(['keras', 'h5'])('is refused where a layer is custom, by its name (.%s)', async (ending) => {
    const error = await readingError(kerasFixture(`custom.keras${generation}.${ending}`))
    expect(error).toMatchObject({
      code: 'model.layer-unknown',
      data: { layer: expect.stringContaining('Doubling') as string },
    })
  })

  it.each(['two_inputs', 'two_outputs'])('is no classifier with %s', async (model) => {
    const path = kerasFixture(`${model}.keras${generation}.keras`)
    await expect(kerasZipFormat.read(path)).rejects.toMatchObject({
      code: 'model.format',
      message: expect.stringMatching(/2 inputs|2 outputs/) as string,
    })
  })

  it.each([
    ['keras', kerasZipFormat],
    ['h5', kerasH5Format],
  ])('names the layers inside of a nested model (.%s)', async (ending, format) => {
    const source = await format.read(kerasFixture(`transfer.keras${generation}.${ending}`))
    expect(source.facts).toMatchObject({ inputShape: [16, 16, 3], nClasses: 2 })
    expect(source.facts.layerNames).toContain('norm')
    source.dispose()
  })

  it.each(['mobilenet', 'transfer'])('runs on ONNX Runtime (%s)', async (name) => {
    const path = kerasFixture(`${name}.keras${generation}.keras`)
    const options = { card: { preprocess: 'none' }, runtime: 'onnx' } as const
    const classifier = await loadClassifier(path, options, () => Promise.resolve([onnxRuntime]))
    onTestFinished(() => classifier.dispose())
    expect(classifier.info).toMatchObject({ predictionRuntime: 'onnx', notes: [] })
    const { width, height } = classifier.info.card
    const { scale, prediction } = predictions[`${name}.${generation}`]!
    const logits = await classifier.logits(photoOf([height, width, 3], scale!), 1)
    expect(relativeDifference(classifier.probabilities(logits), prediction!)).toBeLessThan(1e-4)
  })
})
