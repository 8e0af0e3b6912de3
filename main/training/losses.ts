import * as tf from '@tensorflow/tfjs'
import { AppError } from '#common/contract/errors.ts'

/**
 * - `categorical-crossentropy`: through the logits, as Keras does for a softmax layer; equal to the textbook value.
 * - `binary-crossentropy-logits`: what Keras 2.x (seen in 2.15) computes for `binary_crossentropy` after a softmax or
 *   sigmoid layer: it takes that layer's logits and computes the SIGMOID cross-entropy of each, even after a softmax.
 * - `binary-crossentropy-probabilities`: what older Keras and TF.js compute: of the probabilities, clipped.
 *
 * Both binary ones are the mean over the outputs, all are the mean over the batch.
 */
export const lossIds = [
  'categorical-crossentropy',
  'binary-crossentropy-logits',
  'binary-crossentropy-probabilities',
] as const

export type LossId = (typeof lossIds)[number]

/** What turns the logits into the model's output. */
type HeadActivation = 'softmax' | 'sigmoid'

/** Keras's epsilon(). */
const clip = 1e-7

/**
 * The loss of a batch, differentiable with respect to the logits.
 * @param logits [n, classes]
 * @param labels [n, classes], one-hot or shares
 * @throws AppError 'training.model' for categorical cross-entropy after a sigmoid, which is no distribution
 */
export function lossOf(id: LossId, logits: tf.Tensor2D, labels: tf.Tensor2D, activation: HeadActivation): tf.Scalar {
  switch (id) {
    case 'categorical-crossentropy':
      if (activation === 'softmax') return categoricalCrossentropy(logits, labels)
      throw new AppError('training.model', 'categorical cross-entropy needs a model that ends in softmax', {
        hint: 'Choose a binary cross-entropy for outputs that are independent of each other.',
      })
    case 'binary-crossentropy-logits':
      return sigmoidCrossentropy(logits, labels)
    case 'binary-crossentropy-probabilities':
      return binaryCrossentropy(activation === 'softmax' ? tf.softmax(logits) : tf.sigmoid(logits), labels)
  }
}

/** mean over the batch of −Σ t·log softmax(z); dz = (softmax(z)·Σt − t)/n */
function categoricalCrossentropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  const [n] = logits.shape
  const operation = tf.customGrad((...inputs) => {
    const [z, save] = inputs as [tf.Tensor2D, tf.GradSaveFunc]
    save([z])
    const shifted = tf.sub(z, tf.max(z, 1, true))
    const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)))
    return {
      value: tf.div(tf.neg(tf.sum(tf.mul(labels, logProbabilities))), n),
      gradFunc: (dy, [saved]) => {
        const expected = tf.mul(tf.softmax(saved!), tf.sum(labels, 1, true))
        return tf.mul(dy, tf.div(tf.sub(expected, labels), n))
      },
    }
  })
  return operation(logits) as tf.Scalar
}

/** mean of max(z, 0) − z·t + log(1 + e^−|z|) = −(t·log σ(z) + (1 − t)·log(1 − σ(z))); dz = (σ(z) − t)/size */
function sigmoidCrossentropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  const operation = tf.customGrad((...inputs) => {
    const [z, save] = inputs as [tf.Tensor2D, tf.GradSaveFunc]
    save([z])
    const each = tf.add(tf.sub(tf.relu(z), tf.mul(z, labels)), tf.log1p(tf.exp(tf.neg(tf.abs(z)))))
    return {
      value: tf.mean(each),
      gradFunc: (dy, [saved]) => tf.mul(dy, tf.div(tf.sub(tf.sigmoid(saved!), labels), z.size)),
    }
  })
  return operation(logits) as tf.Scalar
}

/** mean of −(t·log p + (1 − t)·log(1 − p)), p clipped to [ε, 1 − ε]; no gradient where it is clipped */
function binaryCrossentropy(probabilities: tf.Tensor, labels: tf.Tensor2D): tf.Scalar {
  const p = tf.clipByValue(probabilities, clip, 1 - clip)
  const ofOnes = tf.mul(labels, tf.log(p))
  const ofZeros = tf.mul(tf.sub(1, labels), tf.log(tf.sub(1, p)))
  return tf.neg(tf.mean(tf.add(ofOnes, ofZeros)))
}
