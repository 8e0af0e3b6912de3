import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import * as tf from '@tensorflow/tfjs'
import type { CardOptions } from '#common/contract/procedures/models.ts'
import { wasmRuntime } from '#main/tensor/tfjs/wasm-runtime.ts'
import { writeLayersModel } from '#main/tensor/write-layers-model.ts'

export interface SmallModelOptions {
  /** default 3; the labels' number where labels are given */
  readonly classes?: number
  /** the photo's side in pixels, default 32 */
  readonly inputSide?: number
  /** go into `metadata.json` */
  readonly labels?: readonly string[]
  /** number of weight files, default 3 */
  readonly nShards?: number
  /** goes into the card; default: the folder's name is the model's */
  readonly name?: string
  /** true (default): a plain image of `classColour(k, classes)` gets class k; false: every image gets class 0 */
  readonly diverse?: boolean
  /** more for the card beside the model, which says preprocessing `tf`; null: there is no card */
  readonly card?: CardOptions | null
}

/** Of seeds 1 to 40 the one whose features keep ten plain colours furthest apart. */
const wellSpreadSeed = 12

/**
 * Writes a TF.js layers-model of about 700 weights, the same on every run: strided convolution, batch normalisation,
 * ReLU6, depthwise convolution, pointwise convolution `features` (the explanation layer is `features_relu`, 8×8 for
 * 32×32 photos), global average, dense, softmax.
 * @returns the path of its model.json
 */
export async function writeSmallModel(folder: string, options: SmallModelOptions = {}): Promise<string> {
  const { labels, inputSide = 32, nShards = 3, name, diverse = true, card = {} } = options
  const classes = options.classes ?? labels?.length ?? 3
  await wasmRuntime.start()
  await tf.setBackend('wasm')
  const model = smallModel(inputSide, classes)
  try {
    setSeededWeights(model, wellSpreadSeed)
    setHead(model, { inputSide, classes, diverse })
    const path = await writeLayersModel(model, folder, nShards)
    if (labels) await writeFile(join(folder, 'metadata.json'), JSON.stringify({ labels }))
    if (card) {
      const content: CardOptions = { preprocess: 'tf', ...(name === undefined ? {} : { name }), ...card }
      await writeFile(`${path}.card.json`, JSON.stringify(content))
    }
    return path
  } finally {
    model.dispose()
  }
}

/** RGB bytes of the colour that a small model takes for class k: hues around the colour circle. */
export function classColour(k: number, classes: number): readonly [number, number, number] {
  const hue = (6 * k) / classes
  const channel = (offset: number): number => {
    const away = Math.abs(((hue + offset) % 6) - 3)
    return Math.round(255 * Math.min(Math.max(away - 1, 0), 1))
  }
  return [channel(0), channel(4), channel(2)]
}

/** Gives every weight of a model plausible values that depend on the seed only. */
export function setSeededWeights(model: tf.LayersModel, seed: number): void {
  const uniform = seededUniform(seed)
  const values = model.weights.map(({ originalName, shape }) => {
    const sizes = shape as number[]
    const fanIn = sizes.slice(0, originalName.includes('depthwise') ? 2 : -1).reduce((a, b) => a * b, 1)
    const [low, high] = weightRange(originalName, fanIn)
    const data = Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => low + uniform() * (high - low))
    return tf.tensor(data, sizes)
  })
  model.setWeights(values)
  tf.dispose(values)
}

/** Numbers in [0, 1) that depend on the seed only. */
export function seededUniform(seed: number): () => number {
  const generator = xoroshiro128plus(seed)
  return () => uniformFloat64(generator)
}

function weightRange(name: string, fanIn: number): readonly [number, number] {
  if (name.endsWith('gamma') || name.endsWith('variance')) return [0.6, 1.4]
  if (name.endsWith('kernel')) return [-Math.sqrt(6 / fanIn), Math.sqrt(6 / fanIn)]
  return [-0.4, 0.4]
}

function smallModel(side: number, classes: number): tf.LayersModel {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU, globalAveragePooling2d, dense } = tf.layers
  return tf.sequential({
    layers: [
      conv2d({
        name: 'conv',
        inputShape: [side, side, 3],
        filters: 8,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
      }),
      batchNormalization({ name: 'conv_bn' }),
      reLU({ name: 'conv_relu', maxValue: 6 }),
      depthwiseConv2d({ name: 'depthwise', kernelSize: 3, strides: 2, padding: 'same', useBias: false }),
      batchNormalization({ name: 'depthwise_bn' }),
      reLU({ name: 'depthwise_relu', maxValue: 6 }),
      conv2d({ name: 'features', filters: 24, kernelSize: 1, useBias: false }),
      batchNormalization({ name: 'features_bn' }),
      reLU({ name: 'features_relu', maxValue: 6 }),
      globalAveragePooling2d({ name: 'average', dataFormat: 'channelsLast' }),
      dense({ name: 'scores', units: classes, activation: 'softmax' }),
    ],
  })
}

/**
 * The nearest-prototype classifier over the averaged features, which a dense layer can express:
 * argmin |f − p|² = argmax (p·f − |p|²/2), with the features of the classes' plain images as prototypes.
 */
function setHead(model: tf.LayersModel, how: { inputSide: number; classes: number; diverse: boolean }): void {
  const { inputSide, classes, diverse } = how
  const features = tf.model({ inputs: model.inputs, outputs: model.getLayer('average').output })
  const [kernel, bias] = tf.tidy((): [tf.Tensor, tf.Tensor] => {
    const colours = tf.tensor(
      Array.from({ length: classes }, (_, k) => classColour(k, classes).map((byte) => byte / 127.5 - 1)),
    )
    const images = tf.tile(tf.reshape(colours, [classes, 1, 1, 3]), [1, inputSide, inputSide, 1])
    const prototypes = features.predict(images) as tf.Tensor2D
    const halfNorms = tf.div(tf.sum(tf.square(prototypes), 1), 2)
    const favour = tf.mul(tf.oneHot(tf.scalar(0, 'int32'), classes), diverse ? 0 : 1000)
    return [tf.transpose(prototypes), tf.sub(favour, halfNorms)]
  })
  model.getLayer('scores').setWeights([kernel, bias])
  tf.dispose([kernel, bias])
}
