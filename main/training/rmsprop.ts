import * as tf from '@tensorflow/tfjs'

/**
 * RMSprop in one of the two forms of Keras, which differ in where ε stands:
 * `new` (Keras ≥ 2.11): w ← w − lr·g/√(v + ε); `legacy` (before, and `optimizers.legacy`): w ← w − lr·g/(√v + ε);
 * in both v ← ρ·v + (1 − ρ)·g², from 0.
 * @see Tieleman & Hinton, lecture 6.5, 2012; keras 2.15, optimizers/rmsprop.py and optimizers/legacy/rmsprop.py
 */
export interface RmspropOptions {
  readonly kind: 'rmsprop'
  readonly form: 'new' | 'legacy'
  readonly learningRate: number
  /** default 0.9, as in Keras */
  readonly rho?: number
  /** default 1e-7, as in Keras */
  readonly epsilon?: number
}

/** The optimizer of one run, with its running mean of squared gradients for each weight. */
export class Rmsprop {
  readonly #options: Required<RmspropOptions>
  readonly #weights: readonly tf.LayerVariable[]
  #means: tf.Tensor[]

  /** @param means of an earlier run, one for each weight and of its size; default: zeros */
  constructor(options: RmspropOptions, weights: readonly tf.LayerVariable[], means?: readonly Float32Array[]) {
    this.#options = { rho: 0.9, epsilon: 1e-7, ...options }
    this.#weights = weights
    this.#means = weights.map(({ shape }, i) => {
      const sizes = shape as number[]
      return means ? tf.tensor(means[i]!.slice(), sizes) : tf.zeros(sizes)
    })
  }

  /** Moves every weight by its gradient. @param gradients in the order of the weights */
  apply(gradients: readonly tf.Tensor[]): void {
    const { form, learningRate, rho, epsilon } = this.#options
    this.#means = this.#weights.map((weight, i) => {
      const [g, before] = [gradients[i]!, this.#means[i]!]
      const mean = tf.tidy(() => {
        const v = tf.add(tf.mul(before, rho), tf.mul(tf.square(g), 1 - rho))
        const size = form === 'new' ? tf.sqrt(tf.add(v, epsilon)) : tf.add(tf.sqrt(v), epsilon)
        weight.write(tf.sub(weight.read(), tf.div(tf.mul(g, learningRate), size)))
        return v
      })
      before.dispose()
      // outlives whatever scope the step runs in
      return tf.keep(mean)
    })
  }

  /** The running means, one for each weight. */
  means(): Float32Array[] {
    return this.#means.map((mean) => new Float32Array(mean.dataSync()))
  }

  dispose(): void {
    tf.dispose(this.#means)
  }
}
