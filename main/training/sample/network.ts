import * as tf from '@tensorflow/tfjs'

/** Side of the classifiers' input, pixels. */
export const sampleInputSide = 96

/** Filters and stride of each convolution; from the third on, the features are 12×12. */
const convolutions = [
  { filters: 16, strides: 2 },
  { filters: 32, strides: 2 },
  { filters: 32, strides: 1 },
  { filters: 64, strides: 2 },
  { filters: 64, strides: 1 },
] as const

/** The layer that explanations look at: the last one with a spatial extent, [12, 12, 64]. */
export const sampleExplanationLayer = `relu${convolutions.length}`

/**
 * The network of the sample classifiers before training: five convolutions of 3×3, each with batch normalisation and
 * ReLU, the average over the positions, softmax. About 70 000 weights.
 * @param seed whole number that decides the first weights (He normal)
 */
export function sampleNetwork(seed: number, nClasses: number): tf.LayersModel {
  const { conv2d, batchNormalization, reLU, globalAveragePooling2d, dense } = tf.layers
  const initial = (layer: number): ReturnType<typeof tf.initializers.heNormal> =>
    tf.initializers.heNormal({ seed: 1000 * seed + layer })
  const model = tf.sequential()
  for (const [i, { filters, strides }] of convolutions.entries()) {
    const input = i === 0 ? { inputShape: [sampleInputSide, sampleInputSide, 3] } : {}
    const kernelInitializer = initial(i)
    const name = `conv${i + 1}`
    model.add(
      conv2d({ name, ...input, filters, kernelSize: 3, strides, padding: 'same', useBias: false, kernelInitializer }),
    )
    model.add(batchNormalization({ name: `bn${i + 1}`, momentum: 0.9 }))
    model.add(reLU({ name: `relu${i + 1}` }))
  }
  model.add(globalAveragePooling2d({ name: 'average', dataFormat: 'channelsLast' }))
  const kernelInitializer = initial(convolutions.length)
  model.add(dense({ name: 'classes', units: nClasses, activation: 'softmax', kernelInitializer }))
  return model
}
