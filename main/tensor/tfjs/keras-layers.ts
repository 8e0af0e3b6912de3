import * as tf from '@tensorflow/tfjs'

type Shape = (number | null)[]
type Config = Readonly<Record<string, unknown>>

/**
 * Makes TF.js's loader honour options of Keras layers that its own classes silently ignore: slope and threshold of
 * ReLU, and `keepdims` of the global poolings, which Keras's MobileNets have since 2.6. Makes batch normalisation along
 * another axis than the last right, whose mean and variance TF.js's kernels take for those of channels. A dilated
 * DepthwiseConv2D, which no network of keras.applications has, is refused. Adds `PassThrough`, which a layer becomes that
 * does something only in training. Changes what models are loaded as from now on in this process; may be called again.
 */
export function registerKerasLayers(): void {
  for (const layer of [
    ReLU,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    BatchNormalization,
    DepthwiseConv2D,
    PassThrough,
  ]) {
    tf.serialization.registerClass(layer)
  }
}

/** x above the threshold, slope · (x − threshold) elsewhere, at most the maximum. */
class ReLU extends tf.layers.Layer {
  static className = 'ReLU'
  readonly #options: { maxValue: number | null; negativeSlope: number; threshold: number }

  constructor(config: Config) {
    super(config)
    this.#options = {
      maxValue: typeof config['maxValue'] === 'number' ? config['maxValue'] : null,
      negativeSlope: Number(config['negativeSlope'] ?? 0),
      threshold: Number(config['threshold'] ?? 0),
    }
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { maxValue, negativeSlope, threshold } = this.#options
    return tf.tidy(() => {
      const x = single(inputs)
      // step and relu, not a comparison: TF.js can differentiate these
      const kept = tf.mul(x, tf.step(tf.sub(x, threshold)))
      const y = negativeSlope === 0 ? kept : tf.sub(kept, tf.mul(negativeSlope, tf.relu(tf.sub(threshold, x))))
      return maxValue === null ? y : tf.minimum(y, maxValue)
    })
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.#options }
  }
}

/** Mean or maximum over rows and columns, the axes kept as [1, 1] where that is asked for. */
function globalPooling(className: string, reduce: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor) {
  return class extends tf.layers.Layer {
    static className = className
    readonly #options: { keepdims: boolean; dataFormat: 'channelsFirst' | 'channelsLast' }

    constructor(config: Config) {
      super(config)
      const dataFormat = config['dataFormat'] === 'channelsFirst' ? 'channelsFirst' : 'channelsLast'
      this.#options = { keepdims: config['keepdims'] === true, dataFormat }
      this.inputSpec = [new tf.InputSpec({ ndim: 4 })]
    }

    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => reduce(single(inputs), this.#axes(), this.#options.keepdims))
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      const axes = this.#axes()
      const shape = (inputShape as Shape).map((n, axis) => (axes.includes(axis) ? 1 : n))
      return this.#options.keepdims ? shape : shape.filter((_, axis) => !axes.includes(axis))
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...super.getConfig(), ...this.#options }
    }

    #axes(): number[] {
      return this.#options.dataFormat === 'channelsFirst' ? [2, 3] : [1, 2]
    }
  }
}

const GlobalAveragePooling2D = globalPooling('GlobalAveragePooling2D', (x, axes, keepDims) =>
  tf.mean(x, axes, keepDims),
)
const GlobalMaxPooling2D = globalPooling('GlobalMaxPooling2D', (x, axes, keepDims) => tf.max(x, axes, keepDims))

class PassThrough extends tf.layers.Layer {
  static className = 'PassThrough'

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.clone(single(inputs)))
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
    return inputShape
  }
}

type LayerClass = typeof tf.layers.Layer
const { classNameMap } = tf.serialization.SerializationMap.getMap()

/** What TF.js's own class has, without saying so. */
interface Normalising {
  /** Keras writes a list of one */
  readonly axis: number | readonly number[]
  readonly epsilon: number
  readonly scale: boolean
  readonly center: boolean
}

class BatchNormalization extends (classNameMap['BatchNormalization']![0] as unknown as LayerClass) {
  static className = 'BatchNormalization'

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    kwargs: Parameters<tf.layers.Layer['call']>[1],
  ): tf.Tensor | tf.Tensor[] {
    const x = single(inputs)
    const { epsilon, scale, center, axis: given } = this as unknown as Normalising
    const first = [given].flat()[0]!
    const axis = first < 0 ? first + x.rank : first
    // in training along another axis, TF.js's own does it step by step, too
    if (axis === x.rank - 1 || kwargs['training'] === true) return super.call(inputs, kwargs)
    return tf.tidy(() => {
      const shape = x.shape.map((n, i) => (i === axis ? n : 1))
      const weights = this.weights.map((weight) => tf.reshape(weight.read(), shape))
      const gamma = scale ? weights.shift() : undefined
      const beta = center ? weights.shift() : undefined
      const [mean, variance] = weights
      const deviation = tf.sqrt(tf.add(variance!, epsilon))
      const factor = gamma ? tf.div(gamma, deviation) : tf.div(1, deviation)
      const y = tf.mul(tf.sub(x, mean!), factor)
      return beta ? tf.add(y, beta) : y
    })
  }
}

class DepthwiseConv2D extends (classNameMap['DepthwiseConv2D']![0] as unknown as LayerClass) {
  static className = 'DepthwiseConv2D'

  constructor(config: Config) {
    super(config)
    const dilations = [config['dilationRate'] ?? 1].flat() as number[]
    if (dilations.some((dilation) => dilation !== 1)) {
      throw new Error(`TensorFlow.js ignores the dilation of the layer ${this.name} (DepthwiseConv2D)`)
    }
  }
}

function single(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs
}
