import * as tf from '@tensorflow/tfjs'
import { generatorFor, uniform } from './random.ts'

/**
 * Sets a share of the values to 0 and scales the others by 1/(1 − rate).
 * @param options.rate 0…1, the share that is dropped
 * @param options.shape that of x, or 1 along the axes that are dropped together
 * @param options.seed, options.place what the choice depends on, and nothing else: see `generatorFor`
 * @see Srivastava et al., "Dropout", 2014
 */
export function dropOut(
  x: tf.Tensor,
  { rate, shape, seed, place }: { rate: number; shape: number[]; seed: number; place: readonly number[] },
): tf.Tensor {
  if (rate === 0) return x
  const random = generatorFor(seed, ...place)
  const scale = rate < 1 ? 1 / (1 - rate) : 0
  const kept = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => (uniform(random) >= rate ? scale : 0))
  return tf.mul(x, tf.tensor(kept, shape))
}
