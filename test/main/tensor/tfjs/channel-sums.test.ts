import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { alongRows, channelSums, rowsOf } from '#main/tensor/tfjs/channel-sums.ts'
import { seededUniform } from '../../../builders/small-model.ts'

const shapes = [
  [7, 3],
  [5, 4, 2],
  [3, 4, 5, 6],
  [1, 1, 1, 1],
]

beforeAll(() => wasmRuntime.start())

describe.each(['wasm', 'cpu'])('sums over all but the channels, on the backend %s', (backend) => {
  it.each(shapes.map((shape) => [shape]))('equal a plain loop for the shape %j', async (shape) => {
    await tf.setBackend(backend)
    const uniform = seededUniform(4)
    const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => uniform() * 10 - 3)
    const nChannels = shape.at(-1)!
    const expected = new Float64Array(nChannels)
    values.forEach((value, i) => (expected[i % nChannels]! += value))
    const sums = tf.tidy(() => channelSums(tf.tensor(values, shape))).dataSync()
    expected.forEach((sum, c) => expect(sums[c]).toBeCloseTo(sum, 3))
    await tf.setBackend('wasm')
  })

  it('round little over many values', async () => {
    await tf.setBackend(backend)
    const sums = tf.tidy(() => channelSums(tf.fill([16, 96, 96, 2], 0.1))).dataSync()
    for (const sum of sums) expect(Math.abs(sum / (16 * 96 * 96 * Math.fround(0.1)) - 1)).toBeLessThan(3e-5)
    await tf.setBackend('wasm')
  })
})

it('combines rows with one value a channel as broadcasting along the channels does', async () => {
  await tf.setBackend('wasm')
  for (const shape of shapes) {
    tf.tidy(() => {
      const size = tf.util.sizeFromShape(shape)
      const x = tf.reshape(tf.range(0, size), shape)
      const values = tf.range(1, shape.at(-1)! + 1)
      const combined = tf.reshape(tf.mul(rowsOf(x), alongRows(values, x)), shape)
      expect([...combined.dataSync()]).toEqual([...tf.mul(x, values).dataSync()])
    })
  }
})
