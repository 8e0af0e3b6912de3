import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sizeOf, type Graph } from '#main/tensor/graph.ts'
import { graphOfLayersModel } from '#main/tensor/layers-to-graph.ts'
import { readLayersModel } from '#main/tensor/read-layers-model.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { temporaryFolder } from '../../builders/temporary-folder.ts'
import { relativeDifference, seededValues } from './layer-models.ts'
import { runNaively } from './naive-graph.ts'

/** A layer as Keras's converter writes it. */
interface KerasLayer {
  readonly class_name: string
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string }
}

/** Writes a Sequential as the converter of Keras 2 does, and opens it. */
async function openKeras(
  layers: readonly KerasLayer[],
  weights: Readonly<Record<string, readonly number[]>> = {},
): Promise<{ model: tf.LayersModel; graph: Graph }> {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const folder = temporaryFolder()
  const specs = Object.entries(weights).map(([name, shape]) => ({ name, shape, dtype: 'float32' }))
  const values = seededValues(
    specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    2,
  )
  await writeFile(join(folder, 'weights.bin'), new Uint8Array(values.buffer))
  const modelTopology = {
    keras_version: '2.15.0',
    backend: 'tensorflow',
    model_config: { class_name: 'Sequential', config: { name: 'sequential', layers } },
  }
  const weightsManifest = [{ paths: ['weights.bin'], weights: specs }]
  await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology, weightsManifest }))
  const { model } = await readLayersModel(join(folder, 'model.json'))
  onTestFinished(() => void model.dispose())
  return { model, graph: graphOfLayersModel(model, [3, 4, 2]) }
}

const input: KerasLayer = {
  class_name: 'InputLayer',
  config: { name: 'photo', batch_input_shape: [null, 3, 4, 2], dtype: 'float32', sparse: false },
}
const image = seededValues(24, 4)

function predict(model: tf.LayersModel): Float32Array {
  return tf.tidy(() => (model.predict(tf.tensor(image, [1, 3, 4, 2])) as tf.Tensor).dataSync<'float32'>().slice())
}

