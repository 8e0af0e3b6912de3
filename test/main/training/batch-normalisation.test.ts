import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { moveTowards, normaliseBatch, normaliseByMoving } from '#main/training/batch-normalisation.ts'
import { describeWithData, testData } from '../../builders/test-data.ts'
import { seededUniform } from '../../builders/small-model.ts'

beforeAll(async () => {
  await wasmRuntime.start()
  await tf.setBackend('wasm')
})

function layerFor(shape: readonly number[], options: Parameters<typeof tf.layers.batchNormalization>[0] = {}) {
  const layer = tf.layers.batchNormalization(options)
  layer.build([null, ...shape.slice(1)])
  return layer
}

/** `layer.dispose` refuses a layer that belongs to no model. */
function disposeWeights(layer: tf.layers.Layer): void {
  for (const weight of layer.weights) weight.dispose()
}

function seededTensor(shape: number[], seed: number): tf.Tensor {
  const uniform = seededUniform(seed)
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => uniform() * 4 - 1),
    shape,
  )
}

/** Of plain operations, differentiated by TF.js. */
function plain(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): tf.Tensor {
  const axes = [...x.shape.keys()].slice(0, -1)
  const centred = tf.sub(x, tf.mean(x, axes))
  const variance = tf.mean(tf.square(centred), axes)
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon))), gamma), beta)
}

describe.each([[[5, 3]], [[4, 6, 3]], [[3, 5, 4, 6]]])('batch normalisation of values of shape %j', (shape) => {
  it('has the value and the gradients of the formula', () => {
    tf.tidy(() => {
      const nChannels = shape.at(-1)!
      const layer = layerFor(shape)
      const [x, gamma, beta, weights] = [
        seededTensor(shape, 1),
        seededTensor([nChannels], 2),
        seededTensor([nChannels], 3),
        seededTensor(shape, 4),
      ]
      layer.setWeights([gamma, beta, tf.zeros([nChannels]), tf.ones([nChannels])])
      const variables = layer.weights.slice(0, 2).map((weight) => weight.read())
      const own = tf.valueAndGrads((value) => {
        const { y, statistics } = normaliseBatch(layer, value)
        tf.dispose([statistics.mean, statistics.variance])
        return tf.sum(tf.mul(y, weights))
      })([x, ...variables])
      const expected = tf.valueAndGrads((value, g, b) => tf.sum(tf.mul(plain(value, g, b, 1e-3), weights)))([
        x,
        gamma,
        beta,
      ])
      expectClose(own.value, expected.value, 1e-4)
      own.grads.forEach((gradient, i) => expectClose(gradient, expected.grads[i]!, 2e-5))
    })
  })

  it('gives the batch’s mean, and its variance as Keras feeds it to the moving one', () => {
    const nChannels = shape.at(-1)!
    const x = seededTensor(shape, 7)
    const layer = layerFor(shape)
    const { y, statistics } = normaliseBatch(layer, x)
    const values = x.dataSync()
    const n = values.length / nChannels
    for (let c = 0; c < nChannels; c++) {
      const own = Array.from({ length: n }, (_, i) => values[i * nChannels + c]!)
      const mean = own.reduce((sum, v) => sum + v, 0) / n
      const squares = own.reduce((sum, v) => sum + (v - mean) ** 2, 0)
      expect(statistics.mean.dataSync()[c]).toBeCloseTo(mean, 5)
      expect(statistics.variance.dataSync()[c]).toBeCloseTo(squares / (shape.length === 4 ? n - 1 : n), 5)
    }
    tf.dispose([x, y, statistics.mean, statistics.variance])
    disposeWeights(layer)
  })
})

describe('batch normalisation', () => {
  it('gives the offset for a single value, whose variance is 0', () => {
    const layer = layerFor([1, 1, 1, 2])
    const { y, statistics } = normaliseBatch(layer, tf.tensor4d([5, -7], [1, 1, 1, 2]))
    expect([...y.dataSync()]).toEqual([0, 0])
    expect([...statistics.variance.dataSync()]).toEqual([0, 0])
    tf.dispose([y, statistics.mean, statistics.variance])
    disposeWeights(layer)
  })

  it('by the moving mean and variance is what the layer does at inference, with and without scale and centre', () => {
    for (const options of [{}, { scale: false }, { center: false }, { epsilon: 0.1 }]) {
      const layer = layerFor([2, 3, 4, 5], options)
      const weights = layer.weights.map((_, i) => tf.abs(seededTensor([5], 20 + i)))
      layer.setWeights(weights)
      const x = seededTensor([2, 3, 4, 5], 9)
      const [own, expected] = [normaliseByMoving(layer, x), layer.apply(x, { training: false }) as tf.Tensor]
      expectClose(own, expected, 1e-5)
      tf.dispose([...weights, x, own, expected])
      disposeWeights(layer)
    }
  })
})

describeWithData('batch normalisation against Keras 2.15', () => {
  it('moves mean and variance of images as Keras does in one step: n/(n − 1)', async () => {
    const text = await readFile(testData('goldens/training/tiny.json'), 'utf8')
    const { batchnorm_one_step: golden } = JSON.parse(text) as {
      batchnorm_one_step: { x: number[]; moving_mean: number; moving_variance: number }
    }
    const layer = layerFor([2, 3, 3, 1])
    const x = tf.tensor4d(golden.x, [2, 3, 3, 1])
    const { y, statistics } = normaliseBatch(layer, x)
    moveTowards(statistics)
    const [mean, variance] = layer.weights.slice(2).map((weight) => weight.read().dataSync()[0]!)
    expect(mean).toBeCloseTo(golden.moving_mean, 7)
    expect(variance).toBeCloseTo(golden.moving_variance, 6)
    tf.dispose([x, y, statistics.mean, statistics.variance])
    disposeWeights(layer)
  })
})

function expectClose(found: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  expect(found.shape).toEqual(expected.shape)
  const [a, b] = [found.dataSync(), expected.dataSync()]
  for (let i = 0; i < a.length; i++)
    expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(tolerance * Math.max(1, Math.abs(b[i]!)))
}
