import * as tf from '@tensorflow/tfjs'
import type { Batch } from '#main/training/training-step.ts'
import { seededUniform, setSeededWeights } from '../../builders/small-model.ts'

const { conv2d, batchNormalization, reLU, maxPooling2d, globalAveragePooling2d, dropout, dense } = tf.layers

/** Convolution `conv`, batch normalisation `bn`, ReLU, pooling, convolution `conv2`, average, dropout, dense `out`. */
export function smallNetwork({ seed = 3, rate = 0.3 }: { seed?: number; rate?: number } = {}): tf.Sequential {
  const model = tf.sequential({
    layers: [
      conv2d({ name: 'conv', inputShape: [8, 8, 3], filters: 6, kernelSize: 3, padding: 'same', useBias: false }),
      batchNormalization({ name: 'bn', momentum: 0.8 }),
      reLU(),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ name: 'conv2', filters: 8, kernelSize: 3, activation: 'relu' }),
      globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      dropout({ rate }),
      dense({ name: 'out', units: 3, activation: 'softmax' }),
    ],
  })
  setSeededWeights(model, seed)
  return model
}

/** Images of 8×8 pixels in which one colour channel, the class, is brighter than the others. */
export function colourBatches(n: number, { size = 6, seed = 1 }: { size?: number; seed?: number } = {}): Batch[] {
  const uniform = seededUniform(seed)
  return Array.from({ length: n }, () => {
    const labels = Array.from({ length: size }, () => Math.floor(uniform() * 3))
    const x = new Float32Array(size * 8 * 8 * 3)
    for (let i = 0; i < x.length; i++) {
      const label = labels[Math.floor(i / (8 * 8 * 3))]!
      x[i] = uniform() * 2 - 1 + (i % 3 === label ? 0.7 : 0)
    }
    return { x, y: Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((k) => (k === label ? 1 : 0)))) }
  })
}

/** Copies of all weights, by name. */
export function weightsOf(model: tf.LayersModel): Record<string, Float32Array> {
  return Object.fromEntries(
    model.weights.map((weight) => [weight.originalName, new Float32Array(weight.read().dataSync())]),
  )
}