describe('Keras layers that TF.js’s own classes read incompletely', () => {
  it.each([
    { max_value: null, negative_slope: 0, threshold: 0 },
    { max_value: 0.4, negative_slope: 0, threshold: 0 },
    { max_value: null, negative_slope: 0.25, threshold: 0 },
    { max_value: 0.4, negative_slope: 0.25, threshold: 0.125 },
    { max_value: null, negative_slope: 0, threshold: -0.5 },
  ])('ReLU %o', async (options) => {
    const { model, graph } = await openKeras([input, { class_name: 'ReLU', config: { name: 're_lu', ...options } }])
    const { max_value: max, negative_slope: slope, threshold } = options
    // keras.layers.ReLU's documentation
    const expected = image.map((x) => {
      if (max !== null && x >= max) return max
      return x >= threshold ? x : slope * (x - threshold)
    })
    expect(relativeDifference(predict(model), expected)).toBeLessThan(1e-6)
    expect(graph.nodes[graph.output]).toMatchObject(
      threshold === 0 ? { op: 'relu', max, negativeSlope: slope } : { op: 'opaque', className: 'ReLU' },
    )
  })

  it.each(['GlobalAveragePooling2D', 'GlobalMaxPooling2D'])(
    '%s with keepdims, as MobileNet has it',
    async (pooling) => {
      const { model, graph } = await openKeras(
        [
          input,
          { class_name: pooling, config: { name: 'pooled', data_format: 'channels_last', keepdims: true } },
          { class_name: 'Dropout', config: { name: 'dropout', rate: 0.001, noise_shape: null, seed: null } },
          {
            class_name: 'Conv2D',
            config: {
              name: 'conv_preds',
              filters: 5,
              kernel_size: [1, 1],
              padding: 'same',
              groups: 1,
              activation: 'linear',
            },
          },
          { class_name: 'Reshape', config: { name: 'reshape_2', target_shape: [5] } },
          { class_name: 'Activation', config: { name: 'predictions', activation: 'softmax' } },
        ],
        { 'conv_preds/kernel': [1, 1, 2, 5], 'conv_preds/bias': [5] },
      )
      expect(graph.nodes[1]).toMatchObject({ name: 'pooled', keepDims: true, shape: [1, 1, 2] })
      const expected = runNaively(graph, Float64Array.from(image))[graph.output]!
      expect(relativeDifference(predict(model), expected)).toBeLessThan(1e-5)
    },
  )

  it('global pooling without keepdims and with channels first', async () => {
    const pooling = (options: object): KerasLayer => ({
      class_name: 'GlobalAveragePooling2D',
      config: { name: 'pooled', ...options },
    })
    expect((await openKeras([input, pooling({})])).graph.nodes[1]).toMatchObject({ shape: [2], keepDims: false })
    const rowsAsChannels = { data_format: 'channels_first', keepdims: true }
    const { model, graph } = await openKeras([input, pooling(rowsAsChannels)])
    expect(graph.nodes[1]).toMatchObject({ op: 'opaque', shape: [3, 1, 1] })
    const rows = [0, 1, 2].map((row) => image.slice(8 * row, 8 * row + 8).reduce((a, b) => a + b) / 8)
    expect(relativeDifference(predict(model), rows)).toBeLessThan(1e-6)
  })

  it('BatchNormalization along another axis than the last', async () => {
    const config = { name: 'bn', axis: [1], momentum: 0.99, epsilon: 0.25, center: true, scale: true }
    const shapes = { 'bn/gamma': [3], 'bn/beta': [3], 'bn/moving_mean': [3], 'bn/moving_variance': [3] }
    const { model } = await openKeras([input, { class_name: 'BatchNormalization', config }], shapes)
    const [gamma, beta, mean, variance] = model.getWeights().map((weight) => weight.dataSync())
    for (const value of variance!.keys()) variance![value] = Math.abs(variance![value]!)
    model.getLayer('bn').setWeights([gamma!, beta!, mean!, variance!].map((values) => tf.tensor1d(values)))
    const expected = image.map((x, i) => {
      const row = Math.floor(i / 8)
      return (gamma![row]! * (x - mean![row]!)) / Math.sqrt(variance![row]! + 0.25) + beta![row]!
    })
    expect(relativeDifference(predict(model), expected)).toBeLessThan(1e-6)
  })

  it('keeps these options when the model is saved again', async () => {
    const { model } = await openKeras([
      input,
      { class_name: 'ReLU', config: { name: 're_lu', max_value: 6, negative_slope: 0.25, threshold: 0.5 } },
      { class_name: 'GlobalMaxPooling2D', config: { name: 'pooled', keepdims: true } },
    ])
    expect(model.getLayer('re_lu').getConfig()).toMatchObject({ maxValue: 6, negativeSlope: 0.25, threshold: 0.5 })
    expect(model.getLayer('pooled').getConfig()).toMatchObject({ keepdims: true, dataFormat: 'channelsLast' })
  })

  it('refuses a dilated DepthwiseConv2D, which TF.js would compute undilated', async () => {
    const dilated = (rate: unknown): KerasLayer => ({
      class_name: 'DepthwiseConv2D',
      config: { name: 'atrous', kernel_size: [2, 2], dilation_rate: rate, use_bias: false },
    })
    const weights = { 'atrous/depthwise_kernel': [2, 2, 2, 1] }
    expect((await openKeras([input, dilated([1, 1])], weights)).graph.nodes[1]).toMatchObject({
      op: 'depthwise-conv2d',
    })
    for (const rate of [2, [1, 2]]) {
      await expect(openKeras([input, dilated(rate)], weights)).rejects.toMatchObject({
        code: 'model.format',
        message: expect.stringMatching(/model\.json cannot be loaded: .*dilation of the layer atrous/) as string,
      })
    }
  })
})
