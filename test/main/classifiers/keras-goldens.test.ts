import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openHdf5, type Hdf5File } from '#main/files/hdf5.ts'
import { readNpy } from '#main/files/npy.ts'
import { writeHdf5, type Hdf5Content } from '../../builders/keras-files.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { relativeDifference, seededValues } from '../tensor/layer-models.ts'
import { expectComputable, predict, readingError, readModel } from './keras-reading.ts'
import { writeZip } from './small-keras.ts'

describeWithData('files that others made with Keras', () => {
  const at = (name: string): string => testData(join('data/keras-small-files', name))

  it.each(['gnudisme_mnist_h5/mnist_cnn.h5', 'CharM0625_keras3_zip/mnist_model.keras'])(
    '%s is computed as nested loops do',
    async (name) => {
      const model = await readModel(at(name))
      expectComputable(model, seededValues(28 * 28, 3), [28, 28, 1])
      // both files keep their tensors as they are: each is somewhere in the bytes
      const bytes = readFileSync(at(name))
      for (const weight of model.getWeights()) {
        const values = new Float32Array(weight.dataSync())
        expect(bytes.includes(Buffer.from(values.buffer))).toBe(true)
      }
    },
  )

  it('ms-lilibeth_weights_only/mnist.weights.h5 is of a Keras too old to be read', async () => {
    const error = await readingError(at('ms-lilibeth_weights_only/mnist.weights.h5'))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining('Keras 0') as string })
  })
})

interface Golden {
  readonly initial_prediction_first_batch: number[][]
  readonly runs: readonly { readonly final_file: string; readonly final_prediction_first_batch: number[][] }[]
}

describeWithData('the tiny network of Keras 2.15', () => {
  const at = (name: string): string => testData(join('goldens/training', name))
  const config = (): string => readFileSync(at('tiny_model.json'), 'utf8')
  const finals = ['new', 'legacy'].flatMap((optimizer) =>
    ['0.001', '1e-05'].flatMap((rate) => ['bce', 'cce'].map((loss) => `tiny_final_${optimizer}_${rate}_${loss}.h5`)),
  )

  /** To the first batch a file's model must answer what Keras answered with the weights of `name`. */
  async function expectKerasAnswer(path: string, name: string): Promise<void> {
    const golden = JSON.parse(readFileSync(at('tiny.json'), 'utf8')) as Golden
    const run = golden.runs.find((candidate) => candidate.final_file === name)
    const expected = run?.final_prediction_first_batch ?? golden.initial_prediction_first_batch
    const batches = await readNpy(at('tiny_batches.npy'))
    const first = Float32Array.from(batches.data.subarray(0, 8 * 32 * 32 * 3), (value) => value / 127.5 - 1)
    const found = predict(await readModel(path), first, [32, 32, 3])
    expect(relativeDifference(found, expected.flat())).toBeLessThan(1e-5)
  }

  it('answers from a .keras file what Keras answered', async () => {
    const path = await writeZip({
      'config.json': config(),
      'metadata.json': JSON.stringify({ keras_version: '2.15.0' }),
      'model.weights.h5': readFileSync(at('tiny_initial.weights.h5')),
    })
    await expectKerasAnswer(path, 'tiny_initial.weights.h5')
  })

  it.each(['tiny_initial.h5', ...finals])('answers with the weights of %s what Keras answered', async (name) => {
    const weights = await openHdf5(at(name))
    const path = join(temporaryFolder(), 'tiny.h5')
    await writeHdf5(path, {
      attributes: { model_config: config(), keras_version: '2.15.0' },
      groups: { model_weights: weightsIn(weights) },
    })
    weights.close()
    await expectKerasAnswer(path, name)
  })

  it.each(['tiny_initial.h5', 'tiny_initial.weights.h5'])('is not whole in %s', async (name) => {
    const error = await readingError(at(name))
    expect(error).toMatchObject({ code: 'model.format', message: expect.stringContaining('weights only') as string })
  })

  /** The groups of the layers of a file of weights. */
  function weightsIn(file: Hdf5File): Hdf5Content {
    const layers = file.attribute('/', 'layer_names') as string[]
    const groups = layers.map((layer): [string, Hdf5Content] => {
      const names = file.attribute(`/${layer}`, 'weight_names') as string[]
      const arrays = names.map((name) => {
        const dataset = file.dataset(`/${layer}/${name}`)
        return [name, { shape: dataset.shape, values: dataset.read() }] as const
      })
      return [layer, { attributes: { weight_names: names }, arrays: Object.fromEntries(arrays) }]
    })
    return { attributes: { layer_names: layers }, groups: Object.fromEntries(groups) }
  }
})
